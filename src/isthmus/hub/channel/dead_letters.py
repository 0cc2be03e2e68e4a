"""Dead letter channel: messages that could not be delivered, with their cause, kept until somebody decides.

They are replayed into their route, singly or all, or discarded. Until then they stay, whatever their age.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from isthmus.hub.channel.arrival import decode
from isthmus.hub.channel.counts import Changes, record
from isthmus.hub.channel.lanes import first_goes_on
from isthmus.hub.channel.tables import State
from isthmus.kernel.database import Connection, Database, Transaction, Value

__all__ = ["DeadLetter", "dead_letters", "discard", "replay"]

_SELECT: Final = (
    'SELECT "id", "channel", "key", "cause", "attempts", "received", "finished", "payload" '
    f'FROM "hub_message" WHERE "state" = \'{State.DEAD}\' AND "id" > ?{{}} ORDER BY "id" LIMIT ?'
)
_REPLAY: Final = (
    f'UPDATE "hub_message" SET "state" = \'{State.WAITING}\', "since" = ?, "due" = ?, "failures" = 0, '
    '"finished" = NULL, "behind" = CASE WHEN "lane" IS NULL THEN 0 ELSE 1 END '
    f"WHERE \"state\" = '{State.DEAD}'"
)
_DISCARD: Final = (
    f'UPDATE "hub_message" SET "state" = \'{State.DISCARDED}\', "payload" = NULL, "finished" = ? '
    f"WHERE \"state\" = '{State.DEAD}'"
)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message with its whole payload. Times are milliseconds of the hub's clock."""

    id: int
    route: str
    key: str
    cause: str
    attempts: int
    received: int
    died: int
    body: Any
    headers: dict[str, str]


def dead_letters(
    database: Database, *, route: str | None = None, after: int = 0, limit: int = 100
) -> Awaitable[list[DeadLetter]]:
    """The next `limit` of them by age, behind the id `after`; of one route or all."""
    narrowed, values = _narrowed(route, None)

    def question(connection: Connection) -> list[DeadLetter]:
        rows = connection.rows(_SELECT.format(narrowed), (after, *values, limit))
        return [_letter(*row) for row in rows]

    return database.reading(question)


def replay(
    database: Database, now: int, *, route: str | None = None, ids: Sequence[int] | None = None
) -> Awaitable[dict[str, list[int]]]:
    """Send dead letters once more, as if they had just come; which, by route."""
    return _decide(database, State.WAITING, _REPLAY, (now, now), route, ids)


def discard(
    database: Database, now: int, *, route: str | None = None, ids: Sequence[int] | None = None
) -> Awaitable[dict[str, list[int]]]:
    """Give dead letters up, payload and all; the ledger remembers it. Which, by route."""
    return _decide(database, State.DISCARDED, _DISCARD, (now,), route, ids)


def _decide(
    database: Database,
    state: State,
    sql: str,
    values: tuple[Value, ...],
    route: str | None,
    ids: Sequence[int] | None,
) -> Awaitable[dict[str, list[int]]]:
    narrowed, narrowing = _narrowed(route, ids)

    def unit(tx: Transaction) -> dict[str, list[int]]:
        returning = f'{sql}{narrowed} RETURNING "channel", "id", "lane"'
        rows: list[Any] = tx.rows(returning, (*values, *narrowing))
        found: dict[str, list[int]] = {}
        for channel, number, _ in rows:
            found.setdefault(channel, []).append(number)
        changes = Changes({(channel, state): len(ids) for channel, ids in found.items()})
        changes.subtract({(channel, State.DEAD): len(ids) for channel, ids in found.items()})
        record(tx, changes)
        if state is State.WAITING:
            first_goes_on(tx, {(channel, lane) for channel, _, lane in rows if lane is not None})
        return found

    return database.writing(unit)


def _narrowed(route: str | None, ids: Sequence[int] | None) -> tuple[str, tuple[Value, ...]]:
    """The conditions beside that of the state."""
    sql, values = "", list[Value]()
    if route is not None:
        sql, values = sql + ' AND "channel" = ?', [*values, route]
    if ids is not None:
        sql, values = sql + f' AND "id" IN ({", ".join("?" * len(ids)) or "NULL"})', [*values, *ids]
    return sql, tuple(values)


def _letter(*row: Any) -> DeadLetter:
    identity, route, key, cause, attempts, received, died, payload = row
    message = decode(key, payload)
    return DeadLetter(
        identity, route, key, cause or "", attempts, received, died, message.body, dict(message.headers)
    )
