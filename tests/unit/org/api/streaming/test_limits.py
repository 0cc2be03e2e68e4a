"""Are clients and delivered events counted, and refused where the org may have no more of them?"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from tests.unit.org.api.streaming.subscribers import Place, held, numbers_in, streaming_org, subscriber

from isthmus.kernel.clock import HOUR, SECOND
from isthmus.org.org import Limit
from isthmus.wire import bayeux
from isthmus.wire.bayeux import Problem

DELIVERED = "DailyDeliveredPlatformEvents"
CLIENTS = "DurableStreamingApiConcurrentClients"
USED_UP = Problem(403, "", "Organization total events daily limit exceeded")


async def limits(place: Place) -> Mapping[str, Limit]:
    return await place.opened.org.limits(await place.opened.org.identity.authenticate(place.token))


def test_clients_count_as_long_as_they_are_there(tmp_path: Path) -> None:
    async def story() -> None:
        async with streaming_org(tmp_path) as place, subscriber(place) as one, subscriber(place) as other:
            await one.begin()
            await other.begin()
            assert (await limits(place))[CLIENTS].remaining == 18
            await one.say(bayeux.disconnect(one.client_id))
            assert (await limits(place))[CLIENTS].remaining == 19
            place.clock.advance(41 * SECOND)
            assert (await limits(place))[CLIENTS].remaining == 20

    asyncio.run(story())


def test_every_event_counts_for_each_client_that_gets_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with streaming_org(tmp_path) as place, subscriber(place) as one, subscriber(place) as other:
            await one.begin()
            await other.begin()
            await place.publish(1, 2)
            assert [await one.take(), await other.take()] == [[1, 2], [1, 2]]
            assert (await limits(place))[DELIVERED].remaining == 10_000 - 4
            await place.opened.org.stop()
            await place.opened.org.start()
            assert (await limits(place))[DELIVERED].remaining == 10_000 - 4

    asyncio.run(story())


def test_what_may_not_be_delivered_today_waits_for_tomorrow(tmp_path: Path) -> None:
    async def story() -> None:
        async with streaming_org(tmp_path, **{DELIVERED: 2}) as place, subscriber(place) as client:
            await client.begin()
            await place.publish(1, 2)
            assert await client.take() == [1, 2]
            waiting = asyncio.create_task(client.connect())
            await held(place)
            await place.publish(3)
            [refused] = await waiting
            assert (refused.successful, refused.error) == (False, USED_UP)
            assert refused.advice is not None
            assert refused.advice.reconnect == "none"
            assert (await client.subscribe()).error == USED_UP
            place.clock.advance(24 * HOUR)
            client.token = await place.log_in()
            await client.begin(replay_id=2)
            assert numbers_in(await client.connect()) == [3]

    asyncio.run(story())
