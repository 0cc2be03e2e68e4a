"""SQLite's writer: units that share a commit, and what becomes of them where the disk refuses."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import apsw
import pytest
from tests.unit.kernel.database.failing_vfs import FailingVFS

from isthmus.kernel.database import DatabaseFailed, DatabaseFull, Transaction
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.kernel.database.sqlite.writer import CHANGES_MAX, UNITS_MAX


@pytest.fixture
def vfs() -> Iterator[FailingVFS]:
    vfs = FailingVFS()
    yield vfs
    vfs.unregister()


@pytest.fixture
def database(tmp_path: Path, vfs: FailingVFS) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "org.sqlite", vfs=vfs.name)
    database.write(lambda tx: tx.execute('CREATE TABLE "Item" ("n" INTEGER, "body" BLOB)')).result()
    yield database
    database.close()


def add(tx: Transaction, n: int, size: int = 0, runs: list[int] | None = None) -> int:
    if runs is not None:
        runs.append(n)
    tx.execute('INSERT INTO "Item" VALUES (?, ?)', (n, bytes(size)))
    return n


def kept(database: SqliteDatabase) -> list[object]:
    return [row[0] for row in database.read_now(lambda reader: reader.rows('SELECT "n" FROM "Item"'))]


def together(database: SqliteDatabase, units: list[partial[int]]) -> list[Future[int]]:
    """Hand the units in while the writer is busy, so that they are waiting together when it comes to them."""
    go = threading.Event()
    begun = threading.Event()

    def occupy(_: Transaction) -> None:
        begun.set()
        go.wait()

    occupied = database.write(occupy, alone=True)
    begun.wait()
    futures = [database.write(unit) for unit in units]
    go.set()
    occupied.result()
    return futures


def test_units_that_wait_share_a_commit(database: SqliteDatabase) -> None:
    before = database.counts()["commits"]
    futures = together(database, [partial(add, n=n) for n in range(20)])
    assert [each.result() for each in futures] == list(range(20))
    assert database.counts()["commits"] - before == 2  # the one that kept the writer busy, and all of these


def test_a_group_has_a_bound_in_units_and_in_rows(database: SqliteDatabase) -> None:
    def many(tx: Transaction) -> int:
        tx.execute_many('INSERT INTO "Item" VALUES (?, NULL)', ((n,) for n in range(CHANGES_MAX)))
        return 0

    before = database.counts()["commits"]
    for each in together(database, [partial(add, n=n) for n in range(UNITS_MAX + 1)]):
        each.result()
    assert database.counts()["commits"] - before == 3
    for each in together(database, [partial(many), partial(many)]):
        each.result()
    assert database.counts()["commits"] - before == 6


def test_a_unit_alone_shares_with_nobody(database: SqliteDatabase) -> None:
    go = threading.Event()
    before = database.counts()["commits"]
    occupied = database.write(lambda _: go.wait(), alone=True)
    futures: list[Future[int]] = [
        database.write(partial(add, n=1)),
        database.write(partial(add, n=2), alone=True),
        database.write(partial(add, n=3)),
        database.write(partial(add, n=4)),
    ]
    go.set()
    assert occupied.result()
    assert [each.result() for each in futures] == [1, 2, 3, 4]
    assert database.counts()["commits"] - before == 4


@pytest.mark.parametrize("failing", [{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 2}, {0, 1, 2}], ids=str)
def test_units_of_a_group_fail_alone_wherever_they_stand(database: SqliteDatabase, failing: set[int]) -> None:
    def add_or_fail(tx: Transaction, n: int) -> int:
        add(tx, n)
        if n in failing:
            raise LookupError(n)
        return n

    before = database.counts()
    futures = together(database, [partial(add_or_fail, n=n) for n in range(3)])
    for n, each in enumerate(futures):
        assert repr(each.exception()) == (f"LookupError({n})" if n in failing else "None")
    assert kept(database) == [n for n in range(3) if n not in failing]
    after = database.counts()
    assert after["failed"] - before["failed"] == len(failing)
    assert after["commits"] - before["commits"] == (1 if len(failing) == 3 else 2)


@pytest.mark.parametrize(
    "failure", [apsw.FullError("no space"), apsw.IOError("broken")], ids=["full", "broken"]
)
def test_where_a_shared_commit_fails_each_unit_runs_once_more_alone(
    database: SqliteDatabase, vfs: FailingVFS, failure: Exception
) -> None:
    runs: list[int] = []
    vfs.sync_failures.append(failure)
    futures = together(database, [partial(add, n=n, runs=runs) for n in range(5)])
    assert [each.result() for each in futures] == list(range(5))
    assert runs == [*range(5), *range(5)]
    assert kept(database) == list(range(5))
    assert database.counts()["again"] == 5


def test_a_unit_for_which_there_is_no_space_does_not_harm_the_others(database: SqliteDatabase) -> None:
    """SQLite undoes the whole group; then only the unit that is too large fails."""
    database.write(lambda tx: tx.execute("PRAGMA max_page_count = 40")).result()
    futures = together(database, [partial(add, n=1), partial(add, n=2, size=400_000), partial(add, n=3)])
    assert futures[0].result() == 1
    assert futures[2].result() == 3
    with pytest.raises(DatabaseFull, match="full: free some space"):
        futures[1].result()
    assert kept(database) == [1, 3]


def test_a_unit_that_ignores_that_there_is_no_space_is_not_kept(database: SqliteDatabase) -> None:
    database.write(lambda tx: tx.execute("PRAGMA max_page_count = 40")).result()

    def stubborn(tx: Transaction) -> str:
        add(tx, 1)
        for n in range(3):
            with pytest.raises(DatabaseFull):
                add(tx, n, size=400_000)
        return "as if nothing had happened"

    with pytest.raises(DatabaseFull):
        database.write(stubborn).result()
    assert kept(database) == []
    assert database.write(partial(add, n=2)).result() == 2
    assert kept(database) == [2]


def test_a_disk_that_stays_broken_fails_every_unit_and_keeps_none(
    database: SqliteDatabase, vfs: FailingVFS
) -> None:
    vfs.write_failures += [apsw.IOError("broken") for _ in range(50)]
    futures = together(database, [partial(add, n=n) for n in range(3)])
    for each in futures:
        with pytest.raises(DatabaseFailed, match="could not be read or written"):
            each.result()
    vfs.write_failures.clear()
    assert kept(database) == []
    assert database.write(partial(add, n=7)).result() == 7
    assert kept(database) == [7]


def test_numbers_of_a_group_that_failed_are_not_given_again(
    database: SqliteDatabase, vfs: FailingVFS
) -> None:
    taken: list[int] = []

    def take(tx: Transaction) -> int:
        taken.append(tx.next_in_sequence("id:001"))
        return add(tx, taken[-1])

    vfs.sync_failures.append(apsw.IOError("broken"))
    futures = together(database, [partial(take), partial(take)])
    assert [each.result() for each in futures] == [3, 4]
    assert taken == [1, 2, 3, 4]
