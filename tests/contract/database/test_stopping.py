"""Does a read end when it is told to, and give its thread back, on each database?"""

import asyncio
import threading

import pytest

from isthmus.kernel.database import Connection, Database, DatabaseStopped, Row
from isthmus.kernel.database.stopping import Stop

ENDLESS = (
    "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted) "
    "SELECT COUNT(*) FROM counted WHERE n < 0"
)


def test_a_read_that_would_never_end_is_ended(database: Database) -> None:
    begun, stop = threading.Event(), Stop()

    def endless(reader: Connection) -> list[Row]:
        begun.set()
        return reader.rows(ENDLESS)

    async def test() -> None:
        reading = asyncio.ensure_future(database.reading(endless, stop))
        await asyncio.to_thread(begun.wait)
        assert not reading.done()
        stop.wanted = True
        with pytest.raises(DatabaseStopped):
            await reading
        every = [database.reading(lambda reader: reader.row("SELECT 1")) for _ in range(8)]
        assert await asyncio.gather(*every) == [(1,)] * 8

    asyncio.run(test())


def test_every_reader_is_given_back(database: Database) -> None:
    async def test() -> None:
        stops = [Stop() for _ in range(12)]
        endless = [database.reading(lambda reader: reader.rows(ENDLESS), each) for each in stops]
        answer = asyncio.ensure_future(database.reading(lambda reader: reader.row("SELECT 1")))
        for each in stops:
            each.wanted = True
        ended = await asyncio.gather(*endless, return_exceptions=True)
        assert all(isinstance(each, DatabaseStopped) for each in ended)
        assert await answer == (1,)

    asyncio.run(test())


def test_a_stop_that_nobody_wants_changes_nothing(database: Database) -> None:
    async def test() -> None:
        stop = Stop()
        assert await database.reading(lambda reader: reader.row("SELECT 1"), stop) == (1,)
        stop.wanted = True
        assert await database.reading(lambda reader: reader.row("SELECT 2")) == (2,)

    asyncio.run(test())
