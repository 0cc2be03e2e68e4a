"""The hostname gateway, over real sockets on loopback: which names lead where, half-closes, bounds."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from isthmus.kernel.certificates import LocalAuthority
from isthmus.kernel.clock import SystemClock
from isthmus.kernel.host_gateway import Address, HostGateway, Limits, Refusal, destination

HTTPS = Address("127.0.0.1", 8443)
GRPC = Address("127.0.0.1", 7443)
LIMITS = Limits()
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("login.salesforce.com", 443, HTTPS),
        ("LOGIN.Salesforce.com", 443, HTTPS),
        ("test.salesforce.com.", 443, HTTPS),
        ("acme.my.salesforce.com", 443, HTTPS),
        ("acme--dev.sandbox.my.salesforce.com", 443, HTTPS),
        ("acme.lightning.force.com", 443, HTTPS),
        ("api.pubsub.salesforce.com", 7443, GRPC),
        ("api.pubsub.salesforce.com", 443, GRPC),
        ("na1.salesforce.com", 443, HTTPS),
        ("CS12.salesforce.com.", 443, HTTPS),
        ("na123-api.salesforce.com", 443, HTTPS),
        ("usa2s.salesforce.com", 443, HTTPS),
        ("help.salesforce.com", 443, Address("help.salesforce.com", 443)),
        ("Developer.salesforce.com", 443, Address("Developer.salesforce.com", 443)),
        ("salesforce.com", 443, Address("salesforce.com", 443)),
        ("notsalesforce.com", 443, Address("notsalesforce.com", 443)),
        ("na1.salesforce.com.example.org", 443, Address("na1.salesforce.com.example.org", 443)),
        ("example.com", 8443, Address("example.com", 8443)),
        ("127.0.0.1", 80, Address("127.0.0.1", 80)),
    ],
)
def test_where_a_name_leads(host: str, port: int, expected: Address) -> None:
    assert destination(host, port, HTTPS, GRPC) == expected


def test_what_the_org_does_not_serve_is_refused() -> None:
    plain = destination("login.salesforce.com", 80, HTTPS, GRPC)
    assert isinstance(plain, Refusal)
    assert plain.status is HTTPStatus.BAD_GATEWAY
    assert "port 443 only" in plain.reason
    for port, grpc in ((7443, None), (80, GRPC)):
        pubsub = destination("api.pubsub.salesforce.com", port, HTTPS, grpc)
        assert isinstance(pubsub, Refusal)
        assert "no Pub/Sub API listener" in pubsub.reason


@pytest.mark.parametrize(
    "host",
    [
        "api.salesforce.com",
        "my.salesforce.com",
        "evilmy.salesforce.com",
        "org62.lightning.salesforce.com",
        "prerellogin.pre.salesforce.com",
        "ACME.cloudforce.com.",
        "acme.my.salesforce.mil",
        "acme.my.site.com",
    ],
)
@pytest.mark.parametrize("port", [443, 8443])
def test_the_real_platform_is_never_reached(host: str, port: int) -> None:
    refused = destination(host, port, HTTPS, GRPC)
    assert isinstance(refused, Refusal)
    assert refused.status is HTTPStatus.FORBIDDEN
    assert f"set NO_PROXY={host}" in refused.reason


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer only when the other end has said all: this needs the half-close to come through."""
    heard = await reader.read()
    writer.write(b"echo:" + heard)
    await writer.drain()
    writer.close()


def through(
    talk: Callable[[HostGateway], Awaitable[None]],
    far_end: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None] | None] = echo,
    limits: Limits = LIMITS,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Run `talk` against a gateway whose https listener is `far_end`."""

    async def run() -> None:
        server = await asyncio.start_server(far_end, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        gateway = HostGateway(Address("127.0.0.1", port), port=0, limits=limits)
        await gateway.start()
        try:
            await talk(gateway)
        finally:
            await gateway.stop()
            server.close()

    asyncio.run(run())


async def ask(gateway: HostGateway, request: bytes) -> Streams:
    reader, writer = await asyncio.open_connection(gateway.address.host, gateway.address.port)
    writer.write(request)
    await writer.drain()
    return reader, writer


CONNECT = b"CONNECT login.salesforce.com:443 HTTP/1.1\r\nHost: login.salesforce.com:443\r\n\r\n"
CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def test_bytes_go_both_ways_and_a_half_close_comes_through() -> None:
    async def talk(gateway: HostGateway) -> None:
        reader, writer = await ask(gateway, CONNECT + b"early")
        assert await reader.readexactly(len(CONNECTED)) == CONNECTED
        writer.write(b"+" * 300_000)
        writer.write_eof()
        assert await reader.read() == b"echo:early" + b"+" * 300_000
        writer.close()

    through(talk)


def test_another_host_is_tunnelled_untouched() -> None:
    async def talk(gateway: HostGateway) -> None:
        other = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = other.sockets[0].getsockname()[1]
        reader, writer = await ask(gateway, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
        assert await reader.readexactly(len(CONNECTED)) == CONNECTED
        writer.write_eof()
        assert await reader.read() == b"echo:"
        writer.close()
        other.close()

    through(talk, far_end=hold)


def test_tls_ends_at_the_org(tmp_path: Path) -> None:
    authority = LocalAuthority(tmp_path, SystemClock())
    authority.prepare()
    client = ssl.create_default_context(cafile=str(authority.certificate))

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    async def talk(gateway: HostGateway) -> None:
        reader, writer = await ask(gateway, CONNECT)
        await reader.readexactly(len(CONNECTED))
        await writer.start_tls(client, server_hostname="login.salesforce.com")
        writer.write(b"hello\n")
        assert await reader.read() == b"hello\n"
        writer.close()

    through(talk, far_end=greet, tls=authority.server_context())


@pytest.mark.parametrize(
    ("request_head", "status", "reason"),
    [
        (b"GET http://login.salesforce.com/ HTTP/1.1\r\n\r\n", 501, b"set HTTPS_PROXY"),
        (b"GET / HTTP/1.1\r\n\r\n", 501, b"set HTTPS_PROXY"),
        (b"CONNECT login.salesforce.com:80 HTTP/1.1\r\n\r\n", 502, b"port 443 only"),
        (b"CONNECT api.salesforce.com:443 HTTP/1.1\r\n\r\n", 403, b"must not reach it"),
        (b"CONNECT api.pubsub.salesforce.com:7443 HTTP/1.1\r\n\r\n", 502, b"no Pub/Sub API listener"),
        (b"CONNECT login.salesforce.com HTTP/1.1\r\n\r\n", 400, b"HOST:PORT"),
        (b"CONNECT a:99999 HTTP/1.1\r\n\r\n", 400, b"HOST:PORT"),
        (b"CONNECT a/b:1 HTTP/1.1\r\n\r\n", 400, b"HOST:PORT"),
        (b"CONNECT [::1]:1 HTTP/1.1\r\n\r\n", 502, b"can't be reached"),
        (b"\x16\x03\x01\r\n\r\n", 400, b"not an HTTP request"),
        (b"CONNECT a:1 HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431, b"16,384 bytes"),
    ],
)
def test_a_refusal_says_why(request_head: bytes, status: int, reason: bytes) -> None:
    async def talk(gateway: HostGateway) -> None:
        reader, writer = await ask(gateway, request_head)
        answer = await reader.read()
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert reason in answer
        writer.close()

    through(talk)


def test_a_host_that_is_not_there_is_said() -> None:
    async def talk(gateway: HostGateway) -> None:
        reader, writer = await ask(gateway, b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n")
        assert b"127.0.0.1:1 can't be reached" in await reader.read()
        writer.close()

    through(talk)


async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say nothing until the other end is gone."""
    await reader.read()
    writer.close()


def test_connections_are_bounded() -> None:
    async def talk(gateway: HostGateway) -> None:
        first, second = await ask(gateway, CONNECT), await ask(gateway, CONNECT)
        for reader, _ in (first, second):
            await reader.readexactly(len(CONNECTED))
        reader, writer = await ask(gateway, b"")
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
        writer.close()
        first[1].close()
        await first[1].wait_closed()
        while (await (again := await ask(gateway, CONNECT))[0].readline()).startswith(b"HTTP/1.1 503"):
            again[1].close()
        again[1].close()
        second[1].close()

    through(talk, far_end=hold, limits=Limits(connections=2))


def test_an_idle_tunnel_is_closed() -> None:
    async def talk(gateway: HostGateway) -> None:
        reader, writer = await ask(gateway, CONNECT)
        assert await reader.read() == CONNECTED
        writer.close()

    through(talk, far_end=hold, limits=Limits(idle_seconds=0.05))


async def fill(writer: asyncio.StreamWriter) -> None:
    """Send until the other end takes no more, or breaks off."""
    with suppress(TimeoutError, OSError):
        while True:
            writer.write(b"x" * 1_000_000)
            async with asyncio.timeout(0.1):
                await writer.drain()


def test_an_idle_tunnel_whose_far_end_does_not_read_makes_room() -> None:
    deaf: list[asyncio.WriteTransport] = []

    def never_read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert isinstance(writer.transport, asyncio.Transport)
        writer.transport.pause_reading()
        deaf.append(writer.transport)

    async def talk(gateway: HostGateway) -> None:
        reader, writer = await ask(gateway, CONNECT)
        assert await reader.readexactly(len(CONNECTED)) == CONNECTED
        await fill(writer)
        async with asyncio.timeout(20):
            while (await (again := await ask(gateway, CONNECT))[0].readline()).startswith(b"HTTP/1.1 503"):
                again[1].close()
        again[1].close()
        for transport in (writer.transport, *deaf):
            transport.abort()

    limits = Limits(connections=1, idle_seconds=0.2, close_seconds=0.1)
    through(talk, far_end=never_read, limits=limits)


def test_a_request_that_does_not_come_is_given_up() -> None:
    async def talk(gateway: HostGateway) -> None:
        reader, writer = await ask(gateway, b"CONNECT ")
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
        writer.close()

    through(talk, limits=Limits(head_seconds=0.05))


def test_stopping_ends_tunnels_without_a_word() -> None:
    async def talk(gateway: HostGateway) -> None:
        said: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        reader, writer = await ask(gateway, CONNECT)
        await reader.readexactly(len(CONNECTED))
        await gateway.stop()
        assert await reader.read() == b""
        writer.close()
        await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])
        assert said == []

    through(talk, far_end=hold)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "::"])
def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback address only"):
        HostGateway(HTTPS, host=host)
