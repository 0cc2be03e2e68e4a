"""Does an event that can't be written for subscribers cost its own subscribers only?"""

import asyncio
from dataclasses import replace
from pathlib import Path

from structlog.testing import capture_logs
from tests.unit.org.api.streaming.subscribers import (
    OTHER,
    Place,
    held,
    numbers_in,
    streaming_org,
    subscriber,
)

from isthmus.kernel.clock import SECOND
from isthmus.kernel.journal import Fact
from isthmus.org.api.streaming.clients import Poll
from isthmus.wire.bayeux import CONNECT, Advice, Message, Problem, Reply

BUSY = Problem(503, "", "Server is too busy. Please try your request again later.")


async def an_event(place: Place) -> Fact:
    """A fact of Pong__e, which is published for that."""
    journal = place.opened.org._journal
    tip = journal.tip()
    await place.publish(7, event="Pong__e")
    return journal.read(tip)[0].fact


def broken(fact: Fact) -> Fact:
    return replace(fact, body=b"nothing that can be read")


def append(place: Place, *facts: Fact) -> None:
    journal = place.opened.org._journal
    journal._database.write(lambda tx: journal.append(tx, facts)).result()


def is_broken_off(replies: list[Reply]) -> bool:
    [reply] = replies
    later = Advice(reconnect="handshake", interval=10 * SECOND)
    return (reply.successful, reply.error, reply.advice) == (False, BUSY, later)


def test_it_ends_the_sessions_of_its_subscribers_and_is_told_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            streaming_org(tmp_path) as place,
            subscriber(place) as first,
            subscriber(place) as second,
            subscriber(place) as unharmed,
        ):
            event = await an_event(place)
            for each in (first, second):
                await each.begin(OTHER)
            await unharmed.begin()
            waiting = [asyncio.create_task(each.connect()) for each in (first, second, unharmed)]
            await held(place, 3)
            with capture_logs() as logs:
                append(place, broken(event))
                assert is_broken_off(await waiting[0])
                assert is_broken_off(await waiting[1])
            assert [each["event"] for each in logs] == ["events can't be written for subscribers"]
            await place.publish(1)
            assert numbers_in(await waiting[2]) == [1]

            # Nobody is counted who has to begin anew; and who does, after it, goes on.
            assert place.streaming._clients.count() == 1
            await first.begin(OTHER)
            await place.publish(2, event="Pong__e")
            assert await first.take() == [2]

    asyncio.run(story())


def test_what_nobody_foresaw_costs_one_client_only(tmp_path: Path) -> None:
    def refuse(_: bytes) -> None:
        raise OSError("nobody takes it")

    async def story() -> None:
        async with (
            streaming_org(tmp_path) as place,
            subscriber(place) as untaken,
            subscriber(place) as confused,
            subscriber(place) as unharmed,
        ):
            for each in (untaken, confused, unharmed):
                await each.begin()
            streaming = place.streaming
            client = streaming._clients.get(untaken.client_id)
            assert client is not None
            streaming._clients.hold(client, Poll(Message(channel=CONNECT), None, refuse), SECOND)
            waiting = [asyncio.create_task(each.connect()) for each in (confused, unharmed)]
            await held(place, 3)
            client = streaming._clients.get(confused.client_id)
            assert client is not None
            client.subscriptions["/event/Ping__e"].channel = None  # type: ignore[assignment]
            with capture_logs() as logs:
                await place.publish(1)
                assert is_broken_off(await waiting[0])
            assert [each["event"] for each in logs] == [
                "an answer can't be given",
                "a client can't be given its events",
            ]
            assert numbers_in(await waiting[1]) == [1]

    asyncio.run(story())


def test_what_comes_before_it_is_delivered(tmp_path: Path) -> None:
    async def story() -> None:
        async with streaming_org(tmp_path) as place, subscriber(place) as client:
            event = await an_event(place)
            await client.begin(OTHER)
            append(place, event, event, broken(event), event)
            assert await client.take() == [7, 7]
            assert is_broken_off(await client.connect())
            [unknown] = await client.connect()
            assert unknown.error == Problem(403, "", "Unknown client")

    asyncio.run(story())
