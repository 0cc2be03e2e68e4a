"""PostgreSQL: statements as it wants them, names as long as it takes them, and a server that is not there."""

import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import Future

import psycopg
import pytest
from tests.contract.places import postgresql_place, server

from isthmus.kernel.database import (
    Connection,
    DatabaseBusy,
    DatabaseFailed,
    Row,
    Transaction,
)
from isthmus.kernel.database.postgresql import PostgresqlDatabase
from isthmus.kernel.database.postgresql.connection import translated
from isthmus.kernel.database.postgresql.sequences import NAME_BYTES_MAX, stored_name
from isthmus.kernel.database.postgresql.units import RUNS_MAX


@pytest.fixture
def database() -> Iterator[PostgresqlDatabase]:
    with postgresql_place() as place:
        database = place.open()
        assert isinstance(database, PostgresqlDatabase)
        yield database


def test_parameters_are_numbered() -> None:
    assert translated('SELECT "a" FROM "T" WHERE "b" = ? AND "c" IN (?, ?)') == (
        b'SELECT "a" FROM "T" WHERE "b" = $1 AND "c" IN ($2, $3)'
    )
    assert translated("SELECT 100 % 7") == b"SELECT 100 % 7"


def test_names_of_sequences_stay_different_where_they_are_cut() -> None:
    long = "number:A_Very_Long_Name_Of_An_Object__c.A_Very_Long_Name_Of_Its_Field_"
    names = {stored_name(name) for name in ("id:001", f"{long}1__c", f"{long}2__c", "ä" * 60)}
    assert len(names) == 4
    assert all(len(name.encode()) <= NAME_BYTES_MAX for name in names)
    assert stored_name("id:001") == "isthmus_sequence:id:001"


def test_a_server_that_is_not_there_is_named() -> None:
    url = "postgresql://isthmus:secret@127.0.0.1:1/test"
    with pytest.raises(DatabaseFailed, match="no PostgreSQL server answers: check that it runs") as failed:
        PostgresqlDatabase(url)
    assert "Connection refused" in str(failed.value)
    assert "secret" not in "".join(traceback.format_exception(failed.value))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://isthmus:s3cret pw@127.0.0.1:5432/test",
        "postgresql://isthmus:s3cret@[::1/test",
        "postgresql://isthmus:s3cret@127.0.0.1:port/test",
        "postgresql://isthmus:s3%zzcret@127.0.0.1/test",
        "postgres:/isthmus:s3cret@h/x",
        "postgresql://isthmus:pa@s3cret@127.0.0.1/test",
        "postgresql://isthmus:pa/s3cret@127.0.0.1/test",
        "postgresql://isthmus:12/s3cret@127.0.0.1/test",
        "postgresql://isthmus:s3cret@127.0.0.1/test?s3cret=1",
    ],
)
def test_a_url_that_can_not_be_read_is_not_told_to_anybody(url: str) -> None:
    with pytest.raises(
        DatabaseFailed, match="the storage URL can't be read: write postgresql://USER"
    ) as failed:
        PostgresqlDatabase(url)
    assert "s3cret" not in "".join(traceback.format_exception(failed.value))


def backend(tx: Transaction) -> object:
    row = tx.row("SELECT pg_backend_pid()")
    return row[0] if row else None


def end_backend(pid: object) -> None:
    with psycopg.connect(server(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))


def test_a_unit_whose_connection_is_lost_runs_once_more(database: PostgresqlDatabase) -> None:
    database.write(lambda tx: tx.execute('CREATE TABLE "Item" ("n" BIGINT)')).result()
    runs: list[object] = []

    def unit(tx: Transaction) -> int:
        runs.append(backend(tx))
        if len(runs) == 1:
            end_backend(runs[0])
        return tx.execute('INSERT INTO "Item" VALUES (1)')

    assert database.write(unit).result() == 1
    assert len(set(runs)) == 2
    assert database.read_now(lambda reader: reader.rows('SELECT * FROM "Item"')) == [(1,)]


def test_a_unit_whose_connection_is_lost_again_fails(database: PostgresqlDatabase) -> None:
    def unit(tx: Transaction) -> object:
        end_backend(backend(tx))
        return tx.row("SELECT 1")

    with pytest.raises(DatabaseFailed, match="did not answer"):
        database.write(unit).result()
    assert database.write(lambda tx: tx.row("SELECT 1")).result() == (1,)


def test_reads_go_on_after_a_lost_connection(database: PostgresqlDatabase) -> None:
    pid = database.read_now(lambda reader: reader.row("SELECT pg_backend_pid()"))
    end_backend(pid[0] if pid else None)
    assert database.read_now(lambda reader: reader.row("SELECT 1")) == (1,)


def test_statements_that_were_prepared_before_a_table_changed_still_run(database: PostgresqlDatabase) -> None:
    database.write(lambda tx: tx.execute('CREATE TABLE "Item" ("n" BIGINT)')).result()
    database.write(lambda tx: tx.execute('INSERT INTO "Item" VALUES (7)')).result()

    def read(reader: Connection) -> Row | None:
        return reader.row('SELECT "n" FROM "Item" WHERE 1 = ?', (1,))

    for _ in range(8):
        assert database.read_now(read) == (7,)
        assert database.write(read).result() == (7,)
    database.write(lambda tx: tx.execute('ALTER TABLE "Item" ALTER COLUMN "n" TYPE TEXT')).result()
    for _ in range(8):
        assert database.read_now(read) == ("7",)
        assert database.write(read).result() == ("7",)


def test_a_unit_that_others_always_undo_gives_up(database: PostgresqlDatabase) -> None:
    database.write(lambda tx: tx.execute('CREATE TABLE "Item" ("n" BIGINT)')).result()
    database.write(lambda tx: tx.execute('INSERT INTO "Item" VALUES (0)')).result()
    runs = 0

    def other() -> None:
        database.write(lambda tx: tx.execute('UPDATE "Item" SET "n" = "n" + 1')).result()

    def unlucky(tx: Transaction) -> int:
        nonlocal runs
        runs += 1
        tx.row('SELECT "n" FROM "Item"')
        other()
        return tx.execute('UPDATE "Item" SET "n" = -1')

    with pytest.raises(DatabaseBusy, match="try again later"):
        database.write(unlucky).result()
    assert runs == RUNS_MAX
    assert database.read_now(lambda reader: reader.row('SELECT "n" FROM "Item"')) == (RUNS_MAX,)


def test_units_that_wait_for_each_other_both_end(database: PostgresqlDatabase) -> None:
    """Each locks a row, then wants the other's: the server ends one of them, which runs again."""
    database.write(lambda tx: tx.execute('CREATE TABLE "Item" ("n" BIGINT)')).result()
    database.write(lambda tx: tx.execute_many('INSERT INTO "Item" VALUES (?)', [(1,), (2,)])).result()
    met = threading.Barrier(2)
    runs: list[int] = []

    def unit(mine: int, other: int) -> Future[int]:
        def work(tx: Transaction) -> int:
            first = mine not in runs
            runs.append(mine)
            tx.execute('UPDATE "Item" SET "n" = "n" WHERE "n" = ?', (mine,))
            if first:
                met.wait(30)
            return tx.execute('UPDATE "Item" SET "n" = "n" WHERE "n" = ?', (other,))

        return database.write(work)

    assert [each.result() for each in (unit(1, 2), unit(2, 1))] == [1, 1]
    assert len(runs) >= 3
