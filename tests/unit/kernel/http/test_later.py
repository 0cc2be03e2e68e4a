"""Is an answer that comes later sent as any other, without a task, and is nothing left of it?"""

import asyncio
import gc
import logging
from collections.abc import Awaitable

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from tests.unit.kernel.http.pipes import HIGH_WATER, Client, PromptEcho, answer, run

from isthmus.kernel.http.exchange import Later, Whole

GET = b"GET /%d HTTP/1.1\r\n\r\n"


class Holding(PromptEcho):
    """Answers when the test says so: `held` are the requests that wait."""

    def __init__(self) -> None:
        self.held: list[Later[Response]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        later = Later[Response]()
        self.held.append(later)
        response = await later
        await answer(send, bytes(response.body))

    def answer(
        self, scope: Scope, receive: Receive, send: Send, body: bytes | None
    ) -> Whole | Awaitable[Whole | None]:
        later = Later[Response]()
        later.finish = lambda found: Response(bytes(found.body) + b" to " + scope["raw_path"])
        scope["state"]["on_lost"] = lambda: later.give(Response(b"nobody"))
        self.held.append(later)
        return later


def test_it_is_written_when_it_is_given_and_costs_no_task() -> None:
    async def test() -> None:
        app = Holding()
        client = Client(app)
        tasks = asyncio.all_tasks()
        await client.send(GET % 1)
        assert asyncio.all_tasks() == tasks
        app.held[0].give(Response(b"one"))
        assert client.answers == [(200, b"one to /1")]
        await client.send(GET % 2)
        app.held[1].give(Response(b"two"))
        assert client.answers[1:] == [(200, b"two to /2")]

    run(test)


def test_one_that_is_there_already_is_written_at_once() -> None:
    class Ready(Holding):
        def answer(
            self, scope: Scope, receive: Receive, send: Send, body: bytes | None
        ) -> Whole | Awaitable[Whole | None]:
            found = super().answer(scope, receive, send, body)
            self.held[-1].give(Response(b"ready"))
            return found

    async def test() -> None:
        client = Client(Ready())
        await client.send(GET % 1)
        assert client.answers == [(200, b"ready to /1")]

    run(test)


def test_requests_in_line_wait_for_it_in_tasks() -> None:
    async def test() -> None:
        app = Holding()
        client = Client(app)
        await client.send(GET % 1 + GET % 2)
        for number in (0, 1):
            assert len(app.held) == number + 1
            app.held[number].give(Response(b"answer"))
            await client.turn()
        assert [status for status, _ in client.answers] == [200, 200]

    run(test)


def test_who_has_gone_gets_none() -> None:
    async def test() -> None:
        app = Holding()
        client = Client(app)
        await client.send(GET % 1)
        client.connection.connection_lost(None)
        assert client.answers == []

    run(test)


def test_it_is_finished_for_who_has_gone_too() -> None:
    async def test() -> None:
        app, finished = Holding(), list[bytes]()
        client = Client(app)
        await client.send(GET % 1)

        def finish(found: Response) -> Response:
            finished.append(bytes(found.body))
            return found

        app.held[0].finish = finish
        client.connection.connection_lost(None)
        assert (client.answers, finished) == ([], [b"nobody"])

    run(test)


def test_it_waits_for_its_client_to_take_the_answers_before() -> None:
    async def test() -> None:
        app = Holding()
        client = Client(app, taking=False)
        await client.send(GET % 1)
        app.held[0].give(Response(b"x" * 2 * HIGH_WATER))
        written = len(client.pipe.written)
        await client.send(GET % 2)
        app.held[1].give(Response(b"two"))
        await client.turn()
        assert len(client.pipe.written) == written
        client.pipe.take(written)
        await client.turn()
        assert client.answers[1:] == [(200, b"two to /2")]

    run(test)


def test_what_fails_when_it_is_finished_is_answered_with_500(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        app = Holding()
        client = Client(app)
        await client.send(GET % 1)

        def fail(_: Response) -> Response:
            raise LookupError

        app.held[0].finish = fail
        app.held[0].give(Response(b"one"))
        await client.turn()
        assert client.statuses == [500]

    caplog.set_level(logging.ERROR)
    run(test)
    assert "LookupError" in caplog.text


def test_what_is_answered_or_lost_leaves_no_circle() -> None:
    async def test() -> None:
        app = Holding()
        client = Client(app)
        gc.collect()
        gc.disable()
        try:
            for number in range(3):
                await client.send(GET % number)
                app.held.pop().give(Response(b"one"))
            await client.send(GET % 3)
            client.connection.connection_lost(None)
            client.connection.pipe = client.pipe.protocol = None  # type: ignore[attr-defined]
            app.held.clear()
            gc.set_debug(gc.DEBUG_SAVEALL)
            gc.collect()
            assert not [each for each in gc.garbage if isinstance(each, Later)]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()

    run(test)
