"""Logic: how numbered conditions hold together: `and`, `or`, or a text such as `1 AND (2 OR 3)`."""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from isthmus.org.automation.flow.elements import Test
from isthmus.org.automation.flow.interview import Interview

Combine: TypeAlias = Callable[[Sequence[Test]], Test]

_TOKEN: Final = re.compile(r"\s*(?:(\d+)|(AND|OR|NOT)\b|([()]))", re.IGNORECASE)
TEXT_MAX: Final = 1_000
DEPTH_MAX: Final = 50


class BadLogic(ValueError):
    """The text is no logic of so many conditions; it says why not."""


def combine(logic: str, tests: Sequence[Test]) -> Test:
    """One test of several. Raises BadLogic."""
    word = logic.strip().lower()
    if word == "and" or not tests:
        return lambda interview: all(each(interview) for each in tests)
    if word == "or":
        return lambda interview: any(each(interview) for each in tests)
    if len(logic) > TEXT_MAX:
        raise BadLogic(f"has more than {TEXT_MAX:,} characters")
    return _Parser(logic, tests).parse()


class _Parser:
    """AND and OR stand beside each other only with brackets between them, as on the platform."""

    def __init__(self, text: str, tests: Sequence[Test]) -> None:
        self._tests = tests
        self._used: set[int] = set()
        self._tokens = self._split(text)
        self._at = 0
        self._depth = 0

    def parse(self) -> Test:
        test = self._series()
        if self._at < len(self._tokens):
            raise BadLogic(f"has {self._tokens[self._at]!r} too many")
        if unused := set(range(1, len(self._tests) + 1)) - self._used:
            raise BadLogic(f"leaves out condition {min(unused)}")
        return test

    @staticmethod
    def _split(text: str) -> list[str]:
        tokens, at = [], 0
        text = text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise BadLogic(
                    f"has {text[at : at + 10]!r}, where a number, AND, OR, NOT or a bracket is due"
                )
            tokens.append(found[0].strip().upper())
            at = found.end()
        return tokens

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> str:
        token = self._peek()
        if token is None:
            raise BadLogic("ends too early")
        self._at += 1
        return token

    def _series(self) -> Test:
        parts, words = [self._term()], set[str]()
        while self._peek() in ("AND", "OR"):
            words.add(self._take())
            parts.append(self._term())
        if len(words) > 1:
            raise BadLogic("needs brackets where AND and OR meet")
        return _any(parts) if words == {"OR"} else _all(parts)

    def _term(self) -> Test:
        token = self._take()
        if token in ("NOT", "("):
            return self._nested(token)
        if not token.isdigit():
            raise BadLogic(f"has {token!r}, where a condition is due")
        number = int(token)
        if not 1 <= number <= len(self._tests):
            raise BadLogic(f"names condition {number}, and there are {len(self._tests)}")
        self._used.add(number)
        return self._tests[number - 1]

    def _nested(self, token: str) -> Test:
        if self._depth == DEPTH_MAX:
            raise BadLogic(f"has more than {DEPTH_MAX} conditions inside one another")
        self._depth += 1
        if token == "NOT":
            test = _not(self._term())
        else:
            test = self._series()
            if self._take() != ")":
                raise BadLogic("has an open bracket")
        self._depth -= 1
        return test


def _all(parts: Sequence[Test]) -> Test:
    return lambda interview: all(each(interview) for each in parts)


def _any(parts: Sequence[Test]) -> Test:
    return lambda interview: any(each(interview) for each in parts)


def _not(part: Test) -> Test:
    def test(interview: Interview) -> bool:
        return not part(interview)

    return test
