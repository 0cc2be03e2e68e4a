"""HTTP: one ASGI application on several listeners, in the event loop of the caller.

uvicorn's protocol (httptools) is served by a small server of our own: it binds every listener before it
serves any, leaves signals to the program, bounds what a client may send or keep open, and stops in order.
`stop` first refuses new connections and sets `closing`, which held requests (long polls) wait for beside
their own event; they are answered, then their connections are closed. What has not finished after the grace
is cut off.

A request's URI and headers may have 16,384 bytes together: 414 where the URI alone is longer, 431 otherwise
(REST API Developer Guide, "Status Codes and Error Responses"). Socket timeouts run on real time.
"""

import asyncio
import contextlib
import errno
import signal
import socket
import ssl
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from isthmus.kernel.clock import SECOND, Clock

HEAD_BYTES_MAX: Final = 16_384
CONNECTIONS_MAX: Final = 10_000
KEEP_ALIVE_SECONDS: Final = 60
HEAD_SECONDS_MAX: Final = 30
"""From the first byte of a request to the end of its headers."""
BODY_IDLE_SECONDS_MAX: Final = 60
"""Between two pieces of a request's body."""
TLS_SECONDS_MAX: Final = 20
GRACE_SECONDS: Final = 10.0
_BACKLOG: Final = 2048


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen. Port 0 takes any free port. `setting` is what a user changes to choose another."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    setting: str = "server.http"

    @property
    def scheme(self) -> str:
        return "http" if self.tls is None else "https"


class ListenError(Exception):
    """A listener could not be opened. The message says why and what to change."""


class HttpServer:
    """Serves `app` on `listeners` between `start` and `stop`.

    The application finds `closing` in each request's state (`scope["state"]["closing"]`): set when the server
    begins to stop, and what a held request should wait for beside its own event.
    """

    def __init__(self, app: ASGIApp, listeners: Sequence[Listener], *, clock: Clock) -> None:
        self.listeners = tuple(listeners)
        self.closing = asyncio.Event()
        self._clock = clock
        self._config = Config(
            app=app,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            limit_concurrency=CONNECTIONS_MAX,
        )
        self._config.load()
        self._state = ServerState()
        self._servers: list[asyncio.Server] = []
        self._ticks = 0
        self._tick_handle: asyncio.TimerHandle | None = None
        self._drained = asyncio.Event()

    @property
    def ticks(self) -> int:
        """Seconds since the start, roughly: what connections measure their age by."""
        return self._ticks

    async def start(self) -> tuple[int, ...]:
        """Listen; returns each listener's port. Raises ListenError, and then nothing listens."""
        sockets: list[socket.socket] = []
        try:
            for listener in self.listeners:
                sockets.append(await _bind(listener))
            loop = asyncio.get_running_loop()
            for listener, bound in zip(self.listeners, sockets, strict=True):
                server = await loop.create_server(
                    self._connection,
                    sock=bound,
                    ssl=listener.tls,
                    backlog=_BACKLOG,
                    ssl_handshake_timeout=TLS_SECONDS_MAX if listener.tls else None,
                )
                self._servers.append(server)
        except BaseException:
            for server in self._servers:
                server.close()
            for bound in sockets:
                bound.close()
            raise
        self._tick()
        return tuple(bound.getsockname()[1] for bound in sockets)

    async def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Stop accepting, wake held requests, let all be answered; after `grace` seconds cut off the rest."""
        for server in self._servers:
            server.close()
        self.closing.set()
        for connection in list(self._state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._wait_until_drained()
        for task in list(self._state.tasks):
            task.cancel()
        for connection in list(self._state.connections):
            if isinstance(connection, _Connection):
                connection.transport.abort()
        if self._tick_handle is not None:
            self._tick_handle.cancel()

    async def _wait_until_drained(self) -> None:
        if self._state.connections:
            await self._drained.wait()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks)

    def _connection(self) -> "_Connection":
        return _Connection(self, self._config, self._state)

    def forget(self) -> None:
        """A connection has ended."""
        if self.closing.is_set() and not self._state.connections:
            self._drained.set()

    def _tick(self) -> None:
        """Once a second: the date of all answers, and an end to connections that keep us waiting."""
        self._ticks += 1
        date = formatdate(self._clock.real_now() / SECOND, usegmt=True).encode()
        self._state.default_headers = [(b"date", date)]
        for connection in list(self._state.connections):
            if isinstance(connection, _Connection) and connection.overdue(self._ticks):
                connection.transport.abort()
        self._tick_handle = asyncio.get_running_loop().call_later(1, self._tick)


class _HeadTooLong(Exception):
    """Raised inside the parser, which then stops; the status to answer is kept on the connection."""


class _Connection(HttpToolsProtocol):
    """uvicorn's protocol, with bounds on the size and the time of a request."""

    def __init__(self, server: HttpServer, config: Config, state: ServerState) -> None:
        super().__init__(config, state, {"closing": server.closing})
        self._owner = server
        self.url = b""
        self._piece = 0
        self._head_bytes = 0
        """What came since the request began: its head is no longer than that."""
        self._head_since: int | None = server.ticks
        self._heard = server.ticks
        self._refused = 400

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._owner.forget()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._piece = len(data)
        if self._head_since is not None:
            self._head_bytes += self._piece
        self._heard = self._owner.ticks
        super().data_received(data)
        if (
            self._head_bytes > HEAD_BYTES_MAX
            and self._head_since is not None
            and not self.transport.is_closing()
        ):
            self._refused = self._too_long()
            self.send_400_response("")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = self._piece
        self._head_since = self._owner.ticks

    def on_headers_complete(self) -> None:
        if self._head_bytes > HEAD_BYTES_MAX and self._head_size() > HEAD_BYTES_MAX:
            self._refused = self._too_long()
            raise _HeadTooLong
        self._head_since = None
        super().on_headers_complete()
        if (
            self.parser.should_upgrade()
        ):  # answered as the request it also is; the connection speaks no more HTTP
            self.cycle.keep_alive = False

    @property
    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _head_size(self) -> int:
        """Bytes of the URI and the headers, as far as they have come."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _too_long(self) -> int:
        """The status for a head that is too long: which part of it is to blame."""
        return 414 if len(self.url) > HEAD_BYTES_MAX else 431

    def send_400_response(self, msg: str) -> None:
        """What uvicorn calls for a request that its parser refused, whatever the reason."""
        if self._answering:
            self.transport.abort()  # an answer is under way: there is no place left to say more
            return
        line = STATUS_LINE[self._refused]
        text = msg.encode() if self._refused == 400 else line.split(b" ", 2)[2].strip() + b"."
        self.transport.write(
            line
            + b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
            + b"content-length: %d\r\n\r\n" % len(text)
            + text
        )
        self.transport.close()

    def overdue(self, ticks: int) -> bool:
        """Whether the client has left us waiting for the rest of a request for too long."""
        if self._head_since is not None:
            return ticks - self._head_since > HEAD_SECONDS_MAX
        if self._answering and self.cycle.more_body and not self.flow.read_paused:
            return ticks - self._heard > BODY_IDLE_SECONDS_MAX
        return False


async def _bind(listener: Listener) -> socket.socket:
    where = f"{listener.host}:{listener.port}"
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(
            listener.host, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ListenError(f"{listener.host} is no address to listen on ({error.strerror}).") from error
    family, kind, protocol, _, address = found[0]
    bound = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there, the option would let two programs share the port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        raise ListenError(f"Can't listen on {where}: {_advice(error, listener)}") from error
    return bound


def _advice(error: OSError, listener: Listener) -> str:
    variable = "ISTHMUS_" + listener.setting.replace(".", "_").upper()
    choose = (
        f"choose another with {listener.setting} in isthmus.toml or {variable} in the environment "
        "(0 takes any free port)."
    )
    if error.errno == errno.EADDRINUSE:
        return f"port {listener.port} is in use. Stop the program that holds it, or {choose}"
    if error.errno == errno.EACCES:
        return f"port {listener.port} is not for ordinary users; {choose}"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{listener.host} is not an address of this machine."
    return f"{error.strerror}."


@contextlib.contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """An event that SIGINT or SIGTERM sets, inside the block; a second SIGINT interrupts as usual.

    Use it in the main thread, inside the running loop.
    """
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    before: dict[signal.Signals, Any] = {}

    def tell(number: int, frame: object) -> None:
        if told.is_set():
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(told.set)

    for each in (signal.SIGINT, signal.SIGTERM):
        before[each] = signal.signal(each, tell)
    try:
        yield told
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
