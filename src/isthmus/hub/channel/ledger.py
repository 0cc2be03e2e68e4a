"""The ledger: what became of each message, by route and key, for as long as it is remembered.

What it has forgotten, the idempotent receiver does not know any more: it must remember longer than a source
may send a message again.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from isthmus.hub.channel.counts import COPIES, REDELIVERED, Changes, counted, record
from isthmus.hub.channel.tables import State, among
from isthmus.kernel.database import Connection, Database, Row, Transaction, Value

__all__ = ["Entry", "Forgotten", "Tally", "entries", "forget", "tallies"]

_ENTRIES: Final = (
    'SELECT "id", "channel", "key", "state", "received", "finished", "attempts", "copies", "due", "cause", '
    '"behind" FROM "hub_message" WHERE "id" < ?{} ORDER BY "id" DESC LIMIT ?'
)
_OLDEST: Final = (
    'SELECT "id", "state", "received", "finished" FROM "hub_message" WHERE "id" > ? ORDER BY "id" LIMIT ?'
)
_FORGET: Final = 'DELETE FROM "hub_message" WHERE "id" {} RETURNING "channel", "state"'
_FORGOTTEN_AT_ONCE: Final = 2_000
_STATES: Final = frozenset(State)
_FINISHED: Final = frozenset({State.DELIVERED, State.FILTERED, State.DISCARDED})
_END: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one message. Times are milliseconds of the hub's clock; `copies` counts how often the
    source has brought it, `due` is when a waiting one is sent; `behind` is 1 where one of its order is first.
    """

    id: int
    route: str
    key: str
    state: str
    received: int
    finished: int | None
    attempts: int
    copies: int
    due: int
    cause: str | None
    behind: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages of a route are in each state, and how often any were sent, and brought, again."""

    route: str
    messages: dict[str, int]
    redeliveries: int
    copies: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many messages were forgotten, and behind which id to look for more (0: from the oldest on)."""

    messages: int
    after: int


def entries(
    database: Database,
    *,
    route: str | None = None,
    key: str | None = None,
    state: str | None = None,
    before: int = _END,
    limit: int = 100,
) -> Awaitable[list[Entry]]:
    """The `limit` youngest entries before the id `before`, narrowed by what is given."""
    sql, values = "", list[Value]()
    for column, value in (("channel", route), ("key", key), ("state", state)):
        if value is not None:
            sql, values = sql + f' AND "{column}" = ?', [*values, value]

    def question(connection: Connection) -> list[Entry]:
        rows: list[Any] = connection.rows(_ENTRIES.format(sql), (before, *values, limit))
        return [Entry(*row) for row in rows]

    return database.reading(question)


def tallies(database: Database) -> Awaitable[list[Tally]]:
    """Every route's messages by state."""

    def question(connection: Connection) -> list[Tally]:
        return [
            Tally(
                route,
                {what: count for what, count in counts.items() if what in _STATES},
                counts.get(REDELIVERED, 0),
                counts.get(COPIES, 0),
            )
            for route, counts in counted(connection).items()
        ]

    return database.reading(question)


async def forget(database: Database, before: int, keep: int, after: int = 0) -> Forgotten:
    """Forget what was finished `before` then, and the oldest finished beyond `keep`, behind the id `after`.

    Messages that wait and dead letters stay.
    """
    excess = sum(sum(each.messages.values()) for each in await tallies(database)) - keep
    forgotten = 0
    while True:
        rows: list[Any] = await database.reading(partial(_oldest, after=after))
        finished = [row for row in rows if row[1] in _FINISHED]
        gone = [row[0] for n, row in enumerate(finished) if row[3] < before or forgotten + n < excess]
        if gone:
            forgotten += await database.writing(partial(_delete, gone=gone))
        if len(rows) < _FORGOTTEN_AT_ONCE:
            return Forgotten(forgotten, 0)
        if rows[-1][2] >= before and forgotten >= excess:
            return Forgotten(forgotten, after)
        after = rows[-1][0]


def _oldest(connection: Connection, after: int) -> list[Row]:
    return connection.rows(_OLDEST, (after, _FORGOTTEN_AT_ONCE))


def _delete(tx: Transaction, gone: list[int]) -> int:
    which, values = among(gone)
    rows = tx.rows(_FORGET.format(which), values)
    changes = Changes()
    changes.subtract((str(channel), str(state)) for channel, state in rows)
    record(tx, changes)
    return len(rows)
