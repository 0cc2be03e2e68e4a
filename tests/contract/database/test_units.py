"""Units of work, on each database: what is kept, what is undone, what a caller is told."""

import threading
from concurrent.futures import Future
from functools import partial

import pytest
from tests.contract.places import Stop, undo

from isthmus.kernel.database import (
    Database,
    Row,
    StatementRefused,
    Transaction,
    UniqueViolation,
)


@pytest.fixture(autouse=True)
def _items(database: Database) -> None:
    def create(tx: Transaction) -> None:
        dialect = tx.dialect
        tx.execute(f'CREATE TABLE "Item" ("Id" {dialect.text} PRIMARY KEY, "Name~" {dialect.text})')
        tx.execute('CREATE UNIQUE INDEX "u:Item.Name" ON "Item" ("Name~") WHERE "Name~" <> \'\'')

    database.write(create).result()


def add(tx: Transaction, id_: str, name: str | None = None) -> int:
    return tx.execute('INSERT INTO "Item" ("Id", "Name~") VALUES (?, ?)', (id_, name))


def ids(database: Database) -> list[Row]:
    return database.read_now(lambda reader: reader.rows('SELECT "Id" FROM "Item" ORDER BY "Id"'))


def test_a_unit_is_kept_and_answered(database: Database) -> None:
    assert database.write(lambda tx: add(tx, "a")).result() == 1
    assert ids(database) == [("a",)]


def test_a_unit_sees_its_own_writes_and_others_do_not(database: Database) -> None:
    def unit(tx: Transaction) -> tuple[Row | None, list[Row]]:
        add(tx, "a")
        return tx.row('SELECT "Id" FROM "Item"'), ids(database)

    assert database.write(unit).result() == (("a",), [])


def test_a_unit_that_fails_is_undone_alone(database: Database) -> None:
    def failing(tx: Transaction) -> None:
        add(tx, "lost")
        raise Stop

    futures: list[Future[int]] = []
    futures.append(database.write(lambda tx: add(tx, "a")))
    failed = database.write(failing)
    futures.append(database.write(lambda tx: add(tx, "b")))
    assert [each.result() for each in futures] == [1, 1]
    assert isinstance(failed.exception(), Stop)
    assert ids(database) == [("a",), ("b",)]


def test_a_unit_may_be_alone(database: Database) -> None:
    futures = [database.write(partial(add, id_=f"{n}"), alone=n % 2 == 0) for n in range(6)]
    assert [each.result() for each in futures] == [1] * 6
    assert len(ids(database)) == 6


def test_a_savepoint_undoes_what_its_block_did(database: Database) -> None:
    def unit(tx: Transaction) -> None:
        add(tx, "a")

        def nested() -> None:
            with tx.savepoint():
                add(tx, "lost too")

        undo(tx, lambda: add(tx, "lost"), nested)
        with tx.savepoint():
            add(tx, "b")
            undo(tx, lambda: add(tx, "lost again"))

    database.write(unit).result()
    assert ids(database) == [("a",), ("b",)]


def test_a_unique_index_is_named(database: Database) -> None:
    database.write(lambda tx: add(tx, "a", "same")).result()
    with pytest.raises(UniqueViolation) as refused:
        database.write(lambda tx: add(tx, "b", "same")).result()
    assert refused.value.constraint == "u:Item.Name"
    with pytest.raises(UniqueViolation) as refused:
        database.write(lambda tx: add(tx, "a")).result()
    assert refused.value.constraint == "Item_pkey"


def test_a_unit_goes_on_outside_the_savepoint_that_failed(database: Database) -> None:
    def unit(tx: Transaction) -> None:
        add(tx, "a", "same")
        with pytest.raises(UniqueViolation), tx.savepoint():
            add(tx, "b", "same")
        add(tx, "c", "other")

    database.write(unit).result()
    assert ids(database) == [("a",), ("c",)]


def test_a_unit_does_not_go_on_inside_the_savepoint_that_failed(database: Database) -> None:
    def unit(tx: Transaction) -> None:
        with tx.savepoint():
            add(tx, "a", "same")
            with pytest.raises(UniqueViolation):
                add(tx, "b", "same")
            with pytest.raises(StatementRefused, match="earlier"):
                tx.row('SELECT "Id" FROM "Item"')

    with pytest.raises(UniqueViolation):
        database.write(unit).result()
    assert ids(database) == []


def test_a_failure_that_the_unit_ignores_is_still_one(database: Database) -> None:
    def unit(tx: Transaction) -> str:
        add(tx, "a")
        with pytest.raises(UniqueViolation):
            add(tx, "a")
        return "as if nothing had happened"

    with pytest.raises(UniqueViolation):
        database.write(unit).result()
    assert ids(database) == []


def test_a_wrong_statement_is_refused(database: Database) -> None:
    with pytest.raises(StatementRefused):
        database.write(lambda tx: tx.execute('INSERT INTO "Nothing" VALUES (1)')).result()
    with pytest.raises(StatementRefused):
        database.read_now(lambda reader: reader.rows('SELECT "x" FROM "Nothing"'))
    with pytest.raises(StatementRefused):
        database.read(lambda reader: reader.rows("SELECT FROM WHERE")).result()


def test_rows_that_changed_are_counted(database: Database) -> None:
    def unit(tx: Transaction) -> list[int]:
        tx.execute_many('INSERT INTO "Item" ("Id") VALUES (?)', ((f"{n}",) for n in range(5)))
        return [
            tx.execute('UPDATE "Item" SET "Name~" = NULL WHERE "Id" > ?', ("1",)),
            tx.execute('DELETE FROM "Item" WHERE "Id" = ?', ("none",)),
            tx.execute('SELECT * FROM "Item"'),
            tx.execute('CREATE TABLE "Other" ("Id" INTEGER)'),
            tx.execute('DELETE FROM "Item"'),
        ]

    assert database.write(unit).result() == [3, 0, 0, 0, 5]


def test_a_schema_change_is_undone_too(database: Database) -> None:
    def unit(tx: Transaction) -> None:
        tx.execute(f'ALTER TABLE "Item" ADD COLUMN "Extra" {tx.dialect.double}')
        raise Stop

    with pytest.raises(Stop):
        database.write(unit).result()
    with pytest.raises(StatementRefused):
        database.read_now(lambda reader: reader.rows('SELECT "Extra" FROM "Item"'))


def test_a_unit_that_was_cancelled_in_time_does_not_run(database: Database) -> None:
    busy, go = threading.Event(), threading.Event()

    def occupy(_: Transaction) -> None:
        busy.set()
        go.wait()

    occupied = [database.write(occupy) for _ in range(8)]  # more than any database has writers
    busy.wait()
    cancelled = database.write(lambda tx: add(tx, "never"))
    assert cancelled.cancel()
    go.set()
    for each in occupied:
        each.result()
    database.write(lambda tx: add(tx, "a")).result()
    assert ids(database) == [("a",)]


def test_no_update_is_lost_between_units(database: Database) -> None:
    database.write(lambda tx: tx.execute('INSERT INTO "Item" VALUES (?, ?)', ("n", "0"))).result()

    def increment(tx: Transaction) -> None:
        row = tx.row('SELECT "Name~" FROM "Item" WHERE "Id" = ?', ("n",))
        assert row is not None
        tx.execute('UPDATE "Item" SET "Name~" = ? WHERE "Id" = ?', (str(int(str(row[0])) + 1), "n"))

    for each in [database.write(increment) for _ in range(60)]:
        each.result()
    assert database.read_now(lambda reader: reader.rows('SELECT "Name~" FROM "Item"')) == [("60",)]


def test_units_do_not_pass_each_other_by(database: Database) -> None:
    """Two units that each look for the other's row before they add their own: one of them sees it."""

    def unless(other: str, own: str) -> Future[bool]:
        def unit(tx: Transaction) -> bool:
            if tx.row('SELECT 1 FROM "Item" WHERE "Id" = ?', (other,)) is not None:
                return False
            add(tx, own)
            return True

        return database.write(unit)

    for n in range(30):
        pair = unless(f"{n}b", f"{n}a"), unless(f"{n}a", f"{n}b")
        assert sum(each.result() for each in pair) == 1
