"""Exchange: one request and its answer, as an application sees them (ASGI 3), or has it at once (`Prompt`).

The head of an answer waits for the first piece of its body, so that an answer that is whole goes out in one
write. One that comes in pieces is framed by its content-length, else in chunks (RFC 9112, 6 and 7.1). `send`
waits while the client does not take what it has been sent.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from http import HTTPStatus
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar, runtime_checkable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATUS_LINES: Final = {
    each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus if each >= 200
}
CLOSE: Final = b"connection: close\r\n"
BODY_BUFFERED_MAX: Final = 65_536
"""Bytes of a request's body that wait to be received; beyond, the client waits."""
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})

Headers: TypeAlias = Iterable[tuple[bytes, bytes]]

_log = logging.getLogger(__name__)


class Whole(Protocol):
    """An answer that is all there. Starlette's `Response` is one."""

    status_code: int
    raw_headers: list[tuple[bytes, bytes]]
    body: bytes | memoryview


W = TypeVar("W", bound=Whole)


class Later(Generic[W]):
    """An answer that comes when it comes; until then it costs no task. `finish` is what is still done to it.

    It may be awaited, or a taker named, who is called when it is there; by one of them, and once. When it has
    been taken it refers to nothing, so that no circle is left for the garbage collector.
    """

    __slots__ = ("_answer", "_taker", "finish")

    def __init__(self) -> None:
        self.finish: Callable[[W], W] | None = None
        self._answer: W | None = None
        self._taker: Callable[[Later[W]], None] | None = None

    def give(self, answer: W) -> None:
        """It is there."""
        self._answer = answer
        taker, self._taker = self._taker, None
        if taker is not None:
            taker(self)

    def then(self, taker: "Callable[[Later[W]], None]") -> None:
        """Have `taker` called when it is there; it may be there already."""
        if self._answer is None:
            self._taker = taker
        else:
            taker(self)

    def take(self) -> W:
        """The finished answer."""
        answer, self._answer = self._answer, None
        finish, self.finish = self.finish, None
        assert answer is not None
        return answer if finish is None else finish(answer)

    def __await__(self) -> Generator[Any, None, W]:
        coming = asyncio.get_running_loop().create_future()
        self.then(lambda _: None if coming.done() else coming.set_result(None))
        yield from coming
        return self.take()


@runtime_checkable
class Prompt(Protocol):
    """An ASGI application that can be asked without ASGI's messages, and without a task for each request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def answer(
        self, scope: Scope, receive: Receive, send: Send, body: bytes | None
    ) -> Whole | Awaitable[Whole | None]:
        """The answer, or what to wait for where it has to be waited for: None, where `send` has been given
        it. `body` is the request's, where all of it has come; else `receive` gives it. A `Later` is waited
        for without a task.
        """
        ...


class Wire(Protocol):
    """What an exchange needs of its connection."""

    full: bool
    """The client has much to take before more should be sent."""

    @property
    def date(self) -> bytes:
        """The header line of every answer's date."""

    async def room(self) -> None:
        """Wait until the connection is not full, or gone."""

    def write(self, data: bytes) -> None:
        """Send, or keep until it can be sent."""

    def run(self, answering: Coroutine[Any, Any, None]) -> None:
        """Answer in a task of its own."""

    def resume_reading(self) -> None:
        """Take more of the request that is being read."""

    def answered(self, exchange: "Exchange") -> None:
        """The answer is complete."""

    def abort(self) -> None:
        """End the connection at once."""


class Exchange:
    """`scope`, `receive` and `send` are ASGI's; `run` has an application answer, `begin` one that is prompt.

    `received`: the request is whole. `begun`, `complete`: how far the answer is. `lost`: the client, or the
    rest of its request, will not come: `receive` says so, what is sent goes nowhere, and what the application
    has put into the request's state as `on_lost` is called. `keep_alive`: whether the connection goes on
    after it.
    """

    __slots__ = (
        "_awaits_continue",
        "_body",
        "_chunked",
        "_left",
        "_news",
        "_silent",
        "_start",
        "_told_all",
        "_wire",
        "begun",
        "complete",
        "keep_alive",
        "lost",
        "received",
        "scope",
    )

    def __init__(self, wire: Wire, scope: Scope, *, keep_alive: bool, awaits_continue: bool) -> None:
        self.scope = scope
        self.keep_alive = keep_alive
        self.received = False
        self.begun = False
        self.complete = False
        self.lost = False
        self._wire = wire
        self._awaits_continue = awaits_continue
        self._body = bytearray()
        self._told_all = False
        self._news: asyncio.Event | None = None
        self._start: Message | None = None
        self._silent = False
        self._chunked = False
        self._left: int | None = None
        """Bytes of the content-length that are still to come; None where none was told."""

    def feed(self, body: bytes) -> bool:
        """A piece of the request's body; whether there is room for more."""
        self._body += body
        self._wake()
        return len(self._body) <= BODY_BUFFERED_MAX

    def finish(self) -> None:
        """The request is whole."""
        self.received = True
        self._wake()

    def lose(self) -> None:
        """The client is gone, or what it sends can't be read: whoever holds the request is told."""
        self.lost = True
        self._wake()
        told = self.scope.get("state", {}).pop("on_lost", None)
        if told is not None:
            told()

    def begin(self, app: Prompt) -> Coroutine[Any, Any, None] | None:
        """Have `app` answer; returns what is left to run, where that has to be waited for."""
        body = None
        if self.received:
            body, self._body = bytes(self._body), bytearray()
            self._told_all, self._awaits_continue = True, False
        try:
            found = app.answer(self.scope, self.receive, self.send, body)
            if isinstance(found, Later):
                found.then(self._take)
                return None
            if isinstance(found, Awaitable):
                return self._finish(found)
            if self._wire.full:
                return self._finish(_giving(found))
            self._put(found)
        except Exception as error:  # noqa: BLE001 - as in `_finish`
            return self._finish(_raising(error))
        return None

    def _take(self, later: Later[Any]) -> None:
        """An answer has come that was waited for without a task; it needs one where the wire is full.

        It is finished for a client that is lost, too: what keeps account of answers does so there.
        """
        try:
            whole = later.take()
            if self.lost:
                return
            if not self._wire.full:
                self._put(whole)
                return
        except Exception as error:  # noqa: BLE001 - as in `_finish`
            self._wire.run(self._finish(_raising(error)))
        else:
            self._wire.run(self._finish(_giving(whole)))

    async def run(self, app: ASGIApp) -> None:
        """Have `app` answer. Where it fails to, the answer is 500, or ends in the middle."""
        await self._finish(app(self.scope, self.receive, self.send))

    async def _finish(self, answer: Awaitable[Whole | None]) -> None:
        try:
            whole = await answer
            if whole is not None:
                if self._wire.full:
                    await self._wire.room()
                if not self.lost:
                    self._put(whole)
        except Exception:  # noqa: BLE001 - whatever it is, it is logged, and the client learns that it failed
            _log.exception("the application failed")
        else:
            if not self.complete and not self.lost:
                _log.error("the application has not answered")
        if self.begun and not self.complete:
            self._wire.abort()
        elif not self.complete and not self.lost:
            self.keep_alive, self._left, self._chunked = False, None, False
            self._start = {"status": 500, "headers": [(b"content-type", b"text/plain")]}
            await self.send({"type": "http.response.body", "body": b"Internal Server Error"})

    async def receive(self) -> Message:
        """The body, as it comes; after it, the news that the client is gone or the answer complete."""
        if self._awaits_continue and not self.lost and not self.complete:
            self._awaits_continue = False
            self._wire.write(_CONTINUE)
        while not self.lost and not self.complete:
            if self._body or (self.received and not self._told_all):
                body, self._body = bytes(self._body), bytearray()
                self._told_all = all_told = self.received
                if not all_told:
                    self._wire.resume_reading()  # which may bring the next piece at once
                return {"type": "http.request", "body": body, "more_body": not all_told}
            self._news = self._news or asyncio.Event()
            await self._news.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Raises RuntimeError for what is out of order, ValueError for a header that has a line break."""
        if self._wire.full:
            await self._wire.room()
        if self.lost:
            return
        if self.complete:
            raise RuntimeError("the request has been answered already")
        if self._start is None:
            _expect("http.response.start", message)
            self._start = message
            return
        _expect("http.response.body", message)
        body, more = message.get("body", b""), message.get("more_body", False)
        if self.begun:
            data = self._framed(body, more)
        else:
            data = self._head(self._start["status"], self._start.get("headers", ()), body, more)
            data += self._framed(body, more)
        self._write(data, more)

    def _put(self, whole: Whole) -> None:
        """Answer. Raises as `send` does."""
        body = bytes(whole.body)
        data = self._head(whole.status_code, whole.raw_headers, body, more=False)
        self._write(data + self._framed(body, more=False), more=False)

    def _write(self, data: bytes, more: bool) -> None:
        self.begun = True
        if data:
            self._wire.write(data)
        if not more:
            self.complete = True
            self._wake()
            self._wire.answered(self)

    def _head(self, status: int, headers: Headers, body: bytes, more: bool) -> bytes:
        """The head of an answer whose body begins with `body`; decides how that is framed."""
        parts: list[bytes] = []
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
            if name == b"content-length":
                self._left = int(value)
        fields = b"".join(parts)
        if not fields.count(b"\r") == fields.count(b"\n") == len(parts) // 4:
            raise ValueError("a header has a line break in it")
        parts = [STATUS_LINES[status], self._wire.date, fields]
        self._silent = status in _BODILESS or self.scope["method"] == "HEAD"
        if self._left is None and status not in _BODILESS:
            parts.append(self._framing(body, more))
        if self._awaits_continue:
            self.keep_alive = False  # whether the body comes after all, nobody knows
        if not self.keep_alive:
            parts.append(CLOSE)
        parts.append(b"\r\n")
        return b"".join(parts)

    def _framing(self, body: bytes, more: bool) -> bytes:
        """The header that tells where a body of unknown length ends."""
        if not more:
            self._left = len(body)
            return b"content-length: %d\r\n" % len(body)
        if self.scope["http_version"] == "1.0":
            self.keep_alive = False  # it ends where the connection ends
            return b""
        self._chunked = True
        return b"transfer-encoding: chunked\r\n"

    def _framed(self, body: bytes, more: bool) -> bytes:
        """A piece of the answer's body as it goes over the wire."""
        if self._silent:
            return b""
        if self._chunked:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            return chunk if more else chunk + b"0\r\n\r\n"
        if self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("the body is not as long as its content-length says")
        return body

    def _wake(self) -> None:
        if self._news is not None:
            self._news.set()
            self._news = None


def _expect(kind: str, message: Message) -> None:
    if message["type"] != kind:
        raise RuntimeError(f"{message['type']} was sent where {kind} comes")


async def _giving(whole: Whole) -> Whole:
    return whole


async def _raising(error: Exception) -> None:
    raise error
