"""Do subscribers get what could not be read at once, because the database refused?"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from structlog.testing import capture_logs
from tests.unit.org.api.streaming.subscribers import (
    OTHER,
    held,
    numbers_in,
    streaming_org,
    subscriber,
)

from isthmus.kernel.clock import SECOND
from isthmus.kernel.database import Database, Transaction
from isthmus.wire.bayeux import ALL_RETAINED


@contextmanager
def unreadable(database: Database, table: str) -> Iterator[None]:
    """Nothing can be read from a table."""

    def rename(old: str, new: str) -> None:
        def unit(tx: Transaction) -> None:
            tx.execute(f'ALTER TABLE "{old}" RENAME TO "{new}"')

        database.write(unit).result()

    rename(table, "away")
    try:
        yield
    finally:
        rename("away", table)


def test_what_the_database_refused_comes_a_second_later(tmp_path: Path) -> None:
    async def story() -> None:
        async with streaming_org(tmp_path) as place, subscriber(place) as first, subscriber(place) as second:
            for each in (first, second):
                await each.begin()
            waiting = [asyncio.create_task(each.connect()) for each in (first, second)]
            await held(place, 2)
            # It is published in the one file, and both are read.
            immediate = place.opened.org._journal._immediate
            with capture_logs() as logs, unreadable(immediate, "isthmus_journal"):
                await place.publish(1)
                while not logs:  # noqa: ASYNC110 - there is no event for it
                    await asyncio.sleep(0.001)
                place.clock.advance(SECOND)
                while len(logs) < 2:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.001)
            assert [each["event"] for each in logs] == ["events can't be read; trying again"] * 2
            assert place.streaming.waiting == 2
            place.clock.advance(SECOND)
            assert [numbers_in(await each) for each in waiting] == [[1], [1]]

    asyncio.run(story())


def test_whom_the_database_refuses_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async def story() -> None:
        async with streaming_org(tmp_path) as place, subscriber(place) as refused, subscriber(place) as other:
            journal = place.opened.org._journal
            await place.publish(1, event="Pong__e")
            await place.publish(2)
            pong, ping = journal.read(0)
            await refused.begin(OTHER, ALL_RETAINED)
            await other.begin(replay_id=ALL_RETAINED)
            assert await other.take() == [2]
            # By which schema Pong__e was published nobody has read yet.
            with unreadable(journal._database, "isthmus_journal_schema"):
                waiting = [asyncio.create_task(each.connect()) for each in (refused, other)]
                await held(place, 2)
                journal._database.write(lambda tx: journal.append(tx, [pong.fact, ping.fact])).result()
                assert numbers_in(await waiting[1]) == [2]
                assert not waiting[0].done()
            place.clock.advance(SECOND)
            assert numbers_in(await waiting[0]) == [1, 1]

    asyncio.run(story())
