"""Tokens: the text cut up once, with its literals lifted out.

`lift` gives what a plan is found by: the token stream in which each literal is replaced by a marker of its
kind, and the literals themselves, one *slot* each. Queries that differ only in their literals share a key, so
a plan may depend on a literal's marker, never on its text. A long run of literals of one kind (an `IN` list)
is one slot, so that lists of any length share a plan. `scan` cuts the same way, for the parser, and knows the
places.

>>> lift("SELECT Id FROM Account WHERE Name = 'Acme' LIMIT 5")
(('SELECT', 'Id', 'FROM', 'Account', 'WHERE', 'Name', '=', "'s'", 'LIMIT', '0'), ["'Acme'", '5'])
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from isthmus.org.query.parser.binds import Binds, Piece, with_literals, with_values

Slot: TypeAlias = str | list[str]
"""A literal as it was written; a list where it stands for a run of them."""

TOKEN: Final = re.compile(
    r"""
      [A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*  # a name, a path of names
    | '[^'\\]*+(?:\\.?[^'\\]*+)*+'?  # text; unclosed: to the end
    | \d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?  # a date, a datetime
    | \d\d:\d\d:\d\d(?:\.\d+)?Z?  # a time
    | [+-]?\d+(?:\.\d+)?  # a number
    | != | <> | <= | >= | \S
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
CLOSED_TEXT: Final = re.compile(r"'[^'\\]*+(?:\\.[^'\\]*+)*+'", re.DOTALL)

# Markers. None of them can be a token's own text, because a token of such a text is always lifted.
TEXT: Final = "'s'"
EMPTY_TEXT: Final = "''"
UNCLOSED_TEXT: Final = "'"
PREFIX_PATTERN: Final = "'p'"
"""After LIKE: text, then `%`."""
RANGED_PATTERN: Final = "'r'"
"""After LIKE: wildcards, but text before the first of them."""
OPEN_PATTERN: Final = "'o'"
"""After LIKE: begins with a wildcard."""
INTEGER: Final = "0"
NUMBER: Final = "0.0"
DATE: Final = "0-d"
DATETIME: Final = "0-t"
ZONELESS: Final = "0-z"
"""A datetime without its zone, which is none."""
TIME: Final = "0:t"
RUN: Final = "*"
"""Ends the marker of a run."""

TEXTS: Final = frozenset({TEXT, EMPTY_TEXT, PREFIX_PATTERN, RANGED_PATTERN, OPEN_PATTERN})
NUMBERS: Final = frozenset({INTEGER, NUMBER})

RUN_MIN: Final = 33
"""Shorter lists keep a parameter for each literal, for which databases plan best."""

_DATE_LENGTH: Final = len("2026-01-09")
_SECONDS_END: Final = len("2026-01-09T10:00:00")
_ZONE: Final = frozenset("Z+-")
_FIRST_OF_LITERAL: Final = frozenset("'0123456789+-")
_FIRST_OF_MARKER: Final = frozenset("'0")


@dataclass(frozen=True, slots=True)
class Token:
    """`at` is its offset in the text; `marker` and `slot` are given for literals."""

    text: str
    word: str
    """The text in upper case, to be compared with keywords."""
    at: int
    marker: str | None = None
    slot: int = -1

    @property
    def is_name(self) -> bool:
        first = self.text[:1]
        return first.isalpha() or first == "_"


def lift(soql: str, binds: Binds | None = None) -> tuple[tuple[str, ...], Sequence[Slot]]:
    """The key of a text's token stream, and its literals by slot. `binds`: values for what is `:name` there.

    Raises SoqlProblem for a bind without a value.
    """
    if binds is None:
        tokens: list[str] = TOKEN.findall(soql)
    else:
        tokens = [text for text, _ in with_values(pieces(soql), binds)]
    literals = _lift_in_place(tokens)
    if len(literals) < RUN_MIN:
        return tuple(tokens), literals
    return _collapse(tokens, literals)


def _lift_in_place(tokens: list[str]) -> list[str]:
    """Put markers where literals stand; returns the literals."""
    literals = []
    for place, token in enumerate(tokens):
        first = token[0]
        if first in _FIRST_OF_LITERAL and (len(token) > 1 or first not in "+-"):
            literals.append(token)
            if first != "'":
                tokens[place] = _number_marker(token)
            elif token == "''":
                tokens[place] = EMPTY_TEXT
            elif ("%" in token or "_" in token) and place and tokens[place - 1].upper() == "LIKE":
                tokens[place] = pattern_marker(token)
            else:
                tokens[place] = TEXT
    if tokens and tokens[-1] in TEXTS and not CLOSED_TEXT.fullmatch(literals[-1]):
        tokens[-1] = UNCLOSED_TEXT
    return literals


def _number_marker(token: str) -> str:
    if token.isdigit():
        return INTEGER
    if token[4:5] == "-":
        if len(token) == _DATE_LENGTH:
            return DATE
        return DATETIME if _ZONE.intersection(token[_SECONDS_END:]) else ZONELESS
    return TIME if ":" in token else NUMBER


def pattern_marker(token: str) -> str:
    """Which kind of pattern a text literal after LIKE is."""
    text = re.sub(r"\\.", "x", token[1:-1], flags=re.DOTALL)
    wildcard = re.search("[%_]", text)
    if wildcard is None:
        return TEXT
    if wildcard.start() == 0:
        return OPEN_PATTERN
    return PREFIX_PATTERN if not text[wildcard.start() :].strip("%") else RANGED_PATTERN


def _runs(markers: Sequence[str]) -> list[range]:
    """The places of each long run `literal , literal , …` of one marker; stop is after its last literal."""
    runs = []
    place = 0
    while place < len(markers):
        marker = markers[place]
        stop = place + 1
        if marker[0] in _FIRST_OF_MARKER:
            while stop + 1 < len(markers) and markers[stop] == "," and markers[stop + 1] == marker:
                stop += 2
            if stop - place >= 2 * RUN_MIN - 1:
                runs.append(range(place, stop))
        place = stop
    return runs


def _collapse(tokens: list[str], literals: list[str]) -> tuple[tuple[str, ...], list[Slot]]:
    key: list[str] = []
    slots: list[Slot] = []
    place = taken = 0
    for run in [*_runs(tokens), range(len(tokens), len(tokens))]:
        before = tokens[place : run.start]
        count = sum(1 for token in before if token[0] in _FIRST_OF_MARKER)
        key += before
        slots += literals[taken : taken + count]
        taken += count
        if run:
            count = len(run) // 2 + 1
            key.append(tokens[run.start] + RUN)
            slots.append(literals[taken : taken + count])
            taken += count
        place = run.stop
    return tuple(key), slots


def pieces(soql: str) -> list[Piece]:
    """The tokens' texts with their places."""
    return [(match.group(), match.start()) for match in TOKEN.finditer(soql)]


def written_out(soql: str, binds: Binds) -> str | None:
    """The text with literals in the place of binds, to be kept and read again: with the same key and slots.

    None where it has an empty list, which no text has. Raises SoqlProblem for a bind without a value.
    """
    return with_literals(soql, pieces(soql), binds)


def scan(soql: str, binds: Binds | None = None) -> list[Token]:
    """The tokens with their places, and each literal's marker and slot as `lift` numbers them."""
    found = pieces(soql) if binds is None else with_values(pieces(soql), binds)
    markers = [text for text, _ in found]
    in_run = {}
    if len(_lift_in_place(markers)) >= RUN_MIN:
        in_run = {place: run.start for run in _runs(markers) for place in run}
    tokens = []
    slot = -1
    for place, ((text, at), marker) in enumerate(zip(found, markers, strict=True)):
        if marker[0] not in _FIRST_OF_MARKER:
            tokens.append(Token(text, text.upper(), at))
            continue
        slot += in_run.get(place, place) == place
        suffix = RUN if place in in_run else ""
        tokens.append(Token(text, text, at, marker + suffix, slot))
    return tokens
