"""SOQL's grammar as data, and a recogniser that reads it: it knows nothing of the engine under test.

`soql_grammar.toml` lists the productions. `Grammar.tree` says of which of them a query is made, or that it is
no query at all.

>>> GRAMMAR.tree("SELECT Id FROM Account WHERE Name LIKE 'A%'").first("like").text
'LIKE'
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

_FILE: Final = Path(__file__).parent / "soql_grammar.toml"
_NOTATION: Final = re.compile(
    r'"(?P<sign>[^"]+)"|/(?P<pattern>.+?)/(?=\s|\)|\]|}|$)|(?P<word>\w+)|(?P<mark>\S)'
)
_WHITE: Final = re.compile(r"\s*")
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}

Found: TypeAlias = "tuple[int, tuple[Node, ...]] | None"
"""Where what was sought ends, and the productions in it; None: it isn't there."""


@dataclass(frozen=True, slots=True)
class Node:
    """A production, the text that it stands for, and the productions in it."""

    production: str
    text: str
    parts: tuple["Node", ...]

    def walk(self) -> Iterator["Node"]:
        """This node and all in it, as they come in the text."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def first(self, production: str) -> "Node":
        """The first node of this production. Raises StopIteration where there is none."""
        return next(each for each in self.walk() if each.production == production)


class NotAQuery(Exception):
    """The text isn't made of the grammar's productions."""


class _Reading:
    """One text as it is read; what a production was found to be at a place is remembered."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.known: dict[tuple[str, int], Found] = {}

    def after_white(self, at: int) -> int:
        found = _WHITE.match(self.text, at)
        return found.end() if found else at


_Matcher: TypeAlias = Callable[[_Reading, int], Found]


class Grammar:
    """Productions by name, read from their notation."""

    def __init__(self, productions: Mapping[str, Mapping[str, str]], refused: Mapping[str, str]) -> None:
        self.sections = {name: section for section, of_section in productions.items() for name in of_section}
        if len(self.sections) != sum(map(len, productions.values())):
            raise ValueError("a production stands in two sections")
        self.refused = refused
        self._used: dict[str, set[str]] = {}
        self._matchers = {
            name: self._production(name, notation)
            for of_section in productions.values()
            for name, notation in of_section.items()
        }

    @cached_property
    def countable(self) -> frozenset[str]:
        """The productions that a query can be made of: those that only say what must not follow aren't."""
        found: set[str] = set()
        left = ["query"]
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += self._used[name]
        return frozenset(found)

    def tree(self, soql: str) -> Node:
        """The query's productions. Raises NotAQuery."""
        reading = _Reading(soql)
        found = self._matchers["query"](reading, 0)
        if found is None or reading.after_white(found[0]) != len(soql):
            raise NotAQuery(soql)
        return found[1][0]

    def _production(self, name: str, notation: str) -> _Matcher:
        marks = list(_NOTATION.finditer(notation))
        self._used[name] = set()
        inside = _Notation(self, name, marks).choice("")

        def match(reading: _Reading, at: int) -> Found:
            if (name, at) not in reading.known:
                found = inside(reading, at)
                if found is not None:
                    end, parts = found
                    found = (end, (Node(name, reading.text[at:end].strip(), parts),))
                reading.known[name, at] = found
            return reading.known[name, at]

        return match

    def named(self, user: str, name: str, counts: bool) -> _Matcher:
        """The production `name`, for the notation of `user`."""
        if name not in self.sections:
            raise ValueError(f"{user}: there is no production {name}")
        if counts:
            self._used[user].add(name)
        return lambda reading, at: self._matchers[name](reading, at)


class _Notation:
    """Reads one production's notation into a matcher."""

    def __init__(self, grammar: Grammar, name: str, marks: list[re.Match[str]]) -> None:
        self._grammar = grammar
        self._name = name
        self._marks = marks
        self._at = 0
        self._counts = True

    def choice(self, closing: str) -> _Matcher:
        options = [self._sequence(closing)]
        while self._at < len(self._marks) and self._marks[self._at]["mark"] == "|":
            self._at += 1
            options.append(self._sequence(closing))
        if closing:
            self._at += 1

        def match(reading: _Reading, at: int) -> Found:
            return next((found for each in options if (found := each(reading, at)) is not None), None)

        return options[0] if len(options) == 1 else match

    def _sequence(self, closing: str) -> _Matcher:
        items: list[_Matcher] = []
        while self._at < len(self._marks) and self._marks[self._at]["mark"] not in ("|", closing or "end"):
            items.append(self._item())

        def match(reading: _Reading, at: int) -> Found:
            parts: tuple[Node, ...] = ()
            for each in items:
                found = each(reading, at)
                if found is None:
                    return None
                at, more = found
                parts += more
            return at, parts

        return items[0] if len(items) == 1 else match

    def _item(self) -> _Matcher:
        mark = self._marks[self._at]
        self._at += 1
        if mark["sign"]:
            return _matching(re.escape(mark["sign"]))
        if mark["pattern"]:
            return _matching(mark["pattern"])
        if word := mark["word"]:
            if word.isupper():
                return _matching(rf"{word}\b")
            return self._grammar.named(self._name, word, self._counts)
        if mark["mark"] == "!":
            self._counts = False
            absent = _absent(self._item())
            self._counts = True
            return absent
        inside = self.choice(_CLOSING[mark["mark"]])
        return inside if mark["mark"] == "(" else _repeated(inside, 1 if mark["mark"] == "[" else None)


def _matching(pattern: str) -> _Matcher:
    compiled = re.compile(pattern, re.IGNORECASE | re.ASCII)

    def match(reading: _Reading, at: int) -> Found:
        found = compiled.match(reading.text, reading.after_white(at))
        return None if found is None else (found.end(), ())

    return match


def _absent(inside: _Matcher) -> _Matcher:
    return lambda reading, at: (at, ()) if inside(reading, at) is None else None


def _repeated(inside: _Matcher, most: int | None) -> _Matcher:
    def match(reading: _Reading, at: int) -> Found:
        parts: tuple[Node, ...] = ()
        times = 0
        while times != most and (found := inside(reading, at)) is not None:
            at, more = found
            parts += more
            times += 1
        return at, parts

    return match


GRAMMAR: Final = Grammar(**tomllib.loads(_FILE.read_text("utf-8")))
