"""Does the HTTP server listen where it is told, bound what comes in, and stop in order?"""

import asyncio
import datetime
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.types import ASGIApp, Receive, Scope, Send

from isthmus.kernel.clock import DAY, ManualClock
from isthmus.kernel.http import HEAD_BYTES_MAX, HttpServer, Listener, ListenError, Refusal, stop_signals
from isthmus.kernel.http.connection import plain_refusal

ANY_PORT = Listener("127.0.0.1", 0)


async def answer(send: Send, body: bytes, status: int = 200) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the scheme and the body."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await answer(send, scope["scheme"].encode() + b" " + body)


async def hold(scope: Scope, receive: Receive, send: Send) -> None:
    """A long poll: answers when the server stops."""
    await scope["state"]["closing"].wait()
    await answer(send, b"closing")


@asynccontextmanager
async def serving(
    app: ASGIApp, *listeners: Listener, refusal: Refusal = plain_refusal, connections_max: int = 100
) -> AsyncIterator[tuple[HttpServer, tuple[int, ...]]]:
    server = HttpServer(
        app,
        listeners or (ANY_PORT,),
        clock=ManualClock(),
        refusal=refusal,
        connections_max=connections_max,
    )
    ports = await server.start()
    try:
        yield server, ports
    finally:
        await server.stop(grace=1)


LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [asyncio.new_event_loop]
if find_spec("uvloop") is not None:  # it is not on Windows
    LOOPS.append(import_module("uvloop").new_event_loop)


@pytest.fixture(autouse=True, params=LOOPS, ids=lambda each: str(each.__module__).partition(".")[0])
def _loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "new_loop", request.param)


new_loop = asyncio.new_event_loop


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def within_time() -> None:
        async with asyncio.timeout(20):
            await test()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(within_time())


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something has happened in it."""
    while not condition():  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0)


async def raw(port: int, request: bytes) -> bytes:
    """Send bytes, read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    received = await reader.read()
    writer.close()
    return received


def self_signed(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS contexts of a server and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day - datetime.timedelta(days=3650))
        .not_valid_after(day + datetime.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


def test_one_application_on_several_listeners(tmp_path: Path) -> None:
    server_tls, client_tls = self_signed(tmp_path)

    async def test() -> None:
        secure = Listener("127.0.0.1", 0, tls=server_tls, setting="server.https")
        assert secure.scheme == "https"
        async with serving(echo, ANY_PORT, secure) as (_, (plain_port, secure_port)):
            assert len({0, plain_port, secure_port}) == 3
            async with aiohttp.ClientSession() as client:
                plain = await client.post(f"http://127.0.0.1:{plain_port}/", data=b"x")
                assert await plain.read() == b"http x"
                assert plain.headers["Date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
                assert "Server" not in plain.headers
                tls = await client.post(f"https://localhost:{secure_port}/", data=b"y", ssl=client_tls)
                assert await tls.read() == b"https y"

    run(test)


def test_a_chunked_body_is_streamed_in() -> None:
    async def test() -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(50):
                yield b"0123456789" * 1000

        async with serving(echo) as (_, (port,)), aiohttp.ClientSession() as client:
            response = await client.post(f"http://127.0.0.1:{port}/", data=pieces())
            assert len(await response.read()) == len("http ") + 500_000

    run(test)


def test_a_port_in_use_names_the_port_and_the_setting() -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            server = HttpServer(echo, [ANY_PORT, Listener("127.0.0.1", port)], clock=ManualClock())
            with pytest.raises(ListenError) as refused:
                await server.start()
        message = str(refused.value)
        assert f"127.0.0.1:{port}" in message
        assert "server.http" in message
        assert "ISTHMUS_SERVER_HTTP" in message

    run(test)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_a_host_that_is_not_ours_is_refused(host: str) -> None:
    async def test() -> None:
        with pytest.raises(ListenError, match="address"):
            await HttpServer(echo, [Listener(host, 0)], clock=ManualClock()).start()

    run(test)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /" + b"x" * HEAD_BYTES_MAX + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nx-long: " + b"x" * HEAD_BYTES_MAX + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 4000 + b"\r\n", b"431"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nx: " + b"x" * 9000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * (2 * HEAD_BYTES_MAX), b"431"),
        (b"GET /" + b"y" * (2 * HEAD_BYTES_MAX), b"414"),
        (b"\r\n" * HEAD_BYTES_MAX, b"431"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
    ],
)
def test_a_head_that_is_too_long_or_broken_is_refused(head: bytes, status: bytes) -> None:
    async def test() -> None:
        async with serving(echo) as (_, (port,)):
            assert (await raw(port, head)).startswith(b"HTTP/1.1 " + status + b" ")

    run(test)


def test_a_head_within_the_limit_is_served() -> None:
    async def test() -> None:
        async with serving(echo) as (_, (port,)):
            request = b"GET /%s HTTP/1.1\r\nconnection: close\r\n\r\n" % (b"x" * (HEAD_BYTES_MAX - 100))
            assert (await raw(port, request)).startswith(b"HTTP/1.1 200 ")

    run(test)


def test_answers_are_dated_in_org_time() -> None:
    async def test() -> None:
        async with serving(echo) as (server, (port,)), aiohttp.ClientSession() as client:
            server._clock.advance(10 * DAY)
            server._tick()
            answer = await client.get(f"http://127.0.0.1:{port}/")
            assert answer.headers["Date"] == "Sun, 11 Jan 2026 00:00:00 GMT"

    run(test)


def test_more_connections_than_there_may_be_are_refused() -> None:
    async def test() -> None:
        async with serving(hold, connections_max=2) as (server, (port,)):
            held = [asyncio.create_task(raw(port, b"GET / HTTP/1.1\r\n\r\n")) for _ in range(2)]
            await until(lambda: server.requests == 2)
            refused = await raw(port, b"GET / HTTP/1.1\r\n\r\n")
            assert refused.startswith(b"HTTP/1.1 503 ")
            assert server.requests == 2
            await server.stop()
            assert all(each.endswith(b"closing") for each in await asyncio.gather(*held))

    run(test)


def test_refusals_are_worded_by_who_serves() -> None:
    async def test() -> None:
        async with serving(echo, refusal=lambda status: (b"application/json", b"[%d]" % status)) as (
            _,
            (port,),
        ):
            refused = await raw(port, b"nonsense\r\n\r\n")
            assert b"content-type: application/json\r\n" in refused
            assert refused.endswith(b"\r\n\r\n[400]")

    run(test)


def test_a_client_that_is_refused_while_it_sends_reads_why() -> None:
    """On real sockets, where a server that closed too early would have the answer thrown away."""

    async def test() -> None:
        async with serving(echo) as (_, (port,)):
            long = b"GET / HTTP/1.1\r\nx: " + b"y" * 3_000_000
            for _ in range(20):
                assert (await raw(port, long)).startswith(b"HTTP/1.1 431 ")

    run(test)


def test_stopping_wakes_and_answers_held_requests() -> None:
    async def test() -> None:
        async with serving(hold) as (server, (port,)), aiohttp.ClientSession() as client:
            held = [asyncio.create_task(client.get(f"http://127.0.0.1:{port}/")) for _ in range(20)]
            await until(lambda: server.requests == 20)
            await server.stop()
            answers = await asyncio.gather(*held)
            assert {await each.read() for each in answers} == {b"closing"}
            with pytest.raises(aiohttp.ClientConnectionError):
                await client.get(f"http://127.0.0.1:{port}/")

    run(test)


def test_what_does_not_finish_within_the_grace_is_cut_off() -> None:
    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    async def test() -> None:
        async with serving(never) as (server, (port,)):
            held = asyncio.create_task(raw(port, b"GET / HTTP/1.1\r\n\r\n"))
            await until(lambda: server.requests == 1)
            await server.stop(grace=0.01)
            assert isinstance((await asyncio.gather(held, return_exceptions=True))[0], OSError | bytes)

    run(test)


def test_a_client_that_stops_in_the_middle_is_cut_off() -> None:
    async def test() -> None:
        async with serving(echo) as (server, (port,)):
            slow_head = asyncio.create_task(raw(port, b"GET / HTTP/1.1\r\nx: "))
            slow_body = asyncio.create_task(raw(port, b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nabc"))
            await until(lambda: server.requests == 1 and server.connections == 2)
            for _ in range(120):
                server._tick()
            results = await asyncio.gather(slow_head, slow_body, return_exceptions=True)
            assert all(isinstance(each, OSError) or each == b"" for each in results)

    run(test)


def test_signals_set_an_event() -> None:
    async def test() -> None:
        import signal

        before = signal.getsignal(signal.SIGTERM)
        with stop_signals() as told:
            assert not told.is_set()
            signal.raise_signal(signal.SIGTERM)
            await told.wait()
            signal.raise_signal(signal.SIGTERM)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGTERM) is before

    run(test)
