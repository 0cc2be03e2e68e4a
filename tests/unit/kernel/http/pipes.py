"""Pipes: a connection of the HTTP server in memory, and the client at its other end."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from isthmus.kernel.http.connection import Connection, Service
from isthmus.kernel.http.exchange import Whole

HIGH_WATER: Final = 65_536
TURNS: Final = 50
_HEAD: Final = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r]*\r\n(.*?)\r\n\r\n", re.DOTALL)


class Pipe(asyncio.Transport):
    """The server's end. What is written is taken at once (`taking`), or when the client takes it."""

    def __init__(self, *, taking: bool = True) -> None:
        super().__init__({"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 80)})
        self.taking = taking
        self.written = bytearray()
        self.taken = 0
        self.reading = True
        self.ended = False
        self.aborted = False
        self.protocol: Connection | None = None

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 80)}.get(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended
        self.written += data
        if self.taking:
            self.taken = len(self.written)
        elif self.get_write_buffer_size() > HIGH_WATER and self.protocol is not None:
            self.protocol.pause_writing()

    def take(self, count: int) -> None:
        """The client takes so many bytes more."""
        self.taken = min(self.taken + count, len(self.written))
        if self.protocol is not None and self.get_write_buffer_size() <= HIGH_WATER // 4:
            self.protocol.resume_writing()

    def get_write_buffer_size(self) -> int:
        return len(self.written) - self.taken

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.ended

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """The client sees the end of the answers."""

    def close(self) -> None:
        if not self.ended:
            self.ended = True
            asyncio.get_running_loop().call_soon(self._lost)

    def abort(self) -> None:
        self.aborted = True
        self.close()

    def _lost(self) -> None:
        if self.protocol is not None:
            self.protocol.connection_lost(None)


class Client:
    """A client of an application. Use it in a running loop."""

    def __init__(self, app: ASGIApp, *, taking: bool = True) -> None:
        self.service = Service(app, date=b"date: today\r\n")
        self.pipe = Pipe(taking=taking)
        self.connection = self.pipe.protocol = Connection(self.service)
        self.connection.connection_made(self.pipe)

    async def send(self, data: bytes, size: int | None = None) -> None:
        """Send in pieces of `size` bytes; waits, as a socket would, while the server does not read."""
        size = size or len(data) or 1
        for at in range(0, len(data), size):
            if self.pipe.ended:
                return
            await self.until(lambda: self.pipe.reading)
            self.connection.data_received(data[at : at + size])
        await self.turn()

    async def turn(self) -> None:
        """Let all happen that can."""
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the loop turn until something has happened in it."""
        while not condition():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)

    def tick(self, count: int = 1) -> None:
        """Seconds pass."""
        for _ in range(count):
            self.service.ticks += 1
            self.connection.tick()

    @property
    def answers(self) -> list[tuple[int, bytes]]:
        """Status and body of each answer, those with a content-length."""
        found, text = [], bytes(self.pipe.written)
        while text:
            head = _HEAD.match(text)
            assert head is not None, text[:100]
            length = re.search(rb"content-length: (\d+)", head[2])
            end = head.end() + (int(length[1]) if length else 0)
            found.append((int(head[1]), text[head.end() : end]))
            text = text[end:]
        return found

    @property
    def statuses(self) -> list[int]:
        """The status of each answer."""
        return [status for status, _ in self.answers]


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Run a test in a loop, within seconds."""

    async def within_time() -> None:
        async with asyncio.timeout(20):
            await test()

    asyncio.run(within_time())


async def answer(send: Send, body: bytes, status: int = 200) -> None:
    """An answer that is whole."""
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def body_of(receive: Receive) -> bytes | None:
    """The request's body; None where the client has gone before it was whole."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        more = message["more_body"]
    return body


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the method, the path and the body."""
    body = await body_of(receive)
    if body is not None:
        await answer(send, b"%s %s %s" % (scope["method"].encode(), scope["raw_path"], body))


class PromptEcho:
    """`echo` as an application that has its answer at once where the body has come with its request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await echo(scope, receive, send)

    def answer(
        self, scope: Scope, receive: Receive, send: Send, body: bytes | None
    ) -> Whole | Awaitable[Whole | None]:
        if body is None:
            return echo(scope, receive, send)
        return Response(b"%s %s %s" % (scope["method"].encode(), scope["raw_path"], body))
