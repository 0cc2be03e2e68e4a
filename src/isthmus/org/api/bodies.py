"""Bodies: a request's body, whole, decompressed, and within its limit.

The limit holds for what arrives and for what it becomes: a small gzip body that would unfold beyond it (a
"zip bomb") is refused before it is in memory.
"""

import asyncio
import zlib
from collections.abc import Mapping
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from isthmus.kernel.errors import fault

_WINDOW_BITS: Final = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}
_INFLATED_IN_LOOP_MAX: Final = 4 * 1024
"""Larger compressed bodies are unfolded on a thread: they may be a thousand times their size."""


def is_announced(headers: Mapping[bytes, bytes]) -> bool:
    """Whether the request says that a body follows."""
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def giving(body: bytes) -> Receive:
    """ASGI's `receive` of a request whose body is there already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def read(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> bytes:
    """The body, of at most `limit` bytes.

    Faults: `body_too_large`, `body_not_decodable`, `content_encoding_unsupported`. Raises ClientDisconnect.
    """
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in _WINDOW_BITS and encoding not in (b"identity", b""):
        raise fault("content_encoding_unsupported", encoding=encoding.decode("latin-1"))
    if int(headers.get(b"content-length", b"0")) > limit:
        raise fault("body_too_large", limit=limit)
    body = await _receive(receive, limit)
    if encoding not in _WINDOW_BITS or not body:
        return body
    if len(body) <= _INFLATED_IN_LOOP_MAX:
        return inflate(body, encoding, limit)
    return await asyncio.to_thread(inflate, body, encoding, limit)


async def _receive(receive: Receive, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise fault("body_too_large", limit=limit)
        if not message.get("more_body", False):
            return b"".join([*pieces, piece]) if pieces else piece
        pieces.append(piece)


def inflate(body: bytes, encoding: bytes, limit: int) -> bytes:
    """What one or several gzip members unfold to. Faults: `body_too_large`, `body_not_decodable`."""
    pieces: list[bytes] = []
    size = 0
    rest = body
    while rest:
        member = zlib.decompressobj(_WINDOW_BITS[encoding])
        try:
            piece = member.decompress(rest, limit - size + 1)
        except zlib.error as error:
            raise fault("body_not_decodable", encoding=encoding.decode()) from error
        size += len(piece)
        if size > limit:
            raise fault("body_too_large", limit=limit)
        if not member.eof:
            raise fault("body_not_decodable", encoding=encoding.decode())
        pieces.append(piece)
        rest = member.unused_data
    return b"".join(pieces)
