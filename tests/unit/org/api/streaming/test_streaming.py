"""Do subscribers get what is published, once and in order, however they come and go?"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from tests.unit.org.api.streaming.subscribers import (
    CHANNEL,
    OTHER,
    Place,
    Subscriber,
    held,
    numbers_in,
    streaming_org,
    subscriber,
)

from isthmus.kernel.clock import SECOND
from isthmus.wire import bayeux
from isthmus.wire.bayeux import ALL_RETAINED, Advice

Story = Callable[[Place, Subscriber], Awaitable[None]]


@pytest.fixture
def tell(tmp_path: Path) -> Callable[[Story], None]:
    """Run a story of one subscriber of a new org."""

    async def run(story: Story) -> None:
        async with streaming_org(tmp_path) as place, subscriber(place) as client:
            await story(place, client)

    return lambda story: asyncio.run(run(story))


def test_a_subscriber_gets_what_is_published_while_it_waits(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        hello = await client.shake_hands()
        assert hello.ext == {"replay": True, "payload.format": True}
        [first] = await client.connect()
        assert first.advice == Advice(reconnect="retry", interval=0, timeout=110_000)
        assert (await client.subscribe()).subscription == (CHANNEL,)
        waiting = asyncio.create_task(client.connect())
        await held(place)
        await place.publish(1)
        event, reply = await waiting
        assert (event.channel, event.data["payload"]["Number__c"]) == (CHANNEL, 1)
        assert (reply.channel, reply.successful, reply.advice) == (bayeux.CONNECT, True, None)

    tell(story)


def test_a_connect_that_waits_has_the_headers_of_every_answer(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        assert numbers_in(await client.connect(0)) == []
        cookie = "; ".join(f"{each.key}={each.value}" for each in client.session.cookie_jar)
        body = bayeux.write_messages(bayeux.connect(client.client_id, id="9"))
        head = (
            f"POST {client.path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n"
            f"authorization: Bearer {client.token}\r\ncookie: {cookie}\r\n\r\n"
        )
        port = int(client.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + body)  # at once, so that it waits without a task
        await held(place)
        await place.publish(1)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        writer.close()
        assert answer.startswith(b"http/1.1 200")
        for each in (b"x-content-type-options: nosniff", b"no-store", b"x-request-id: "):
            assert each in answer

    tell(story)


def test_nothing_is_lost_nor_doubled_between_two_connects(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        seen: list[int] = []
        for number in range(0, 60, 3):
            await place.publish(number)
            waiting = asyncio.create_task(client.take())
            await place.publish(number + 1, number + 2)
            seen += await waiting
        while len(seen) < 60:
            seen += await client.take()
        assert seen == list(range(60))

    tell(story)


def test_many_events_come_in_several_answers(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        await place.publish(*range(450))
        answers = [await client.take() for _ in range(3)]
        assert [len(each) for each in answers] == [200, 200, 50]
        assert [number for each in answers for number in each] == list(range(450))

    tell(story)


def test_a_subscriber_resumes_from_its_replay_id(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        await place.publish(1, 2)
        [first, *_] = await client.connect()
        [bye] = await client.say(bayeux.disconnect(client.client_id))
        assert bye.successful
        await place.publish(3)
        await client.begin(replay_id=first.data["event"]["replayId"])
        assert await client.take() == [2, 3]
        await client.begin(replay_id=ALL_RETAINED)
        assert await client.take() == [1, 2, 3]

    tell(story)


def test_a_connect_waits_110_seconds_of_org_time(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        waiting = asyncio.create_task(client.take())
        await held(place)
        place.clock.advance(109 * SECOND)
        await place.publish(7, event="Pong__e")
        assert await client.say(bayeux.unsubscribe(client.client_id, OTHER))
        assert not waiting.done()
        place.clock.advance(1 * SECOND)
        assert await waiting == []

    tell(story)


def test_a_client_may_ask_for_a_shorter_wait(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        assert numbers_in(await client.connect(at_most=0)) == []
        waiting = asyncio.create_task(client.connect(at_most=5_000))
        await held(place)
        place.clock.advance(5 * SECOND)
        assert numbers_in(await waiting) == []

    tell(story)


def test_a_client_that_stays_away_is_forgotten(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        place.clock.advance(39 * SECOND)
        assert (await client.connect(at_most=0))[-1].successful
        place.clock.advance(40 * SECOND)
        [reply] = await client.connect()
        assert str(reply.error) == "403::Unknown client"
        assert reply.advice == Advice(reconnect="handshake", interval=0)

    tell(story)


def test_a_second_connect_ends_the_first(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        first = asyncio.create_task(client.take())
        await held(place)
        second = asyncio.create_task(client.take())
        assert await first == []
        await held(place)
        await place.publish(1)
        assert await second == [1]

    tell(story)


def test_what_is_subscribed_to_during_a_wait_comes_at_once(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await place.publish(1, event="Pong__e")
        await client.begin()
        waiting = asyncio.create_task(client.take())
        await held(place)
        assert (await client.subscribe(OTHER, ALL_RETAINED)).successful
        assert await waiting == [1]

    tell(story)


def test_what_is_unsubscribed_from_comes_no_more(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        assert (await client.subscribe(OTHER)).successful
        [gone] = await client.say(bayeux.unsubscribe(client.client_id, CHANNEL))
        assert (gone.successful, gone.subscription) == (True, (CHANNEL,))
        await place.publish(1)
        await place.publish(2, event="Pong__e")
        assert await client.take() == [2]

    tell(story)


def test_a_connect_that_came_with_other_messages_does_not_wait(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        replies = await client.say(
            bayeux.connect(client.client_id, id="a"), bayeux.subscribe(client.client_id, OTHER, -1, id="b")
        )
        assert [(each.id, each.successful) for each in replies] == [("a", True), ("b", True)]

    tell(story)


def test_the_paths_of_meta_channels_are_served_too(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        client.path = "/cometd/65.0/handshake"
        assert (await client.shake_hands()).successful
        client.path = "/cometd/65.0/connect"
        assert (await client.connect())[-1].successful

    tell(story)


def test_an_event_for_a_client_that_has_gone_waits_for_its_return(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        waiting = asyncio.create_task(client.take())
        await held(place)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        while place.streaming.waiting:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)
        await place.publish(1)
        assert await client.take() == [1]

    tell(story)


def test_every_subscriber_gets_every_event(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            streaming_org(tmp_path) as place,
            aiohttp.ClientSession(
                cookie_jar=aiohttp.CookieJar(unsafe=True), connector=aiohttp.TCPConnector(limit=0)
            ) as session,
        ):
            clients = [Subscriber(place.url, place.token, session) for _ in range(15)]
            for client in clients:
                await client.begin()
            for number in range(3):
                waiting = [asyncio.create_task(client.take()) for client in clients]
                await held(place, len(clients))
                await place.publish(number)
                assert [await each for each in waiting] == [[number]] * len(clients)

    asyncio.run(story())


def test_who_waits_is_answered_when_the_org_stops(tmp_path: Path) -> None:
    async def story() -> None:
        async with streaming_org(tmp_path) as place, subscriber(place) as client:
            await client.begin()
            waiting = asyncio.create_task(client.take())
            await held(place)
            place.streaming.close()
            assert await waiting == []
            assert await client.take() == []

    asyncio.run(story())
