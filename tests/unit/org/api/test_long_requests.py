"""Are requests refused while too many others take 20 seconds and more, and let in when one is over?"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.responses import PlainTextResponse, Response
from tests.unit.org.api.serving import Answer, Served, serving

from isthmus.kernel.clock import MINUTE, SECOND
from isthmus.org.api.rest import ADAPTER
from isthmus.org.api.routing import Adapter, Auth, Call, Route

WORDS = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
READERS_MAX = 16
"""More than a database has."""
QUICK = "/sobjects/Account/describe"


class Waiting:
    """Requests that are answered when a test says so."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)
        self.answers: list[asyncio.Event] = []

    async def serve(self, call: Call) -> Response:
        answer = asyncio.Event()
        self.answers.append(answer)
        self.begun.release()
        await answer.wait()
        return PlainTextResponse("at last")

    @property
    def adapter(self) -> Adapter:
        return Adapter(
            "odd",
            (Route("GET", "/odd/long", self.serve), Route("GET", "/odd/open", self.serve, auth=Auth.NONE)),
            lambda call, error: PlainTextResponse(error.message, error.status),
        )


Test = Callable[[Served, Waiting], Awaitable[None]]


def run(folder: Path, test: Test, maximum: int = 2) -> None:
    async def served() -> None:
        waiting = Waiting()
        limits = {"ConcurrentLongRequests": maximum}
        async with (
            asyncio.timeout(60),
            serving(folder, (ADAPTER, waiting.adapter), limits=limits) as org,
        ):
            try:
                await test(org, waiting)
            finally:
                for each in waiting.answers:
                    each.set()

    asyncio.run(served())


async def begin(
    org: Served, waiting: Waiting, number: int, path: str = "/odd/long"
) -> list[asyncio.Task[Answer]]:
    """Requests that wait by now."""
    asked = [asyncio.ensure_future(org.get(path)) for _ in range(number)]
    for _ in asked:
        await waiting.begun.acquire()
    return asked


def is_refused(answer: Answer) -> bool:
    if answer.status == 200:
        return False
    assert (answer.status, answer.code, answer.message) == (403, "REQUEST_LIMIT_EXCEEDED", WORDS)
    return True


async def has_room(org: Served) -> None:
    """Return when a request is let in."""
    while True:
        if not is_refused(await org.get(QUICK)):
            return


def test_a_further_request_is_refused_until_one_is_over(tmp_path: Path) -> None:
    async def test(org: Served, waiting: Waiting) -> None:
        asked = await begin(org, waiting, 2)
        org.clock.advance(20 * SECOND - 1)
        assert not is_refused(await org.get(QUICK))
        org.clock.advance(1)
        used = org.org.usage().used
        assert is_refused(await org.get(QUICK))
        assert org.org.usage().used == used
        waiting.answers[0].set()
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        assert [each.result().body for each in done] == [b"at last"]
        assert not is_refused(await org.get(QUICK))

    run(tmp_path, test)


def test_what_has_just_begun_takes_no_room(tmp_path: Path) -> None:
    async def test(org: Served, waiting: Waiting) -> None:
        await begin(org, waiting, 1)
        org.clock.advance(MINUTE)
        await begin(org, waiting, 5)
        assert not is_refused(await org.get(QUICK))
        org.clock.advance(20 * SECOND)
        assert is_refused(await org.get(QUICK))

    run(tmp_path, test)


def test_a_client_that_goes_away_makes_room(tmp_path: Path) -> None:
    async def test(org: Served, waiting: Waiting) -> None:
        first, _ = await begin(org, waiting, 2)
        org.clock.advance(20 * SECOND)
        assert is_refused(await org.get(QUICK))
        first.cancel()
        await has_room(org)

    run(tmp_path, test)


def test_who_needs_no_session_takes_no_room(tmp_path: Path) -> None:
    async def test(org: Served, waiting: Waiting) -> None:
        await begin(org, waiting, 3, "/odd/open")
        org.clock.advance(MINUTE)
        assert not is_refused(await org.get(QUICK))

    run(tmp_path, test)


def test_queries_that_wait_for_long_are_long_requests(tmp_path: Path) -> None:
    async def test(org: Served, waiting: Waiting) -> None:
        free = threading.Event()
        database = org.org._database
        held = [database.reading(lambda _: free.wait()) for _ in range(READERS_MAX)]
        try:
            asked = [asyncio.ensure_future(org.get("/query?q=SELECT+Id+FROM+Account")) for _ in range(2)]
            while org.org.usage().used < 2:  # noqa: ASYNC110 - nothing tells that a request has begun
                await asyncio.sleep(0)
            org.clock.advance(20 * SECOND)
            assert is_refused(await org.get(QUICK))
        finally:
            free.set()
        await asyncio.gather(*held)
        assert [each.status for each in await asyncio.gather(*asked)] == [200, 200]
        assert not is_refused(await org.get(QUICK))

    run(tmp_path, test)


def test_all_that_a_request_asks_has_ten_minutes_together(tmp_path: Path) -> None:
    async def ask_twice(call: Call) -> Response:
        for _ in range(2):
            org.clock.advance(6 * MINUTE)
            await call.org.query(call.principal, "SELECT Id FROM Account")
        return PlainTextResponse("in time")

    adapter = Adapter(
        "odd",
        (Route("GET", "/odd/slow", ask_twice),),
        lambda call, error: PlainTextResponse(error.entry.name, error.status),
    )
    org: Served

    async def test() -> None:
        nonlocal org
        async with serving(tmp_path, (ADAPTER, adapter)) as org:
            answer = await org.get("/odd/slow")
            assert (answer.status, answer.body) == (400, b"request_timeout")

    asyncio.run(test())
