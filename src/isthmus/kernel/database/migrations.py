"""Migrations: a component's own tables, brought forward to what the program expects, never back.

Each component (`journal`, `limits`, …) counts its versions from 1. What has been applied is written in
`isthmus_migrations`, in the transaction that applied it.
"""

from collections.abc import Sequence
from typing import Final

from isthmus.kernel.clock import Clock, SystemClock
from isthmus.kernel.database import Connection, Database, DatabaseError, Dialect, Migration, Transaction

_INSERT: Final = (
    'INSERT INTO "isthmus_migrations" ("component", "version", "title", "applied") VALUES (?, ?, ?, ?)'
)
_VERSION: Final = 'SELECT MAX("version") FROM "isthmus_migrations" WHERE "component" = ?'

_REAL: Final = SystemClock()


class DatabaseTooNew(DatabaseError):
    """A newer program has written this database."""


def migrate(database: Database, component: str, migrations: Sequence[Migration], clock: Clock = _REAL) -> int:
    """Apply what is missing of `migrations` (versions 1, 2, 3, …), all or nothing; returns how many that
    were.

    Raises DatabaseTooNew where the database has a later version than the last of `migrations`, ValueError
    where the versions do not count up from 1.
    """
    if [each.version for each in migrations] != list(range(1, len(migrations) + 1)):
        raise ValueError(f"the migrations of {component} must count up from 1")
    return database.write(lambda tx: _apply(tx, component, migrations, clock), alone=True).result()


def version(connection: Connection, component: str) -> int:
    """The version that the component's tables have; 0 before its first migration."""
    if not _has_table(connection):
        return 0
    row = connection.row(_VERSION, (component,))
    return row[0] if row and isinstance(row[0], int) else 0


def _apply(tx: Transaction, component: str, migrations: Sequence[Migration], clock: Clock) -> int:
    tx.execute(_table(tx.dialect))
    present = version(tx, component)
    if present > len(migrations):
        raise DatabaseTooNew(
            f"the tables of {component} have version {present}, this program knows versions up to "
            f"{len(migrations)}: use the newer program that wrote them, or a copy of the data from before"
        )
    missing = migrations[present:]
    for each in missing:
        for statement in each.statements(tx.dialect):
            tx.execute(statement)
        tx.execute(_INSERT, (component, each.version, each.title, clock.real_now()))
    return len(missing)


def _table(dialect: Dialect) -> str:
    return (
        'CREATE TABLE IF NOT EXISTS "isthmus_migrations" ('
        f'"component" {dialect.text} NOT NULL, "version" {dialect.integer} NOT NULL, '
        f'"title" {dialect.text} NOT NULL, "applied" {dialect.integer} NOT NULL, '
        'PRIMARY KEY ("component", "version"))'
    )


def _has_table(connection: Connection) -> bool:
    if connection.dialect.name == "sqlite":
        return connection.row("SELECT 1 FROM sqlite_schema WHERE name = 'isthmus_migrations'") is not None
    return connection.row("SELECT 1 WHERE to_regclass('isthmus_migrations') IS NOT NULL") is not None
