"""Literals: what a query's literal texts mean, as stored values.

Each function takes a literal as it was written, quotes included. A wrong one raises `SoqlProblem`, without a
place: where it stands differs from query to query of one plan.
Source: SOQL and SOSL Reference, Quoted String Escape Sequences, LIKE, Date Formats and Date Literals.
"""

import re
import unicodedata
from typing import Final

from isthmus.kernel.ids import MalformedId, to_18
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.instants import parse_date, parse_datetime, parse_time
from isthmus.org.schema.values import fold

TEXT_MAX: Final = 4000
"""Characters of a text literal. Source: Salesforce Developer Limits Quick Reference, SOQL and SOSL Limits."""

_ESCAPE: Final = re.compile(r"\\(?:[uU]([0-9A-Fa-f]{4})|(.)|)", re.DOTALL)
_ESCAPES: Final = dict(zip("nNrRtTbBfF\"'\\", "\n\n\r\r\t\t\b\b\f\f\"'\\", strict=True))
_GLOBS: Final = {"%": "*", "_": "?"}
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_BEFORE_WILDCARD: Final = re.compile(r"(?:\\.|[^\\%_])*", re.DOTALL)
_LAST_CODE_POINT: Final = 0x10FFFF
_INTEGER_DIGITS: Final = 18


def text(literal: str) -> str:
    """The text that a literal stands for, in the form in which values are stored. Raises SoqlProblem."""
    inside = literal[1:-1]
    if len(inside) > TEXT_MAX:
        raise SoqlProblem("text_literal_too_long", maximum=TEXT_MAX)
    if "\\" in inside:
        inside = _ESCAPE.sub(lambda match: _unescaped(match, literal), inside)
    return inside if inside.isascii() and "\0" not in inside else _storable(inside)


def folded(literal: str) -> str:
    """The text of a literal as a shadow column holds it. Raises SoqlProblem."""
    return fold(text(literal))


def _unescaped(match: re.Match[str], literal: str, also: str = "") -> str:
    code, letter = match.groups()
    if code:
        return chr(int(code, 16))
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter and letter in also:
        return match.group()
    raise SoqlProblem("text_literal_invalid", literal=literal, sequence=match.group())


def _storable(inside: str) -> str:
    """Surrogate pairs joined; what no stored text can hold becomes a character that none does hold."""
    if _UNSTORABLE.search(inside):
        joined = inside.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        inside = joined.replace("\0", "\ufffd")
    return unicodedata.normalize("NFC", inside)


def pattern(literal: str) -> str:
    r"""A LIKE literal as SQL's LIKE takes it with `ESCAPE '\'`, folded. Raises SoqlProblem.

    >>> pattern(r"'50\% off_'")
    '50\\% off_'
    """
    return fold(exact_pattern(literal))


def exact_pattern(literal: str) -> str:
    """The same of a field whose case counts. Raises SoqlProblem."""
    if len(literal) - 2 > TEXT_MAX:
        raise SoqlProblem("text_literal_too_long", maximum=TEXT_MAX)

    def escaped(match: re.Match[str]) -> str:
        plain = _unescaped(match, literal, also="%_")
        return plain if len(plain) == 2 else re.sub(r"[\\%_]", r"\\\g<0>", plain)

    return _storable(_ESCAPE.sub(escaped, literal[1:-1]))


def glob(literal: str) -> str:
    """A LIKE literal as SQLite's GLOB takes it, which minds case as its LIKE does not. Raises SoqlProblem."""

    def translated(match: re.Match[str]) -> str:
        text = match.group()
        return _GLOBS.get(text) or re.sub(r"[*?[]", r"[\g<0>]", text[-1])

    return re.sub(r"\\.|.", translated, exact_pattern(literal), flags=re.DOTALL)


def prefix(literal: str) -> str:
    """The text before the first wildcard of a LIKE literal, folded. Raises SoqlProblem."""
    return fold(exact_prefix(literal))


def exact_prefix(literal: str) -> str:
    """The same of a field whose case counts. Raises SoqlProblem."""
    before = _BEFORE_WILDCARD.match(exact_pattern(literal))
    return re.sub(r"\\(.)", r"\1", before.group(), flags=re.DOTALL) if before else ""


def after_prefix(lowest: str) -> str:
    """The least text that is greater, in code point order, than every text that begins with `lowest`."""
    while lowest and ord(lowest[-1]) == _LAST_CODE_POINT:
        lowest = lowest[:-1]
    last = ord(lowest[-1]) + 1 if lowest else _LAST_CODE_POINT
    return lowest[:-1] + chr(0xE000 if last == 0xD800 else last)


def record_id(literal: str) -> str:
    """The 18-character id of a literal of 15 or 18. Raises SoqlProblem."""
    try:
        return to_18(literal[1:-1])
    except MalformedId:
        raise SoqlProblem("filter_id_invalid", value=text(literal)) from None


def number(literal: str) -> float:
    """The double nearest to a number."""
    return float(literal)


def integer(literal: str) -> int | float:
    """A number to compare an integer with: an integer where it is one of 64 bits, else a double."""
    digits = literal.lstrip("+-")
    return int(literal) if digits.isdigit() and len(digits) <= _INTEGER_DIGITS else float(literal)


def count(literal: str, most: int) -> int:
    """A whole number, cut to `most`."""
    return min(int(literal), most) if len(literal) <= _INTEGER_DIGITS else most


def date(literal: str) -> int:
    """The stored value of `2026-01-09`. Raises SoqlProblem."""
    try:
        return parse_date(literal)
    except ValueError:
        raise SoqlProblem("instant_literal_invalid", kind="date", literal=literal) from None


def datetime(literal: str) -> int:
    """The stored value of `2026-01-09T10:00:00+08:00`. Raises SoqlProblem."""
    try:
        return parse_datetime(literal.upper())
    except ValueError:
        raise SoqlProblem("instant_literal_invalid", kind="datetime", literal=literal) from None


def time(literal: str) -> int:
    """The stored value of `09:30:00.000Z`. Raises SoqlProblem."""
    try:
        return parse_time(literal)
    except ValueError:
        raise SoqlProblem("instant_literal_invalid", kind="time", literal=literal) from None
