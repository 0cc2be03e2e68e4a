"""Counts: how many messages of each channel are in each state, so that nobody has to count them.

They change in the commit that changes the messages. Each is kept as several numbers that are added up: units
that run side by side (PostgreSQL) then seldom wait for the same one.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, TypeAlias
from zlib import crc32

from isthmus.kernel.database import Connection, Transaction

__all__ = ["COPIES", "REDELIVERED", "Changes", "counted", "record", "slot"]

REDELIVERED: Final = "redelivered"
"""How often messages were sent again."""
COPIES: Final = "copies"
"""How often messages were brought again."""
_SLOTS: Final = 16
_ADD: Final = (
    'INSERT INTO "hub_count" ("channel", "what", "slot", "count") VALUES (?, ?, ?, ?) '
    'ON CONFLICT ("channel", "what", "slot") DO UPDATE SET "count" = "hub_count"."count" + excluded."count"'
)
_SUMS: Final = (
    'SELECT "channel", "what", CAST(SUM("count") AS BIGINT) FROM "hub_count"{} GROUP BY "channel", "what" '
    'ORDER BY "channel", "what"'
)

Changes: TypeAlias = Counter[tuple[str, str]]
"""By channel and what: a state, REDELIVERED or COPIES."""


def slot(*names: str) -> int:
    """Where a unit that bears these names counts."""
    return crc32(" ".join(names).encode()) % _SLOTS


def record(tx: Transaction, changes: Changes, slot: int = 0) -> None:
    """Change the counts by `changes`."""
    rows = [(channel, what, slot, count) for (channel, what), count in sorted(changes.items()) if count]
    tx.execute_many(_ADD, rows)


def counted(connection: Connection, channel: str | None = None) -> dict[str, dict[str, int]]:
    """What is counted of each channel, or of one; without what there is none of."""
    narrowed: tuple[str, Sequence[str]] = (
        ("", ()) if channel is None else (' WHERE "channel" = ?', (channel,))
    )
    found: dict[str, dict[str, int]] = {}
    rows: list[Any] = connection.rows(_SUMS.format(narrowed[0]), narrowed[1])
    for name, what, count in rows:
        if count:
            found.setdefault(name, {})[what] = count
    return found
