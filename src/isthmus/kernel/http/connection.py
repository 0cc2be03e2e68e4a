"""Connection: one client's. Requests in, answers out, in order and within bounds (RFC 9112).

A client may send requests before it has its answers (pipelining): they stand in line, each is begun when the
one before it is answered, and while several are in line nothing more is read. What arrives is parsed in parts
of at most `PART_BYTES`, so that the line stays short. What can't be read is refused when all that came before
it has been answered.

An upgrade to another protocol is not taken: the request is answered as the plain one it also is (RFC 9110,
7.8). Java's own client asks for one with the first request of a connection.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

import httptools
from starlette.types import ASGIApp

from isthmus.kernel.http.asking import Asking
from isthmus.kernel.http.exchange import CLOSE, STATUS_LINES, Exchange, Prompt
from isthmus.kernel.http.head import HEAD_BYTES_MAX, Head

CONNECTIONS_MAX: Final = 10_000
KEEP_ALIVE_SECONDS: Final = 60
"""Without a request."""
HEAD_SECONDS_MAX: Final = 30
"""From the first byte of a request to the end of its headers."""
BODY_IDLE_SECONDS_MAX: Final = 60
"""Between two pieces of a request's body."""
ANSWER_IDLE_SECONDS_MAX: Final = 60
"""Without taking any of an answer."""
LINGER_SECONDS: Final = 2
"""What a client sends after its last answer was written is thrown away for so long: if its sending failed, it
would not read the answer.
"""
PART_BYTES: Final = 16_384
TLS: Final = "isthmus.tls"
"""The extension of a scope that came by https: protocol and cipher suite, as OpenSSL names them."""

Refusal: TypeAlias = Callable[[int], tuple[bytes, bytes]]
"""Content type and body of the answer to what can't be read, by its status: 400, 414, 431 or 503."""

_log = logging.getLogger(__name__)


def plain_refusal(status: int) -> tuple[bytes, bytes]:
    """The status' own phrase."""
    return b"text/plain; charset=utf-8", STATUS_LINES[status].split(b" ", 2)[2].strip() + b"."


@dataclass(slots=True)
class Service:
    """What all connections of a server have in common.

    `ticks` are seconds since the start, roughly. `drained` is set when the last connection ends after
    `closing` was set. `date` is a header line.
    """

    app: ASGIApp
    refusal: Refusal = plain_refusal
    connections_max: int = CONNECTIONS_MAX
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    drained: asyncio.Event = field(default_factory=asyncio.Event)
    connections: set["Connection"] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    date: bytes = b""
    ticks: int = 0
    asking: Asking | None = field(init=False)
    """Where the application is prompt."""

    def __post_init__(self) -> None:
        self.asking = Asking(self.app) if isinstance(self.app, Prompt) else None


class _NotRead(Exception):
    """Raised inside the parser, which then stops."""


class Connection(asyncio.Protocol):
    """The methods named `on_…` are the parser's."""

    _transport: asyncio.Transport

    def __init__(self, service: Service) -> None:
        self._service = service
        self._parser = self._new_parser()
        self._line: deque[Exchange] = deque()
        """The exchanges that are not answered; the first is under way."""
        self._reading: Exchange | None = None
        """The exchange whose request is not whole; it may have been answered already."""
        self._head: Head | None = Head(service.ticks)
        self._part_bytes = 0
        self._ended_in_part = False
        self._beside = 0
        """What came since the last bytes of a body that were no body's: its framing, what follows it."""
        self._unread = b""
        self._paused = False
        self._over = False
        """Nothing more is read: a request was the last one, or could not be read."""
        self._refused = 0
        self._stopping = False
        self._lingers_since: int | None = None
        self.full = False
        self._room = asyncio.Event()
        self._heard_at = self._taken_at = service.ticks
        self._written = self._taken = 0

    # What the transport says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._fixed: dict[str, object] = {
            "scheme": "http" if transport.get_extra_info("sslcontext") is None else "https",
            "client": _address(transport.get_extra_info("peername")),
            "server": _address(transport.get_extra_info("sockname")),
        }
        if (cipher := transport.get_extra_info("cipher")) is not None:
            self._fixed["extensions"] = {TLS: (cipher[1], cipher[0])}
        self._service.connections.add(self)
        if self._service.closing.is_set():
            transport.close()
        elif len(self._service.connections) > self._service.connections_max:
            self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        service = self._service
        service.connections.discard(self)
        if service.closing.is_set() and not service.connections:
            service.drained.set()
        self._over = True
        for exchange in self._line:
            exchange.lose()
        self._line.clear()
        self._room.set()
        del self._parser  # it refers to this, and this to it

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._service.ticks
        if self._paused:
            self._unread += data
        else:
            self._read(data)

    def pause_writing(self) -> None:
        self.full = True
        self._room.clear()

    def resume_writing(self) -> None:
        self.full = False
        self._room.set()

    # What exchanges ask (`exchange.Wire`).

    @property
    def date(self) -> bytes:
        return self._service.date

    async def room(self) -> None:
        await self._room.wait()

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._written += len(data)
            self._taken_at = self._service.ticks
            self._transport.write(data)

    def run(self, answering: Coroutine[Any, Any, None]) -> None:
        tasks = self._service.tasks
        task = asyncio.get_running_loop().create_task(answering)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def resume_reading(self) -> None:
        if not self._paused or self._transport.is_closing():
            return
        self._paused = False
        data, self._unread = self._unread, b""
        self._read(data)
        if not self._paused and not self._transport.is_closing():
            self._transport.resume_reading()

    def answered(self, exchange: Exchange) -> None:
        self._line.popleft()
        if not exchange.keep_alive:
            self._line.clear()
            self._end()
        elif self._line:
            self.run(self._line[0].run(self._service.app))
        elif self._refused:
            self._say_refused()
        if len(self._line) < 2:
            self.resume_reading()

    def abort(self) -> None:
        self._transport.abort()

    # What the server asks.

    def stop(self) -> None:
        """End when the requests that have come are answered."""
        if self._line:
            last = self._line[-1]
            last.keep_alive = False
            self._over = last.received
        else:
            self._transport.close()

    def tick(self) -> None:
        """End where the client has kept us waiting for too long."""
        ticks, unsent = self._service.ticks, self._transport.get_write_buffer_size()
        if self._written - unsent > self._taken:
            self._taken, self._taken_at = self._written - unsent, ticks
        unheard, untaken = ticks - self._heard_at, ticks - self._taken_at
        if unsent:
            overdue = untaken > ANSWER_IDLE_SECONDS_MAX
        elif self._lingers_since is not None:
            overdue = min(ticks - self._lingers_since, untaken) > LINGER_SECONDS
        elif self._reading is not None:
            overdue = unheard > BODY_IDLE_SECONDS_MAX and not self._paused
        elif self._line:
            overdue = False
        elif self._head is not None:
            overdue = min(ticks - self._head.since, untaken) > HEAD_SECONDS_MAX
        else:
            overdue = min(unheard, untaken) > KEEP_ALIVE_SECONDS
        if overdue:
            self.abort()

    # Reading.

    def _new_parser(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)  # `_over` has it thrown away
        return parser

    def _pause_reading(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _read(self, data: bytes) -> None:
        for at in range(0, len(data), PART_BYTES):
            if self._over:
                return
            if self._paused:
                self._unread = data[at:]
                return
            idle = not self._line
            self._parse(data[at : at + PART_BYTES])
            if idle and self._line:
                self._start()

    def _parse(self, part: bytes) -> None:
        self._ended_in_part = False
        self._beside += len(part)
        if self._head is not None:
            self._head.came += len(part)
        while True:
            self._part_bytes = len(part)
            try:
                self._parser.feed_data(part)
            except httptools.HttpParserUpgrade as upgrade:
                assert self._head is not None
                part = self._head.without_upgrade(self._parser.get_method()) + part[upgrade.args[0] :]
                self._parser = self._new_parser()
                continue
            except httptools.HttpParserError as error:
                self._not_read(error)
            break
        if self._over:
            return
        if self._head is not None and self._head.grows_too_long():
            self._refuse(self._head.blame)
        elif self._reading is not None and self._beside > HEAD_BYTES_MAX + PART_BYTES:
            self._refuse(431)

    def _not_read(self, error: httptools.HttpParserError) -> None:
        if self._over:
            return
        if isinstance(error, httptools.HttpParserCallbackError):
            cause = error.__context__
            if not isinstance(cause, _NotRead | ValueError | httptools.HttpParserError):
                _log.error("a request could not be taken", exc_info=cause)
        too_long = self._head is not None and self._head.is_too_long()
        self._refuse(self._head.blame if self._head is not None and too_long else 400)

    def on_message_begin(self) -> None:
        if self._over:
            raise _NotRead
        self._head = Head(self._service.ticks, self._part_bytes, alone=not self._ended_in_part)

    def on_url(self, url: bytes) -> None:
        assert self._head is not None
        self._head.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head is not None:  # what follows a chunked body has no place in ASGI
            self._head.add(name, value)

    def on_headers_complete(self) -> None:
        head, parser = self._head, self._parser
        if head is None or head.is_too_long():
            raise _NotRead
        method, version = parser.get_method(), parser.get_http_version()
        if parser.should_upgrade():
            if method == b"CONNECT":
                raise _NotRead
            return
        scope = head.scope(method.decode(), version)
        scope.update(self._fixed, state={"closing": self._service.closing})
        self._head = None
        exchange = Exchange(
            self,
            scope,
            keep_alive=version != "1.0" and parser.should_keep_alive(),
            awaits_continue=head.awaits_continue and version != "1.0",
        )
        self._reading, self._beside = exchange, 0
        self._line.append(exchange)
        if len(self._line) > 1:
            self._pause_reading()

    def on_body(self, body: bytes) -> None:
        self._beside = 0
        exchange = self._reading
        if exchange is not None and not exchange.complete and not exchange.feed(body):
            self._pause_reading()

    def on_message_complete(self) -> None:
        exchange, self._reading = self._reading, None
        if exchange is not None:  # None: an upgrade; it is read again, without it
            exchange.finish()
            self._ended_in_part = True
            self._over = not exchange.keep_alive

    def _start(self) -> None:
        """Have the first in line answered. It is asked for at once only where it is alone: who sends many
        requests together leaves the loop to others between them.
        """
        service = self._service
        if service.asking is None or len(self._line) > 1:
            self.run(self._line[0].run(service.app))
        else:
            service.asking.soon(self._ask)

    def _ask(self, app: Prompt) -> None:
        if self._line and (rest := self._line[0].begin(app)) is not None:
            self.run(rest)

    # Refusing and ending.

    def _refuse(self, status: int) -> None:
        """Answer with `status`, after all that came before has been answered."""
        self._refused, self._over, self._unread = status, True, b""
        broken, self._reading = self._reading, None
        if broken is not None and broken.complete:
            self._end()
            return
        if broken is not None and broken.begun:
            self.abort()  # half of an answer is out: there is no place left to say more
            return
        if broken is not None:
            broken.lose()
            self._line.pop()
        if not self._line:
            self._say_refused()

    def _say_refused(self) -> None:
        content_type, body = self._service.refusal(self._refused)
        head = (STATUS_LINES[self._refused], self.date, b"content-type: ", content_type, b"\r\n", CLOSE)
        self.write(b"%bcontent-length: %d\r\n\r\n%b" % (b"".join(head), len(body), body))
        self._linger()

    def _end(self) -> None:
        """Close when what has been written is taken; not before the client has sent what it is sending."""
        if self._reading is None and not self._unread:
            self._transport.close()
        else:
            self._linger()

    def _linger(self) -> None:
        self._over, self._unread, self._reading = True, b"", None
        self._lingers_since = self._service.ticks
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self.resume_reading()


def _address(socket_name: Any) -> tuple[str, int] | None:
    return (str(socket_name[0]), int(socket_name[1])) if isinstance(socket_name, tuple) else None
