"""Conditions: `If-Modified-Since`, and what it is compared with.

What is described changes with the schema only: a schema counts as modified when it was first asked for, in
org time. Source: REST API Developer Guide, "Conditional Request Headers".
"""

from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Final, TypeAlias
from weakref import WeakKeyDictionary

from starlette.responses import Response

from isthmus.kernel.clock import SECOND
from isthmus.kernel.lru_cache import LruCache
from isthmus.org.api.rest.answers import Json
from isthmus.org.api.rest.headers import instant
from isthmus.org.api.routing import Call
from isthmus.org.schema.model import Schema

_KEPT_MAX: Final = 256

Key: TypeAlias = tuple[object, ...]


class _Described:
    """The bodies that have been made of one schema, the most recently used of them."""

    def __init__(self, since: int) -> None:
        self.since = since // SECOND
        self.bodies: LruCache[Key, bytes] = LruCache(_KEPT_MAX)


_DESCRIBED: Final[WeakKeyDictionary[Schema, _Described]] = WeakKeyDictionary()


def answer(call: Call, key: Key, make: Callable[[], bytes]) -> Response:
    """304 where the client knows it already; else the body, which is made once for each `key` and reader's
    rights.
    """
    described = _described(call)
    if _is_known(call, described):
        return _unchanged(described)
    key = (*key, call.principal.access.shape)
    return _whole(described, described.bodies.get(key) or _kept(described, key, make()))


async def answer_read(call: Call, key: Key, make: Callable[[], Awaitable[bytes]]) -> Response:
    """`answer`, for what has to be waited for."""
    described = _described(call)
    if _is_known(call, described):
        return _unchanged(described)
    key = (*key, call.principal.access.shape)
    return _whole(described, described.bodies.get(key) or _kept(described, key, await make()))


def _described(call: Call) -> _Described:
    schema = call.org.schema
    described = _DESCRIBED.get(schema)
    if described is None:
        described = _DESCRIBED[schema] = _Described(call.org.clock.now())
    return described


def _is_known(call: Call, described: _Described) -> bool:
    known_since = instant(call.header(b"if-modified-since"))
    return known_since is not None and known_since >= described.since * SECOND


def _unchanged(described: _Described) -> Response:
    unchanged = Response(status_code=304)
    unchanged.raw_headers.append(_modified(described))
    return unchanged


def _whole(described: _Described, body: bytes) -> Response:
    return Json(body, 200, _modified(described))


def _modified(described: _Described) -> tuple[bytes, bytes]:
    return b"last-modified", formatdate(described.since, usegmt=True).encode()


def _kept(described: _Described, key: Key, body: bytes) -> bytes:
    described.bodies.put(key, body)
    return body
