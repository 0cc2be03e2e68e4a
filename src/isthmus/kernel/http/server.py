"""The server: one application on several listeners, in the event loop of the caller.

It binds every listener before it serves any, leaves signals to the program, and stops in order: `stop`
refuses new connections and sets `closing`, which held requests (long polls) wait for beside their own event;
what has been asked is answered, then the connections are closed. What has not finished after the grace is cut
off.
"""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from email.utils import formatdate
from typing import Final

from starlette.types import ASGIApp

from isthmus.kernel.clock import SECOND, Clock
from isthmus.kernel.http.connection import (
    CONNECTIONS_MAX,
    Connection,
    Refusal,
    Service,
    plain_refusal,
)
from isthmus.kernel.http.listener import BACKLOG, Listener, bind

TLS_SECONDS_MAX: Final = 20
GRACE_SECONDS: Final = 10.0


class HttpServer:
    """Serves `app` on `listeners` between `start` and `stop`. `refusal` words what can't be read.

    The application finds `closing` in each request's state (`scope["state"]["closing"]`): set when the server
    begins to stop, and what a held request should wait for beside its own event. Answers are dated in org
    time, as what is in them.
    """

    def __init__(
        self,
        app: ASGIApp,
        listeners: Sequence[Listener],
        *,
        clock: Clock,
        refusal: Refusal = plain_refusal,
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        self.listeners = tuple(listeners)
        self._clock = clock
        self._service = Service(app, refusal, connections_max)
        self._servers: list[asyncio.Server] = []
        self._tick_handle: asyncio.TimerHandle | None = None

    @property
    def connections(self) -> int:
        """Connections that are open."""
        return len(self._service.connections)

    @property
    def requests(self) -> int:
        """Requests that are being answered."""
        return len(self._service.tasks)

    async def start(self) -> tuple[int, ...]:
        """Listen; returns each listener's port. Raises ListenError, and then nothing listens."""
        sockets: list[socket.socket] = []
        try:
            for listener in self.listeners:
                sockets.append(await bind(listener))
            loop = asyncio.get_running_loop()
            for listener, bound in zip(self.listeners, sockets, strict=True):
                server = await loop.create_server(
                    lambda: Connection(self._service),
                    sock=bound,
                    ssl=listener.tls,
                    backlog=BACKLOG,
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
        service = self._service
        for server in self._servers:
            server.close()
        service.closing.set()
        for connection in list(service.connections):
            connection.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._wait_until_drained()
        for task in list(service.tasks):
            task.cancel()
        for connection in list(service.connections):
            connection.abort()
        if self._tick_handle is not None:
            self._tick_handle.cancel()

    async def _wait_until_drained(self) -> None:
        if self._service.connections:
            await self._service.drained.wait()
        if self._service.tasks:
            await asyncio.wait(self._service.tasks)

    def _tick(self) -> None:
        """Once a second: the date of all answers, and an end to connections that keep us waiting."""
        service = self._service
        service.ticks += 1
        service.date = b"date: %b\r\n" % formatdate(self._clock.now() / SECOND, usegmt=True).encode()
        for connection in list(service.connections):
            connection.tick()
        self._tick_handle = asyncio.get_running_loop().call_later(1, self._tick)
