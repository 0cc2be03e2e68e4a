"""Is a query told to end after two minutes of org time, and no other one?"""

import asyncio

from isthmus.kernel.clock import SECOND, ManualClock
from isthmus.org.limits.query_time import QueryTime


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_query_ends_when_its_time_is_up() -> None:
    async def test() -> None:
        clock = ManualClock()
        queries = QueryTime(clock)
        with queries.limited() as first:
            await settled()
            clock.advance(100 * SECOND)
            with queries.limited() as second:
                clock.advance(19 * SECOND)
                await settled()
                assert not first.wanted
                clock.advance(SECOND)
                await settled()
                assert (first.wanted, second.wanted) == (True, False)
                clock.advance(100 * SECOND)
                await settled()
                assert second.wanted
        queries.close()

    asyncio.run(test())


def test_a_query_that_is_over_holds_no_other_one_back() -> None:
    async def test() -> None:
        clock = ManualClock()
        queries = QueryTime(clock)
        for _ in range(3):
            with queries.limited():
                await settled()
            clock.advance(60 * SECOND)
        with queries.limited() as last:
            clock.advance(119 * SECOND)
            await settled()
            assert not last.wanted
            clock.advance(SECOND)
            await settled()
            assert last.wanted
        queries.close()

    asyncio.run(test())


def test_whoever_goes_away_takes_the_query_along() -> None:
    async def test() -> None:
        queries = QueryTime(ManualClock())
        with queries.limited() as stop:
            pass
        assert stop.wanted
        queries.close()

    asyncio.run(test())
