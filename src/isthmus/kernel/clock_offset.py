"""The clock's offset, kept in the database: org time goes on from where it was, after a restart too."""

from collections.abc import Sequence
from typing import Final

from isthmus.kernel.clock import SystemClock
from isthmus.kernel.database import Connection, Database, Dialect, Migration, Transaction


def _offset_table(d: Dialect) -> Sequence[str]:
    return (f'CREATE TABLE "isthmus_clock" ("offset" {d.integer} NOT NULL)',)


MIGRATIONS: Final = (Migration(1, "the clock's offset", _offset_table),)


def kept_clock(database: Database) -> SystemClock:
    """A clock whose offset `database` keeps: a new one is on disk before it is in force."""

    def read(connection: Connection) -> int:
        row = connection.row('SELECT MAX("offset") FROM "isthmus_clock"')
        return int(row[0]) if row and row[0] is not None else 0

    def keep(offset: int) -> None:
        def replace(transaction: Transaction) -> None:
            transaction.execute('DELETE FROM "isthmus_clock"')
            transaction.execute('INSERT INTO "isthmus_clock" VALUES (?)', (offset,))

        database.write(replace).result()

    return SystemClock(database.read_now(read), keep)
