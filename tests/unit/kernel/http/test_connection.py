"""Is every request answered, in order, however it arrives; and does no client take more than its share?"""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.unit.kernel.http.pipes import HIGH_WATER, Client, PromptEcho, answer, body_of, echo, run

from isthmus.kernel.http.connection import (
    ANSWER_IDLE_SECONDS_MAX,
    BODY_IDLE_SECONDS_MAX,
    HEAD_SECONDS_MAX,
    KEEP_ALIVE_SECONDS,
    LINGER_SECONDS,
    PART_BYTES,
)
from isthmus.kernel.http.head import HEAD_BYTES_MAX

GET = b"GET /%d HTTP/1.1\r\n\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n\r\n"
PIECE = 50_000


async def large(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with more than a client takes at once."""
    await answer(send, b"x" * PIECE)


def paths(client: Client) -> list[bytes]:
    return [body.split(b" ")[1] for _, body in client.answers]


REQUESTS = [
    (b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n", b"GET /a "),
    (b"POST /b HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello", b"POST /b hello"),
    (
        b"POST /c HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        b"POST /c abcde",
    ),
    (b"\r\nDELETE /d?x=1 HTTP/1.1\r\n\r\n", b"DELETE /d "),
    (b"GET http://host/e HTTP/1.1\r\n\r\n", b"GET /e "),
    (
        b"POST /f HTTP/1.1\r\nconnection: Upgrade\r\nupgrade: h2c\r\ncontent-length: 2\r\n\r\nhi",
        b"POST /f hi",
    ),
    (b"POST /g HTTP/1.1\r\ncontent-length: 40000\r\n\r\n" + b"g" * 40_000, b"POST /g " + b"g" * 40_000),
]


@pytest.mark.parametrize("app", [echo, PromptEcho()])
@given(st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=12), st.integers(1, 100_000))
def test_requests_are_answered_alike_however_they_are_cut(
    app: ASGIApp, requests: list[tuple[bytes, bytes]], size: int
) -> None:
    async def test() -> None:
        client = Client(app)
        text = b"".join(request for request, _ in requests)
        await client.send(text, max(size, len(text) // 500))
        await client.until(lambda: not client.service.tasks)
        assert client.answers == [(200, wanted) for _, wanted in requests]

    run(test)


def test_requests_of_more_than_a_heads_limit_together_are_all_answered() -> None:
    async def test() -> None:
        client = Client(echo)
        one = b"GET /a HTTP/1.1\r\nx-pad: " + b"a" * 250 + b"\r\n\r\n"
        text = one * 80
        await client.send(text[:-20])
        await client.send(text[-20:])
        assert client.statuses == [200] * 80

    run(test)


def test_requests_that_are_alone_and_whole_are_answered_by_the_next_turn_without_tasks() -> None:
    async def test() -> None:
        clients = [Client(PromptEcho()) for _ in range(3)]
        for client in clients:
            client.service = client.connection._service = clients[0].service
            client.connection.data_received(b"POST /b HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi")
            assert client.answers == []
        tasks = asyncio.all_tasks()
        await asyncio.sleep(0)
        assert [client.answers for client in clients] == [[(200, b"POST /b hi")]] * 3
        assert asyncio.all_tasks() == tasks

    run(test)


def test_who_goes_before_the_next_turn_is_not_answered() -> None:
    async def test() -> None:
        client = Client(PromptEcho())
        client.connection.data_received(GET % 1)
        client.pipe.abort()
        client.connection.connection_lost(None)
        await client.turn()
        assert client.answers == []

    run(test)


def test_requests_that_come_together_leave_the_loop_to_others_between_them() -> None:
    async def test() -> None:
        client = Client(PromptEcho())
        client.connection.data_received(GET % 1 + GET % 2)
        assert client.answers == []
        await client.turn()
        assert paths(client) == [b"/1", b"/2"]

    run(test)


def test_an_answer_that_is_there_at_once_waits_for_its_client_to_take_the_one_before() -> None:
    async def test() -> None:
        client = Client(PromptEcho(), taking=False)
        request = b"POST /b HTTP/1.1\r\ncontent-length: 16000\r\n\r\n" + b"x" * 16_000
        for _ in range(20):
            client.connection.data_received(request)
            await client.turn()
        assert len(client.pipe.written) < HIGH_WATER + 2 * len(request)
        for _ in range(20):
            client.pipe.take(len(request) * 2)
            await client.turn()
        assert client.statuses == [200] * 20

    run(test)


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /" + b"y" * 2 * HEAD_BYTES_MAX, 414),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 4000 + b"\r\n", 431),
        (b"CONNECT localhost:443 HTTP/1.1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\n" + CHUNKED + b"3\r\nabc\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\n" + CHUNKED + b"0\r\nx: " + b"y" * 99_999, 431),
    ],
)
def test_what_cannot_be_read_is_refused_after_what_came_before_is_answered(
    broken: bytes, status: int
) -> None:
    async def test() -> None:
        client = Client(echo)
        await client.send(GET % 1 + GET % 2 + broken + GET % 3)
        assert client.statuses == [200, 200, status]
        client.tick(LINGER_SECONDS + 2)
        assert client.pipe.ended

    run(test)


def test_an_application_that_reads_a_broken_body_learns_that_it_will_not_come() -> None:
    bodies: list[bytes | None] = []

    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        bodies.append(await body_of(receive))
        await answer(send, b"too late")

    async def test() -> None:
        client = Client(read)
        await client.send(b"POST / HTTP/1.1\r\n" + CHUNKED)
        await client.send(b"no number\r\n")
        assert bodies == [None]
        assert client.statuses == [400]

    run(test)


def test_a_broken_body_in_the_middle_of_its_answer_ends_the_connection() -> None:
    async def early(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await body_of(receive)

    async def test() -> None:
        client = Client(early)
        await client.send(b"POST / HTTP/1.1\r\n" + CHUNKED)
        await client.send(b"no number\r\n")
        assert client.pipe.aborted

    run(test)


def test_a_client_that_reads_nothing_gets_no_more_than_there_is_room_for() -> None:
    async def test() -> None:
        client = Client(large, taking=False)
        most = HIGH_WATER + 2 * PIECE
        await client.send(b"".join(GET % number for number in range(100)))
        assert client.pipe.get_write_buffer_size() < most
        assert not client.pipe.reading
        while client.pipe.written.count(b"HTTP/1.1 200 OK") < 100:
            client.pipe.take(10_000)
            await client.turn()
            assert client.pipe.get_write_buffer_size() < most
        client.pipe.take(PIECE * 100)
        assert client.statuses == [200] * 100
        assert client.pipe.reading

    run(test)


def test_few_requests_stand_in_line_however_many_arrive_at_once() -> None:
    async def hold(scope: Scope, receive: Receive, send: Send) -> None:
        await go.wait()
        await answer(send, b"")

    async def test() -> None:
        client = Client(hold)
        many = 256 * 1024 // len(GET % 1)
        client.connection.data_received(GET % 1 * many)
        assert len(client.connection._line) <= PART_BYTES // len(GET % 1) + 1
        go.set()
        await client.until(lambda: bool(client.pipe.written) and not client.service.tasks)
        assert client.statuses == [200] * many

    go = asyncio.Event()
    run(test)


def test_a_client_that_reads_steadily_gets_its_answer_whole() -> None:
    async def test() -> None:
        client = Client(large, taking=False)
        await client.send(GET % 1)
        while client.pipe.get_write_buffer_size():
            client.tick(ANSWER_IDLE_SECONDS_MAX - 1)
            client.pipe.take(5_000)
        client.tick(KEEP_ALIVE_SECONDS - 2)
        assert client.statuses == [200]
        assert not client.pipe.ended
        client.tick(4)
        assert client.pipe.ended

    run(test)


def test_a_client_that_stops_reading_is_cut_off_even_if_it_goes_on_sending() -> None:
    async def test() -> None:
        client = Client(large, taking=False)
        await client.send(GET % 1 + GET % 2 + GET % 3)
        for _ in range(ANSWER_IDLE_SECONDS_MAX):
            client.tick()
            client.connection.data_received(b"GET /")
            assert not client.pipe.ended
        client.tick(4)
        assert client.pipe.aborted

    run(test)


def test_a_connection_rests_from_its_last_answer_on() -> None:
    async def hold(scope: Scope, receive: Receive, send: Send) -> None:
        await go.wait()
        await answer(send, b"")

    async def test() -> None:
        client = Client(hold)
        await client.send(GET % 1)
        client.tick(10 * KEEP_ALIVE_SECONDS)
        go.set()
        await client.turn()
        client.tick(KEEP_ALIVE_SECONDS - 2)
        assert not client.pipe.ended
        client.tick(4)
        assert client.pipe.ended

    go = asyncio.Event()
    run(test)


@pytest.mark.parametrize(
    ("part", "seconds"),
    [
        (b"", HEAD_SECONDS_MAX),
        (b"GET / HT", HEAD_SECONDS_MAX),
        (GET % 1 + b"GET / HT", HEAD_SECONDS_MAX),
        (b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nabc", BODY_IDLE_SECONDS_MAX),
    ],
)
def test_a_client_that_stops_in_the_middle_of_a_request_is_cut_off(part: bytes, seconds: int) -> None:
    async def test() -> None:
        client = Client(echo)
        await client.send(part)
        client.tick(seconds)
        assert not client.pipe.ended
        client.tick(4)
        assert client.pipe.ended

    run(test)


def test_a_body_that_is_not_received_makes_its_client_wait() -> None:
    async def test() -> None:
        client = Client(slow)
        client.connection.data_received(b"POST / HTTP/1.1\r\ncontent-length: 1000000\r\n\r\n")
        sent = 0
        while client.pipe.reading:
            client.connection.data_received(b"x" * 1000)
            sent += 1000
        assert HIGH_WATER < sent < HIGH_WATER + 2000
        client.tick(BODY_IDLE_SECONDS_MAX * 2)  # it is not the client who keeps us waiting
        go.set()
        await client.send(b"x" * (1_000_000 - sent), 1000)
        assert client.answers == [(200, b"1000000")]

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await go.wait()
        await answer(send, b"%d" % len(await body_of(receive) or b""))

    go = asyncio.Event()
    run(test)


def test_an_answer_before_its_body_is_whole_leaves_the_connection_usable() -> None:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"", 413)

    async def test() -> None:
        client = Client(refuse)
        await client.send(b"POST / HTTP/1.1\r\ncontent-length: 1000000\r\n\r\n")
        await client.send(b"x" * 1_000_000, 1000)
        assert client.statuses == [413]
        await client.send(GET % 2)
        assert client.statuses == [413, 413]

    run(test)


def test_a_last_answer_before_its_body_is_whole_waits_for_the_client_to_finish() -> None:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"", 413)

    async def test() -> None:
        client = Client(refuse)
        await client.send(b"POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n")
        assert client.statuses == [413]
        client.tick(LINGER_SECONDS)
        assert not client.pipe.ended
        await client.send(b"x" * 100_000, 1000)
        client.tick(LINGER_SECONDS)
        assert client.pipe.ended
        assert client.statuses == [413]

    run(test)


def test_nothing_is_read_after_the_request_that_is_the_last() -> None:
    async def test() -> None:
        client = Client(echo)
        await client.send(GET % 1 + b"GET /2 HTTP/1.1\r\nconnection: close\r\n\r\n" + GET % 3)
        assert paths(client) == [b"/1", b"/2"]
        assert client.pipe.ended

    run(test)


def test_an_old_client_gets_one_answer() -> None:
    async def test() -> None:
        client = Client(echo)
        await client.send(b"GET /1 HTTP/1.0\r\n\r\n")
        assert client.statuses == [200]
        assert b"connection: close\r\n" in client.pipe.written
        assert client.pipe.ended

    run(test)


def test_a_stop_lets_what_was_asked_be_answered() -> None:
    async def hold(scope: Scope, receive: Receive, send: Send) -> None:
        await go.wait()
        await echo(scope, receive, send)

    async def test() -> None:
        client = Client(hold)
        await client.send(GET % 1 + b"POST /2 HTTP/1.1\r\ncontent-length: 2\r\n\r\n")
        client.connection.stop()
        go.set()
        await client.turn()
        await client.send(b"hi" + GET % 3)
        assert client.answers == [(200, b"GET /1 "), (200, b"POST /2 hi")]
        assert client.pipe.ended

    go = asyncio.Event()
    run(test)


@pytest.mark.parametrize(
    "url", [b"/%", b"//services/data", b"/a%2Fb?c=%20", b"*", b"http://host?x", b"/a#b?c"]
)
def test_any_uri_has_a_path(url: bytes) -> None:
    scopes: list[Scope] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await answer(send, b"")

    async def test() -> None:
        client = Client(note)
        await client.send(b"GET " + url + b" HTTP/1.1\r\n\r\n")
        [scope] = scopes
        wanted = {b"http://host?x": (b"/", b"x"), b"/a#b?c": (b"/a", b"")}
        path, _, query = url.partition(b"?")
        assert (scope["raw_path"], scope["query_string"]) == wanted.get(url, (path, query))
        assert scope["client"] == ("127.0.0.1", 5)

    run(test)


def test_trailers_are_no_headers() -> None:
    scopes: list[Scope] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        scopes.append(scope)
        await answer(send, b"")

    async def test() -> None:
        client = Client(note)
        await client.send(b"POST / HTTP/1.1\r\n" + CHUNKED + b"0\r\nauthorization: Bearer x\r\n\r\n")
        [scope] = scopes
        assert scope["headers"] == [(b"transfer-encoding", b"chunked")]

    run(test)
