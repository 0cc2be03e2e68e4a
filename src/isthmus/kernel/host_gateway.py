"""The hostname gateway: a CONNECT proxy through which the platform's host names lead to this machine.

A client that insists on `https://login.salesforce.com` runs unmodified with our certificate authority and
`HTTPS_PROXY=http://127.0.0.1:8089`. A name of the platform that is neither an org's nor a public site's is
refused: a token of this org must never reach the real platform. Every other host is tunnelled untouched. It
listens on loopback only, and everything has a bound: connections, the size of a head, the wait for it, for a
connection, for an idle tunnel and for its end. Source: RFC 9110, section 9.3.6 (CONNECT).
"""

import asyncio
import ipaddress
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

_AUTHORITY: Final = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})")
_REQUEST_LINE: Final = re.compile(rb"([A-Z]{1,20}) (\S+) HTTP/1\.[01]\r\n")
_ORG_HOST: Final = re.compile(
    r"(?:login|test|[a-z]{2,4}\d{1,4}[a-z]?(?:-api)?)\.salesforce\.com"  # the instances: na1, cs12, usa2s
    r"|.+\.my\.salesforce\.com|.+\.force\.com"
)
_PLATFORM: Final = (
    ".salesforce.com",
    ".salesforce.mil",
    ".sfcrmproducts.cn",
    ".cloudforce.com",
    ".database.com",
    ".my.site.com",
    ".my.salesforce-sites.com",
)
_PUBLIC_SITES: Final = frozenset(
    f"{name}.salesforce.com"
    for name in (
        "admin", "api.status", "appexchange", "architect", "developer", "help", "ideas", "status",
        "trailblazer", "trailhead", "trust", "www",
    )
)  # fmt: skip
"""Pages for everybody, where nobody sends an org's token."""
_PUBSUB_HOST: Final = "api.pubsub.salesforce.com"
_PUBSUB_PORTS: Final = frozenset({443, 7443})
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Address:
    """Where a tunnel ends."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no tunnel."""

    status: HTTPStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the gateway. Times are real seconds: they guard sockets."""

    connections: int = 512
    head_bytes: int = 16 * 1024
    head_seconds: float = 30
    connect_seconds: float = 15
    idle_seconds: float = 3600
    close_seconds: float = 5


def is_org_host(host: str) -> bool:
    """Whether the platform's name `host` leads to the org.

    >>> is_org_host("login.salesforce.com"), is_org_host("ACME.my.salesforce.com")
    (True, True)
    >>> is_org_host("na1.salesforce.com"), is_org_host("help.salesforce.com")
    (True, False)
    """
    return _ORG_HOST.fullmatch(_plain(host)) is not None


def destination(host: str, port: int, https: Address, grpc: Address | None) -> Address | Refusal:
    """Where a CONNECT to `host` and `port` leads: to the org's listeners, or where it says."""
    name = _plain(host)
    if name == _PUBSUB_HOST:
        if grpc is None or port not in _PUBSUB_PORTS:
            return Refusal(HTTPStatus.BAD_GATEWAY, f"This org has no Pub/Sub API listener for port {port}.")
        return grpc
    if is_org_host(name):
        if port == 443:
            return https
        return Refusal(HTTPStatus.BAD_GATEWAY, f"The org answers for {host} on port 443 only, not on {port}.")
    if name.endswith(_PLATFORM) and name not in _PUBLIC_SITES:
        return Refusal(
            HTTPStatus.FORBIDDEN,
            f"{host} is the real platform's: a token of this org must not reach it. Use login.salesforce.com "
            f"or the org's own name, or set NO_PROXY={host} where the real one is meant.",
        )
    return Address(host, port)


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


class HostGateway:
    """The proxy. `https` and `grpc` are the org's listeners; port 0 takes any free port.

    Raises ValueError where `host` is no loopback address: whoever reaches it could use it as a proxy.
    """

    def __init__(
        self,
        https: Address,
        grpc: Address | None = None,
        host: str = "127.0.0.1",
        port: int = 8089,
        limits: Limits = Limits(),
    ) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"the hostname gateway listens on a loopback address only, not on {host}")
        self._https = https
        self._grpc = grpc
        self._address = Address(host, port)
        self._limits = limits
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def address(self) -> Address:
        """Where it listens; after `start` with the port that it was given."""
        if self._server is not None and self._server.sockets:
            return Address(self._address.host, self._server.sockets[0].getsockname()[1])
        return self._address

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken."""
        self._stopping = False
        self._server = await asyncio.start_server(
            self._serve, self._address.host, self._address.port, limit=self._limits.head_bytes
        )

    async def stop(self) -> None:
        """Stop listening and end every tunnel."""
        if self._server is None:
            return
        self._stopping = True
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, counted until it is closed."""
        task = asyncio.current_task()
        if task is None or len(self._connections) >= self._limits.connections:
            await _refuse(writer, Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections."))
            await self._close(writer)
            return
        self._connections.add(task)
        try:
            await self._answer_and_close(reader, writer)
        except asyncio.CancelledError:
            # Python 3.11's asyncio makes a traceback of a connection's task that ends as cancelled.
            if not self._stopping:
                raise
        finally:
            self._connections.discard(task)

    async def _answer_and_close(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, TimeoutError):
                await self._answer(reader, writer)
        finally:
            await self._close(writer)

    async def _close(self, writer: asyncio.StreamWriter) -> None:
        """Close a connection. What is still to be sent to an end that does not read is given up."""
        writer.close()
        try:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._limits.close_seconds):
                    await writer.wait_closed()
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(self._limits.head_seconds):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return
        except asyncio.LimitOverrunError:
            reason = f"The request's head has more than {self._limits.head_bytes:,} bytes."
            await _refuse(writer, Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, reason))
            return
        except TimeoutError:
            await _refuse(writer, Refusal(HTTPStatus.REQUEST_TIMEOUT, "The request did not come."))
            return
        target = self._target(head)
        far = target if isinstance(target, Refusal) else await self._connect(target)
        if isinstance(far, Refusal):
            await _refuse(writer, far)
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await self._tunnel((reader, writer), far)
        finally:
            await self._close(far[1])

    def _target(self, head: bytes) -> Address | Refusal:
        line = _REQUEST_LINE.match(head)
        if line is None:
            return Refusal(HTTPStatus.BAD_REQUEST, "This is not an HTTP request.")
        if line[1] != b"CONNECT":
            return Refusal(
                HTTPStatus.NOT_IMPLEMENTED,
                "This is the hostname gateway of Isthmus. It tunnels https only: set HTTPS_PROXY to its "
                "address, not HTTP_PROXY, and use https:// addresses.",
            )
        authority = _AUTHORITY.fullmatch(line[2].decode("latin-1"))
        if authority is None or not 0 < int(authority[3]) < 65536:
            return Refusal(HTTPStatus.BAD_REQUEST, "CONNECT needs HOST:PORT.")
        return destination(authority[1] or authority[2], int(authority[3]), self._https, self._grpc)

    async def _connect(self, target: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | Refusal:
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                return await asyncio.open_connection(target.host, target.port, limit=_CHUNK)
        except TimeoutError:
            return Refusal(HTTPStatus.GATEWAY_TIMEOUT, f"{target.host}:{target.port} does not answer.")
        except (OSError, UnicodeError) as error:
            return Refusal(HTTPStatus.BAD_GATEWAY, f"{target.host}:{target.port} can't be reached: {error}")

    async def _tunnel(
        self,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Carry bytes both ways until both ends have said all, one breaks off, or nothing comes any more."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._limits.idle_seconds) as idle:

            def moved() -> None:
                idle.reschedule(loop.time() + self._limits.idle_seconds)

            there = asyncio.ensure_future(_carry(near[0], far[1], moved))
            back = asyncio.ensure_future(_carry(far[0], near[1], moved))
            try:
                await asyncio.gather(there, back)
            finally:
                there.cancel()
                back.cancel()
                await asyncio.gather(there, back, return_exceptions=True)


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, moved: Callable[[], None]
) -> None:
    """One direction. Its end is passed on as a half-close: the other direction may have more to say."""
    while chunk := await reader.read(_CHUNK):
        moved()
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()


async def _refuse(writer: asyncio.StreamWriter, refusal: Refusal) -> None:
    body = f"{refusal.reason}\n".encode()
    head = (
        f"HTTP/1.1 {refusal.status.value} {refusal.status.phrase}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    with suppress(OSError):
        await writer.drain()
