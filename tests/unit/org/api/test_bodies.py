"""Is a body read whole, unfolded, and never beyond its limit?"""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect
from starlette.types import Message

from isthmus.kernel.errors import Fault
from isthmus.org.api import bodies


def receiving(*pieces: bytes) -> Callable[[], Awaitable[Message]]:
    """What the server hands in: the pieces, then a disconnect."""
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    ]

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return receive


def read(*pieces: bytes, limit: int = 1000, **headers: bytes) -> bytes:
    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return asyncio.run(bodies.read(receiving(*pieces), named, limit))


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=10))
def test_pieces_become_the_body(pieces: list[bytes]) -> None:
    assert read(*pieces) == b"".join(pieces)


@given(st.binary(min_size=1, max_size=900), st.binary(max_size=90))
def test_compressed_bodies_are_unfolded(body: bytes, more: bytes) -> None:
    assert read(gzip.compress(body), content_encoding=b"gzip") == body
    assert read(gzip.compress(body) + gzip.compress(more), content_encoding=b"GZIP ") == body + more
    assert read(zlib.compress(body), content_encoding=b"deflate") == body


def test_a_body_may_have_exactly_its_limit() -> None:
    assert len(read(b"x" * 1000, content_length=b"1000")) == 1000
    assert len(read(gzip.compress(b"x" * 1000), content_encoding=b"gzip")) == 1000


@pytest.mark.parametrize("size", [1001, 50_000_000])
def test_a_zip_bomb_is_refused(size: int) -> None:
    with pytest.raises(Fault, match="EXCEEDED_MAX_SIZE_REQUEST") as refused:
        read(gzip.compress(b"\0" * size), content_encoding=b"gzip", limit=1000 if size < 2000 else 200_000)
    assert refused.value.status == 413


def test_a_body_that_announces_too_much_is_refused_unread() -> None:
    with pytest.raises(Fault, match="Maximum size of request is 1000 bytes"):
        read(content_length=b"1001")


def test_a_chunked_body_that_grows_too_large_is_refused() -> None:
    with pytest.raises(Fault, match="EXCEEDED_MAX_SIZE_REQUEST"):
        read(*[b"x" * 400] * 3, transfer_encoding=b"chunked")


@pytest.mark.parametrize(
    "body",
    [
        b"no gzip",
        gzip.compress(b"x" * 100, mtime=0)[:-4],
        gzip.compress(b"x", mtime=0) + b"rest",
        b"\x1f\x8b",
    ],
)
def test_a_body_that_is_not_what_its_encoding_says_is_refused(body: bytes) -> None:
    with pytest.raises(Fault, match="INVALID_CONTENT"):
        read(body, content_encoding=b"gzip")


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(Fault, match="Content-Encoding br is not supported") as refused:
        read(b"x", content_encoding=b"br")
    assert refused.value.status == 415


def test_a_client_that_goes_in_the_middle_is_noticed() -> None:
    with pytest.raises(ClientDisconnect):
        read(content_length=b"5")
