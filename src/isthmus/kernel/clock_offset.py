"""The clock's offset, kept in the database: org time goes on from where it was, after a restart too."""

from collections.abc import Sequence
from typing import Final

from isthmus.kernel.clock import DAY, END, SystemClock
from isthmus.kernel.database import (
    Connection,
    Database,
    DatabaseFailed,
    Dialect,
    Migration,
    Transaction,
)

_TOO_LATE: Final = END + 365 * DAY
"""An org that was advanced to the very end may still be opened for a year."""


def _offset_table(d: Dialect) -> Sequence[str]:
    return (f'CREATE TABLE "isthmus_clock" ("offset" {d.integer} NOT NULL)',)


MIGRATIONS: Final = (Migration(1, "the clock's offset", _offset_table),)


def kept_clock(database: Database) -> SystemClock:
    """A clock whose offset `database` keeps: a new one is on disk before it is in force.

    Raises DatabaseFailed where org time is kept as one that the platform has no dates for.
    """

    def read(connection: Connection) -> int:
        row = connection.row('SELECT MAX("offset") FROM "isthmus_clock"')
        return int(row[0]) if row and row[0] is not None else 0

    def keep(offset: int) -> None:
        def replace(transaction: Transaction) -> None:
            transaction.execute('DELETE FROM "isthmus_clock"')
            transaction.execute('INSERT INTO "isthmus_clock" VALUES (?)', (offset,))

        database.write(replace).result()

    clock = SystemClock(database.read_now(read), keep)
    if clock.now() > _TOO_LATE:
        raise DatabaseFailed(
            "the org's clock was advanced beyond the year 4000, where the platform has no dates, and it "
            "never goes back: put a copy of the data from before in its place, or remove it for a new org"
        )
    return clock
