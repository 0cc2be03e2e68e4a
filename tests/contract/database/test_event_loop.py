"""The event loop's way in, on each database: results come to who awaits them, and to nobody else."""

import asyncio
import threading
from functools import partial

import pytest

from isthmus.kernel.database import Database, DatabaseClosed, StatementRefused, Transaction

COUNT = 'SELECT COUNT(*) FROM "Item"'


@pytest.fixture(autouse=True)
def _items(database: Database) -> None:
    database.write(lambda tx: tx.execute(f'CREATE TABLE "Item" ("n" {tx.dialect.integer})')).result()


def add(tx: Transaction, n: int) -> int:
    return tx.execute('INSERT INTO "Item" VALUES (?)', (n,))


def test_units_and_questions_are_awaited(database: Database) -> None:
    async def test() -> None:
        assert await asyncio.gather(*(database.writing(partial(add, n=n)) for n in range(200))) == [1] * 200
        assert await database.reading(lambda reader: reader.row(COUNT)) == (200,)

    asyncio.run(test())


def test_what_a_unit_raises_is_raised_where_it_is_awaited(database: Database) -> None:
    def fail(tx: Transaction) -> None:
        add(tx, 1)
        raise KeyError("own error")

    async def test() -> None:
        good, own, refused = await asyncio.gather(
            database.writing(partial(add, n=2)),
            database.writing(fail),
            database.reading(lambda reader: reader.row("SELECT nothing")),
            return_exceptions=True,
        )
        assert good == 1
        assert isinstance(own, KeyError)
        assert isinstance(refused, StatementRefused)
        assert await database.reading(lambda reader: reader.row(COUNT)) == (1,)

    asyncio.run(test())


def test_a_unit_that_nobody_awaits_any_more_does_not_run(database: Database) -> None:
    go = threading.Event()

    async def test() -> None:
        blocking = [database.write(lambda tx: go.wait(10)) for _ in range(8)]
        cancelled = asyncio.ensure_future(database.writing(partial(add, n=1)))
        cancelled.cancel()
        go.set()
        await asyncio.gather(*map(asyncio.wrap_future, blocking))
        assert await database.writing(partial(add, n=2)) == 1
        assert await database.reading(lambda reader: reader.rows('SELECT "n" FROM "Item"')) == [(2,)]

    asyncio.run(test())


def test_a_loop_that_has_ended_is_not_waited_for(database: Database) -> None:
    go, committed = threading.Event(), threading.Event()

    def work(tx: Transaction) -> None:
        go.wait(10)
        tx.on_commit(committed.set)
        add(tx, 1)

    async def leave() -> None:
        database.writing(work)

    asyncio.run(leave())
    go.set()
    assert committed.wait(10)
    assert database.write(partial(add, n=2)).result() == 1
    assert database.read_now(lambda reader: reader.row(COUNT)) == (2,)


def test_a_closed_database_says_so(database: Database) -> None:
    async def test() -> None:
        database.close()
        with pytest.raises(DatabaseClosed):
            await database.writing(partial(add, n=1))
        with pytest.raises(DatabaseClosed):
            await database.reading(lambda reader: reader.row(COUNT))

    asyncio.run(test())
