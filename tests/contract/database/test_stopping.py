"""Do reads and units of work end when they are told to, and give their threads back, on each database?"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from isthmus.kernel.database import Connection, Database, DatabaseStopped, Row, Transaction
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
        stop.end()
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
            each.end()
        ended = await asyncio.gather(*endless, return_exceptions=True)
        assert all(isinstance(each, DatabaseStopped) for each in ended)
        assert await answer == (1,)

    asyncio.run(test())


def test_a_stop_that_nobody_wants_changes_nothing(database: Database) -> None:
    async def test() -> None:
        stop = Stop()
        assert await database.reading(lambda reader: reader.row("SELECT 1"), stop) == (1,)
        stop.end()
        assert await database.reading(lambda reader: reader.row("SELECT 2")) == (2,)

    asyncio.run(test())


def _table(tx: Transaction) -> None:
    tx.execute(f'CREATE TABLE "kept" ("n" {tx.dialect.integer})')


def _keep(number: int) -> Callable[[Transaction], int]:
    return lambda tx: tx.execute('INSERT INTO "kept" ("n") VALUES (?)', (number,))


def _kept(database: Database) -> list[Row]:
    return database.read_now(lambda reader: reader.rows('SELECT "n" FROM "kept" ORDER BY "n"'))


def _by_a_question(tx: Transaction) -> object:
    return tx.rows(ENDLESS)


def _by_a_write(tx: Transaction) -> object:
    return tx.execute(
        'INSERT INTO "kept" ("n") WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) '
        "SELECT n FROM c WHERE n < 0"
    )


def _by_many_statements(tx: Transaction) -> object:
    while True:
        tx.row("SELECT 1")


@pytest.mark.parametrize("forever", [_by_a_question, _by_a_write, _by_many_statements])
def test_a_unit_that_would_never_end_leaves_nothing_and_holds_nobody_up(
    database: Database, forever: Callable[[Transaction], object]
) -> None:
    begun, stop = threading.Event(), Stop()

    def endless(tx: Transaction) -> object:
        _keep(1)(tx)
        begun.set()
        return forever(tx)

    async def test() -> None:
        writing = asyncio.ensure_future(database.writing(endless, stop))
        others = [asyncio.ensure_future(database.writing(_keep(number))) for number in (2, 3)]
        await asyncio.to_thread(begun.wait)
        assert not writing.done()
        stop.end()
        with pytest.raises(DatabaseStopped):
            await writing
        await asyncio.gather(*others, *(database.writing(_keep(number)) for number in range(4, 12)))

    database.write(_table).result()
    asyncio.run(test())
    assert _kept(database) == [(number,) for number in range(2, 12)]


def test_a_unit_whose_time_was_up_before_it_began_does_nothing(database: Database) -> None:
    async def test() -> None:
        stop = Stop()
        stop.end()
        with pytest.raises(DatabaseStopped):
            await database.writing(_keep(1), stop)

    database.write(_table).result()
    asyncio.run(test())
    assert _kept(database) == []


def test_what_is_about_to_be_committed_is_not_ended(database: Database) -> None:
    stop = Stop()

    @contextmanager
    def late(tx: Transaction) -> Iterator[None]:
        stop.end()
        _keep(2)(tx)
        yield

    def work(tx: Transaction) -> None:
        _keep(1)(tx)
        tx.around_commit(late)

    async def test() -> None:
        await database.writing(work, stop)

    database.write(_table).result()
    asyncio.run(test())
    assert _kept(database) == [(1,), (2,)]


def test_a_part_of_a_unit_can_be_ended_by_itself(database: Database) -> None:
    begun, part = threading.Event(), Stop()

    def ask(tx: Transaction) -> None:
        with tx.savepoint(), tx.stopped_by(part):
            begun.set()
            tx.rows(ENDLESS)

    def work(tx: Transaction) -> None:
        _keep(1)(tx)
        with pytest.raises(DatabaseStopped):
            ask(tx)
        _keep(2)(tx)

    async def test() -> None:
        writing = asyncio.ensure_future(database.writing(work, Stop()))
        await asyncio.to_thread(begun.wait)
        part.end()
        await writing

    database.write(_table).result()
    asyncio.run(test())
    assert _kept(database) == [(1,), (2,)]
