"""Binds: `:name` in a query of Python code stands for a value that is given beside the text.

A bind is taken out of the token stream, and the tokens of a literal are put in its place: a value is never
part of a text that is cut up, so nothing in it can be anything but a value. What follows, keys of plans,
markers and slots, is as if the literal had been written. Names are compared without case; a dotted name leads
through mappings. Source: Apex Developer Guide, Using Apex Variables in SOQL and SOSL Queries; Dynamic SOQL.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final, TypeAlias

from isthmus.org.query.problem import SoqlProblem

Binds: TypeAlias = Mapping[str, object]
Piece: TypeAlias = tuple[str, int]
"""A token's text, and its offset."""

NO_VALUES: Final = "()"
"""The token of an empty list, which no text has."""

_NAME: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_BACKSLASH_OR_QUOTE: Final = re.compile(r"[\\']")
_IN_PATTERN: Final = re.compile(r"\\[%_\\]|[\\']")


def with_values(pieces: Iterable[Piece], binds: Binds) -> list[Piece]:
    """The tokens with literals in the place of binds, at the place of the bind. Raises SoqlProblem."""
    found: list[Piece] = []
    waiting: Piece | None = None
    for text, at in pieces:
        if waiting is not None:
            if _NAME.fullmatch(text):
                pattern = bool(found) and found[-1][0].upper() == "LIKE"
                found += [(each, waiting[1]) for each in _tokens(text, waiting[1], binds, pattern)]
                waiting = None
                continue
            found.append(waiting)
            waiting = None
        if text == ":":
            waiting = text, at
        else:
            found.append((text, at))
    return found if waiting is None else [*found, waiting]


def _tokens(name: str, at: int, binds: Binds, pattern: bool) -> list[str]:
    value = _value(name, at, binds)
    if (
        not isinstance(value, str)
        and isinstance(value, Collection)
        and not isinstance(value, Mapping | bytes)
    ):
        listed = [_literal(each, name, at, pattern) for each in value]
        if not listed:
            return [NO_VALUES]
        return ["(", *[token for each in listed for token in (",", each)][1:], ")"]
    return [_literal(value, name, at, pattern)]


def _value(name: str, at: int, binds: Binds) -> object:
    """The value of a name. Raises SoqlProblem where there is none."""
    value: object = binds
    for part in name.split("."):
        if not isinstance(value, Mapping):
            raise SoqlProblem("bind_missing", at, variable=name)
        known = {str(key).lower(): each for key, each in value.items()}
        if part.lower() not in known:
            raise SoqlProblem("bind_missing", at, variable=name)
        value = known[part.lower()]
    return value


def _literal(value: object, name: str, at: int, pattern: bool) -> str:
    """The literal of a value. Raises SoqlProblem where there is none of its type."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case str():
            return _text(value, pattern)
        case int():
            return str(int(value))
        case float() | Decimal() if (number := Decimal(str(value))).is_finite():
            return f"{number:f}"
        case datetime() if value.tzinfo is not None:
            instant = value.astimezone(UTC).replace(tzinfo=None)
            return f"{instant.isoformat(timespec='milliseconds')}Z"
        case date() if not isinstance(value, datetime):
            return value.isoformat()
        case time() if value.tzinfo is None:
            return f"{value.isoformat(timespec='milliseconds')}Z"
    raise SoqlProblem("bind_unsupported", at, variable=name, what=_described(value))


def _text(value: str, pattern: bool) -> str:
    """A text between quotes. In a pattern a backslash before a wildcard, or itself, is there to escape it."""
    found = _IN_PATTERN if pattern else _BACKSLASH_OR_QUOTE
    return f"'{found.sub(lambda match: _escaped(match.group()), value)}'"


def _escaped(text: str) -> str:
    return text if len(text) > 1 else f"\\{text}"


def _described(value: object) -> str:
    kind = type(value).__name__
    if isinstance(value, datetime):
        return f"a {kind} without a time zone"
    if isinstance(value, time):
        return f"a {kind} with a time zone"
    return f"the number {value}" if isinstance(value, float | Decimal) else f"a value of type {kind}"


def with_literals(soql: str, pieces: Iterable[Piece], binds: Binds) -> str | None:
    """The text with literals in the place of binds; None where one is an empty list, which no text has."""
    found, end, before, colon = "", 0, "", None
    for text, at in pieces:
        if colon is not None and _NAME.fullmatch(text):
            tokens = _tokens(text, colon, binds, before == "LIKE")
            if tokens == [NO_VALUES]:
                return None
            found += f"{soql[end:colon]} {' '.join(tokens)} "
            end = at + len(text)
        colon = at if text == ":" else None
        before = before if colon is not None else text.upper()
    return found + soql[end:]
