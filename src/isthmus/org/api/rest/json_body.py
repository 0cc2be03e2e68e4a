"""JSON body: a request's body as the record it holds.

Strict where the platform's parser is strict, and bounded: no syntax errors, no duplicate keys, no bytes
that are not UTF-8, no numbers beyond a double, no deep nesting. Lenient about the Content-Type: a body is
taken as JSON unless it is clearly something else, since real clients send JSON under odd types.
"""

import asyncio
import json
from functools import lru_cache
from typing import Final

import msgspec

from isthmus.kernel.errors import fault
from isthmus.org.api.rest import json_problems
from isthmus.org.api.routing import Call

DEPTH_MAX: Final = 32
PARSED_IN_LOOP_MAX: Final = 256 * 1024
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_OTHER_TYPES: Final = ("xml", "multipart/", "text/csv")
_SOBJECT: Final = "sobject"


class _Duplicate(Exception):
    """A key that an object has twice."""


async def record(call: Call) -> dict[str, object]:
    """The body's JSON object. Faults: `media_type_unsupported`, `body_missing`, `json_unparseable`, …"""
    body = _json_text(call)
    if len(body) <= PARSED_IN_LOOP_MAX:
        return parse_record(body)
    return await asyncio.to_thread(parse_record, body)


def _json_text(call: Call) -> bytes:
    media_type, taken = _media_type(call.headers.get(b"content-type", b""))
    if not taken:
        raise fault("media_type_unsupported", media_type=media_type)
    body = call.body.removeprefix(_BYTE_ORDER_MARK)
    if not body or body.isspace():
        raise fault("body_missing")
    return body


@lru_cache(maxsize=64)
def _media_type(header: bytes) -> tuple[str, bool]:
    """The media type of a body, and whether it is taken as JSON."""
    media_type = header.partition(b";")[0].strip().lower().decode("latin-1")
    return media_type, not any(each in media_type for each in _OTHER_TYPES)


def parse_record(body: bytes) -> dict[str, object]:
    """The JSON object that `body` is. Faults: `json_unparseable`, `json_value_of_wrong_type`."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise json_problems.syntax(body, error) from error
    except RecursionError as error:
        raise json_problems.too_deep(DEPTH_MAX) from error
    if not isinstance(value, dict):
        raise json_problems.wrong_type(body, _SOBJECT)
    if body.count(b":") > _keys(value, DEPTH_MAX):
        _refuse_duplicates(body)
    return value


def _keys(value: object, depth: int) -> int:
    """How many keys all objects in `value` have together. Fault: `json_unparseable`, where it is too deep."""
    if not isinstance(value, dict | list):
        return 0
    if not depth:
        raise json_problems.too_deep(DEPTH_MAX)
    keys = len(value) if isinstance(value, dict) else 0
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list):
            keys += _keys(each, depth - 1)
    return keys


def _refuse_duplicates(body: bytes) -> None:
    """A colon too many is in a text, or separates a key that came before: here, it is found out."""
    try:
        json.loads(body, object_pairs_hook=_once)
    except _Duplicate as error:
        raise json_problems.duplicate(body, str(error)) from error


def _once(pairs: list[tuple[str, object]]) -> None:
    names = set()
    for name, _ in pairs:
        if name in names:
            raise _Duplicate(name)
        names.add(name)
