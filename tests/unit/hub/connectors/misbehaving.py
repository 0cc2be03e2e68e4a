"""A web server on a real socket that does what a test wants: answers, hangs, resets, breaks off."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Asked:
    """What has come in; the path as it was on the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answering: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Misbehaving:
    """`script` holds one behaviour a request; after its end `otherwise` is answered."""

    script: list[Answering] = field(default_factory=list)
    otherwise: Answering | None = None
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked.append(Asked(request.method, request.raw_path, request.headers.copy(), body))
        behave = self.script.pop(0) if self.script else self.otherwise or answer(200, {})
        return await behave(request)


def answer(
    status: int, body: Any = None, headers: Mapping[str, str] | None = None, content_type: str | None = None
) -> Answering:
    """Answer with `body`: bytes and text as they are, anything else as JSON, None empty."""

    async def behave(_: web.Request) -> web.StreamResponse:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if isinstance(body, str):
            data = body.encode()
        kind = content_type or ("text/plain" if isinstance(body, str) else "application/json")
        return web.Response(body=data, status=status, headers=headers, content_type=kind)

    return behave


async def hang(request: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def reset(request: web.Request) -> web.StreamResponse:
    """Close the connection without a word."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def break_off(request: web.Request) -> web.StreamResponse:
    """Begin an answer, and close the connection within."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"id":')
    assert request.transport is not None
    request.transport.close()
    return response


async def babble(request: web.Request) -> web.StreamResponse:
    """Answer with what is no HTTP."""
    assert request.transport is not None
    request.transport.write(b"HTTP/1.1 what?\r\n\r\n")
    request.transport.close()
    return web.Response()


@asynccontextmanager
async def misbehaving(*script: Answering, otherwise: Answering | None = None) -> AsyncIterator[Misbehaving]:
    """A server that goes by `script`, until the block ends."""
    server = Misbehaving(list(script), otherwise)
    async with running(server):
        yield server


@asynccontextmanager
async def running(server: Misbehaving) -> AsyncIterator[None]:
    """Serve on a free port, until the block ends."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    listening = TestServer(app)
    await listening.start_server(shutdown_timeout=0.1)
    try:
        server.url = f"http://127.0.0.1:{listening.port}"
        yield
    finally:
        await listening.close()
