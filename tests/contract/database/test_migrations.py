"""Migrations, on each database: forward only, all or nothing, and never under an older program."""

import pytest
from tests.contract.places import Place

from isthmus.kernel.clock import ManualClock
from isthmus.kernel.database import Database, Dialect, Migration, StatementRefused
from isthmus.kernel.database.migrations import DatabaseTooNew, migrate, version


def _first(dialect: Dialect) -> list[str]:
    return [f'CREATE TABLE "isthmus_things" ("name" {dialect.text} PRIMARY KEY)']


def _second(dialect: Dialect) -> list[str]:
    return [
        f'ALTER TABLE "isthmus_things" ADD COLUMN "size" {dialect.integer} NOT NULL DEFAULT 1',
        'CREATE INDEX "isthmus_things_size" ON "isthmus_things" ("size")',
    ]


def _broken(_: Dialect) -> list[str]:
    return ['CREATE TABLE "isthmus_more" ("x" INTEGER)', 'INSERT INTO "isthmus_nothing" VALUES (1)']


FIRST = Migration(1, "things", _first)
SECOND = Migration(2, "their sizes", _second)


def at(database: Database, component: str = "things") -> int:
    return database.read_now(lambda reader: version(reader, component))


def test_what_is_missing_is_applied_once(database: Database) -> None:
    clock = ManualClock()
    assert at(database) == 0
    assert migrate(database, "things", [FIRST, SECOND], clock) == 2
    assert migrate(database, "things", [FIRST, SECOND], clock) == 0
    sql = 'SELECT "component", "version", "title", "applied" FROM "isthmus_migrations" ORDER BY "version"'
    assert database.read_now(lambda reader: reader.rows(sql)) == [
        ("things", 1, "things", clock.now()),
        ("things", 2, "their sizes", clock.now()),
    ]


def test_a_database_of_an_earlier_version_comes_forward_with_its_rows(
    place: Place, database: Database
) -> None:
    migrate(database, "things", [FIRST])
    database.write(lambda tx: tx.execute('INSERT INTO "isthmus_things" VALUES (?)', ("old",))).result()
    database.close()
    again = place.open()
    assert migrate(again, "things", [FIRST, SECOND]) == 1
    assert again.read_now(lambda reader: reader.rows('SELECT * FROM "isthmus_things"')) == [("old", 1)]
    assert at(again) == 2


def test_components_count_for_themselves(database: Database) -> None:
    migrate(database, "things", [FIRST])
    assert at(database, "others") == 0
    assert migrate(database, "others", []) == 0


def test_a_migration_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(StatementRefused):
        migrate(database, "things", [FIRST, Migration(2, "broken", _broken)])
    assert at(database) == 0
    migrate(database, "things", [FIRST])
    assert at(database) == 1


def test_an_older_program_is_refused(database: Database) -> None:
    migrate(database, "things", [FIRST, SECOND])
    with pytest.raises(DatabaseTooNew, match="things have version 2, this program knows versions up to 1"):
        migrate(database, "things", [FIRST])


def test_versions_count_up_from_one(database: Database) -> None:
    with pytest.raises(ValueError, match="count up"):
        migrate(database, "things", [SECOND])
