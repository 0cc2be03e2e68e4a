"""JSON problems: what is wrong with a body that does not parse, in the words of the platform's parser
(Jackson).

The parser in use (msgspec) says where it stopped and why; this says it as the platform would, with line and
column, both from 1. It runs on refused bodies only.
"""

import json
import re
from collections.abc import Callable
from typing import Final

from isthmus.kernel.errors import Fault, fault

_PLACE: Final = re.compile(r"JSON is malformed: (?P<reason>.+) \(byte (?P<at>\d+)\)")
_TOKEN: Final = re.compile(rb"(?<=[:\[,\s])[A-Za-z_][A-Za-z0-9_]*")
_NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?[eE][+-]?\d+")
_DECODER: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_VALUE: Final = "expected a valid value (number, String, array, object, 'true', 'false' or 'null')"

_EXPECTED: Final[dict[str, str]] = {
    "object keys must be strings": "was expecting double-quote to start field name",
    "trailing comma in object": "was expecting double-quote to start field name",
    "trailing comma in array": _VALUE,
    "expected ':'": "was expecting a colon to separate field name and value",
    "expected ',' or '}'": "was expecting comma to separate OBJECT entries",
    "expected ',' or ']'": "was expecting comma to separate ARRAY entries",
    "trailing characters": "was expecting the end of the input",
    "invalid character": _VALUE,
}


def syntax(body: bytes, error: Exception) -> Fault:
    """The fault for a body that the parser refused with `error`."""
    reason, at = _explain(body, error)
    return _unparseable(body[:at].decode("utf-8", "replace"), reason)


def duplicate(body: bytes, key: str) -> Fault:
    """The fault for a key that an object has twice."""
    places = [
        each.start() for each in re.finditer(rf'"{re.escape(key)}"\s*:', body.decode("utf-8", "replace"))
    ]
    return _unparseable(
        body.decode("utf-8", "replace")[: places[1] if len(places) > 1 else 0], f"Duplicate field '{key}'"
    )


def too_deep(limit: int) -> Fault:
    """The fault for a body with too many levels."""
    return _unparseable("", f"Document nesting depth exceeds the maximum allowed ({limit})")


def wrong_type(body: bytes, kind: str, key: str | None = None) -> Fault:
    """The fault for a value that can't become `kind`: that of the top-level `key`, or the body itself."""
    text = body.decode("utf-8", "replace")
    at = _skip(text, 0) if key is None else _place_of(text, key)
    token, value = _token(text, at)
    line, column = _line_and_column(text[:at])
    return fault("json_value_of_wrong_type", type=kind, token=token, value=value, line=line, column=column)


def _unparseable(before: str, reason: str) -> Fault:
    line, column = _line_and_column(before)
    return fault("json_unparseable", reason=reason, line=line, column=column)


def _line_and_column(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _explain(body: bytes, error: Exception) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return _bad_utf8(body)
    place = _PLACE.fullmatch(str(error))
    if place is not None:
        return _at(body, place["reason"], int(place["at"]))
    if "out of range" in str(error):
        return _bad_number(body)
    return "Unexpected end-of-input", len(body)


def _at(body: bytes, reason: str, at: int) -> tuple[str, int]:
    if reason in ("trailing characters", "invalid escape character in string"):
        at -= 1  # where the parser stands then, it has read the culprit
    if reason == "invalid character" and (token := _token_around(body, at)) is not None:
        return (
            f"Unrecognized token '{token[0].decode()}': was expecting ('true', 'false' or 'null')",
            token.start(),
        )
    char = body[at : at + 4].decode("utf-8", "replace")[:1]
    if not char:
        return "Unexpected end-of-input", at
    if reason == "invalid escape character in string":
        return f"Unrecognized character escape {_named(char)}", at
    if reason == "invalid number" and char.isdigit():
        return "Invalid numeric value: Leading zeroes not allowed", at
    if reason == "invalid number":
        return f"Unexpected character ({_named(char)}) in numeric value", at
    if char < " ":
        control = f"Illegal unquoted character ((CTRL-CHAR, code {ord(char)}))"
        return f"{control}: has to be escaped using backslash to be included in string value", at
    return f"Unexpected character ({_named(char)}): {_EXPECTED.get(reason, reason)}", at


def _token_around(body: bytes, at: int) -> "re.Match[bytes] | None":
    """A bare word at `at`, or one that ends just before: the parser reads up to five bytes of it at once."""
    for match in _TOKEN.finditer(body, max(0, at - 5)):
        if match.start() > at:
            return None
        if match.end() >= at - 1:
            return match
    return None


def _named(char: str) -> str:
    return f"'{char}' (code {ord(char)})"


def _bad_utf8(body: bytes) -> tuple[str, int]:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        kind = "start" if error.reason == "invalid start byte" else "middle"
        at = error.start if kind == "start" else min(error.end, len(body) - 1)
        return f"Invalid UTF-8 {kind} byte 0x{body[at]:02x}", error.start
    return "Invalid UTF-8", 0


def _bad_number(body: bytes) -> tuple[str, int]:
    for match in _NUMBER.finditer(body):
        if float(match[0]) in (float("inf"), float("-inf")):
            return f"Numeric value ({match[0].decode()}) out of range of double", match.start()
    return "Numeric value out of range of double", 0


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _place_of(text: str, key: str) -> int:
    """Where the value of a top-level key begins; the body is an object that parses."""
    scan: Callable[[str, int], tuple[object, int]] = _DECODER.raw_decode
    at = _skip(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = scan(text, at)
        at = _skip(text, _skip(text, at) + 1)
        if isinstance(name, str) and name.lower() == key.lower():
            return at
        _, at = scan(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return 0


def _token(text: str, at: int) -> tuple[str, str]:
    """Jackson's name of the token at a place, and its text."""
    first = text[at]
    if first in "{[":
        return "START_OBJECT" if first == "{" else "START_ARRAY", first
    value, end = _DECODER.raw_decode(text, at)
    if isinstance(value, str):
        return "VALUE_STRING", value
    if value is None or isinstance(value, bool):
        return f"VALUE_{text[at:end].upper()}", text[at:end]
    return "VALUE_NUMBER_INT" if isinstance(value, int) else "VALUE_NUMBER_FLOAT", text[at:end]
