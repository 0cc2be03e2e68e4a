"""Is an answer framed as its status, its length and its client want it, and is what is wrong found?"""

import asyncio
import logging
from collections.abc import Awaitable

import pytest
from starlette.types import Message, Receive, Scope, Send
from tests.unit.kernel.http.pipes import Client, PromptEcho, body_of, run

from isthmus.kernel.http.exchange import Whole

NEXT = b"GET /next HTTP/1.1\r\n\r\n"


def start(status: int = 200, *headers: tuple[bytes, bytes]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(text: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": text, "more_body": more}


def length(number: int) -> tuple[bytes, bytes]:
    return (b"content-length", b"%d" % number)


def said(*messages: Message, method: str = "GET", version: str = "1.1") -> bytes:
    """What a client gets of an application that sends these, without the date; and of the next answer."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for each in messages:
            await send(each)

    written = bytearray()

    async def test() -> None:
        client = Client(app)
        await client.send(f"{method} / HTTP/{version}\r\n\r\n".encode())
        written.extend(client.pipe.written)
        if client.pipe.ended:
            written.extend(b" the end")
        if client.pipe.aborted:
            written.extend(b" in the middle")

    run(test)
    return bytes(written).replace(b"date: today\r\n", b"")


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("messages", "wire"),
    [
        ([start(200, length(2)), body(b"hi")], OK + b"content-length: 2\r\n\r\nhi"),
        ([start(), body(b"hi")], OK + b"content-length: 2\r\n\r\nhi"),
        ([start(204), body(b"")], b"HTTP/1.1 204 No Content\r\n\r\n"),
        ([start(304, (b"etag", b'"x"')), body(b"")], b'HTTP/1.1 304 Not Modified\r\netag: "x"\r\n\r\n'),
        (
            [start(), body(b"h", more=True), body(b"", more=True), body(b"i")],
            OK + b"transfer-encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
        ),
        (
            [start(200, length(2)), body(b"h", more=True), body(b"i", more=True), body(b"")],
            OK + b"content-length: 2\r\n\r\nhi",
        ),
    ],
)
def test_framing(messages: list[Message], wire: bytes) -> None:
    assert said(*messages) == wire


def test_an_old_client_is_told_the_end_by_the_end() -> None:
    wire = said(start(), body(b"h", more=True), body(b"i"), version="1.0")
    assert wire == OK + b"connection: close\r\n\r\nhi the end"


@pytest.mark.parametrize("messages", [[body(b"hello")], [body(b"hel", more=True), body(b"lo")]])
def test_head_has_the_headers_of_get(messages: list[Message]) -> None:
    assert said(start(200, length(5)), *messages, method="HEAD") == OK + b"content-length: 5\r\n\r\n"


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [start()],
        [body(b"")],
        [start(), start()],
        [start(200, (b"x", b"a\r\nset-cookie: b")), body(b"")],
        [start(200, (b"x\n", b"a")), body(b"")],
        [start(200, length(2)), body(b"h")],
        [start(200, length(2)), body(b"hid")],
    ],
)
def test_an_application_that_is_wrong_gets_500_for_its_client(
    messages: list[Message], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    wire = said(*messages)
    assert wire.startswith(b"HTTP/1.1 500 ")
    assert wire.endswith(b"\r\n\r\nInternal Server Error the end")
    assert wire.count(b"HTTP/1.1") == 1
    assert b"set-cookie" not in wire
    assert caplog.records


@pytest.mark.parametrize(
    "messages",
    [
        [start(200, length(2)), body(b"h", more=True), body(b"")],
        [start(200, length(2)), body(b"h", more=True), body(b"iii")],
        [start(), body(b"h", more=True)],
    ],
)
def test_an_answer_that_is_not_finished_ends_in_the_middle(
    messages: list[Message], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    assert said(*messages).endswith(b" the end in the middle")
    assert caplog.records


def test_more_after_the_answer_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    assert said(start(), body(b"hi"), body(b"more")) == OK + b"content-length: 2\r\n\r\nhi"
    assert "answered already" in caplog.text


@pytest.mark.parametrize("at_once", [True, False])
def test_a_prompt_application_that_fails_gets_500_for_its_client(
    at_once: bool, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(PromptEcho):
        def answer(
            self, scope: Scope, receive: Receive, send: Send, body: bytes | None
        ) -> Whole | Awaitable[Whole | None]:
            if at_once:
                raise LookupError
            return nothing()

    async def nothing() -> None:
        raise LookupError

    async def test() -> None:
        client = Client(Failing())
        await client.send(b"GET / HTTP/1.1\r\n\r\n")
        assert client.statuses == [500]
        assert client.pipe.ended

    with caplog.at_level(logging.ERROR):
        run(test)
    assert "the application failed" in caplog.text


def test_a_client_that_waits_for_a_word_but_has_sent_its_body_goes_on() -> None:
    async def test() -> None:
        client = Client(PromptEcho())
        head = b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"
        await client.send(head + b"hi")
        await client.send(NEXT)
        assert client.answers == [(200, b"POST / hi"), (200, b"GET /next ")]

    run(test)


def test_a_client_that_waits_for_a_word_before_its_body_gets_it() -> None:
    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        text = await body_of(receive)
        await send(start())
        await send(body(text or b""))

    async def test() -> None:
        client = Client(read)
        await client.send(b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        assert client.pipe.written == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"hi")
        assert client.pipe.written.endswith(b"\r\n\r\nhi")
        assert not client.pipe.ended

    run(test)


def test_a_client_that_waits_for_a_word_and_is_refused_sends_no_body() -> None:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(413))
        await send(body(b""))

    async def test() -> None:
        client = Client(refuse)
        await client.send(b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        assert client.statuses == [413]
        assert b"connection: close" in client.pipe.written
        await client.send(NEXT)
        assert client.statuses == [413]

    run(test)


def test_an_application_learns_that_its_client_is_gone() -> None:
    messages: list[str] = []

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        messages.append((await receive())["type"])
        await send(start())
        await send(body(b"nobody reads this"))

    async def test() -> None:
        client = Client(wait)
        await client.send(NEXT)
        client.pipe.close()
        await client.turn()
        assert messages == ["http.disconnect"]
        assert not client.pipe.written
        assert not client.service.tasks

    run(test)


def test_who_holds_a_request_is_told_when_its_client_goes() -> None:
    told: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        released = asyncio.Event()
        scope["state"]["on_lost"] = released.set
        await released.wait()
        told.append(scope["path"])

    async def test() -> None:
        client = Client(app)
        await client.send(b"GET /held HTTP/1.1\r\n\r\n")
        assert told == []
        client.pipe.abort()
        await client.turn()

    run(test)
    assert told == ["/held"]
