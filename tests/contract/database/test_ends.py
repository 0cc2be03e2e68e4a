"""Ends, on each database: what is handed in is done, what comes too late or is too much is refused."""

import threading
from functools import partial

import pytest
from tests.contract.places import Place

from isthmus.kernel.database import Database, DatabaseBusy, DatabaseClosed, Transaction


def add(tx: Transaction, n: int) -> int:
    return tx.execute('INSERT INTO "Item" VALUES (?)', (n,))


def test_closing_finishes_what_was_handed_in(place: Place, database: Database) -> None:
    database.write(lambda tx: tx.execute('CREATE TABLE "Item" ("n" INTEGER)')).result()
    futures = [database.write(partial(add, n=n)) for n in range(100)]
    reading = database.read(lambda reader: reader.row("SELECT 1"))
    database.close()
    assert [each.result(timeout=0) for each in futures] == [1] * 100
    assert reading.result(timeout=0) == (1,)
    database.close()
    again = place.open()
    assert again.read_now(lambda reader: reader.row('SELECT COUNT(*) FROM "Item"')) == (100,)


def test_a_closed_database_says_so(database: Database) -> None:
    database.close()
    with pytest.raises(DatabaseClosed):
        database.write(lambda tx: add(tx, 1))
    with pytest.raises(DatabaseClosed):
        database.read(lambda reader: reader.row("SELECT 1"))
    with pytest.raises(DatabaseClosed):
        database.read_now(lambda reader: reader.row("SELECT 1"))


def test_more_than_may_wait_is_an_error_the_caller_can_read(place: Place) -> None:
    narrow = place.open(waiting_max=2)
    go = threading.Event()
    writes = [narrow.write(lambda _: go.wait()) for _ in range(12)]
    reads = [narrow.read(lambda _: go.wait()) for _ in range(12)]
    for futures in (writes, reads):
        refused = [each for each in futures if each.done() and isinstance(each.exception(), DatabaseBusy)]
        assert refused
    go.set()
    accepted = [each for each in writes + reads if not isinstance(each.exception(), DatabaseBusy)]
    assert len(accepted) >= 4
    assert all(each.result() for each in accepted)
