"""Filter logic: how numbered conditions hold together: `and`, `or`, or a text such as `1 AND (2 OR 3)`.

Flows, sharing rules and other metadata with numbered conditions write it alike.
"""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

TEXT_MAX: Final = 1_000
DEPTH_MAX: Final = 50

_TOKEN: Final = re.compile(r"\s*(?:(\d+)|(AND|OR|NOT)\b|([()]))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts that is so."""

    parts: tuple["Logic", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One part holds at least."""

    parts: tuple["Logic", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Logic"


Logic: TypeAlias = int | All | Any | Not
"""A number is that of a condition, from 1 on."""


class BadLogic(ValueError):
    """The text is no logic of so many conditions; it says why not."""


def parse_logic(text: str | None, conditions: int) -> Logic:
    """The logic of so many conditions; without a text, all of them hold. Raises BadLogic.

    >>> parse_logic("1 AND (2 OR 3)", 3)
    All(parts=(1, Any(parts=(2, 3))))
    """
    text = (text or "and").strip()
    numbers = tuple(range(1, conditions + 1))
    if text.lower() == "and" or not conditions:
        return All(numbers)
    if text.lower() == "or":
        return Any(numbers)
    if len(text) > TEXT_MAX:
        raise BadLogic(f"has more than {TEXT_MAX:,} characters")
    return _Parser(text, conditions).parse()


class _Parser:
    """AND and OR stand beside each other only with brackets between them, as on the platform."""

    def __init__(self, text: str, conditions: int) -> None:
        self._conditions = conditions
        self._used: set[int] = set()
        self._tokens = self._split(text)
        self._at = 0
        self._depth = 0

    def parse(self) -> Logic:
        logic = self._series()
        if self._at < len(self._tokens):
            raise BadLogic(f"has {self._tokens[self._at]!r} too many")
        if unused := set(range(1, self._conditions + 1)) - self._used:
            raise BadLogic(f"leaves out condition {min(unused)}")
        return logic

    @staticmethod
    def _split(text: str) -> list[str]:
        tokens, at = [], 0
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

    def _series(self) -> Logic:
        parts, words = [self._term()], set[str]()
        while self._peek() in ("AND", "OR"):
            words.add(self._take())
            parts.append(self._term())
        if len(words) > 1:
            raise BadLogic("needs brackets where AND and OR meet")
        if len(parts) == 1:
            return parts[0]
        return Any(tuple(parts)) if words == {"OR"} else All(tuple(parts))

    def _term(self) -> Logic:
        token = self._take()
        if token in ("NOT", "("):
            return self._nested(token)
        if not token.isdigit():
            raise BadLogic(f"has {token!r}, where a condition is due")
        number = int(token)
        if not 1 <= number <= self._conditions:
            raise BadLogic(f"names condition {number}, and there are {self._conditions}")
        self._used.add(number)
        return number

    def _nested(self, token: str) -> Logic:
        if self._depth == DEPTH_MAX:
            raise BadLogic(f"has more than {DEPTH_MAX} conditions inside one another")
        self._depth += 1
        logic: Logic
        if token == "NOT":
            logic = Not(self._term())
        else:
            logic = self._series()
            if self._take() != ")":
                raise BadLogic("has an open bracket")
        self._depth -= 1
        return logic
