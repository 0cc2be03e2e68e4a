"""Held: how much of what there may be at the same time, such as clients, other processes of one org hold.

Each process says now and then in the database what it holds, and until when that is good, and reads what the
others have said: one write for all, however often something is taken and given back meanwhile. What a process
that has died held is given back when its word is no longer good.
"""

from collections.abc import Mapping
from typing import Final

from isthmus.kernel.clock import SECOND, Clock
from isthmus.kernel.database import Dialect, Migration, Transaction

SHARED_EVERY: Final = 10 * SECOND
"""How old what a process knows of the others may be."""
_GOOD_FOR: Final = 6 * SHARED_EVERY
_SAY: Final = (
    'INSERT INTO "isthmus_held" ("process", "limit", "held", "until") VALUES (?, ?, ?, ?) '
    'ON CONFLICT ("process", "limit") DO UPDATE SET "held" = excluded."held", "until" = excluded."until"'
)


def _held(dialect: Dialect) -> tuple[str, ...]:
    return (
        f'CREATE TABLE "isthmus_held" ("process" {dialect.text} NOT NULL, "limit" {dialect.text} NOT NULL, '
        f'"held" {dialect.integer} NOT NULL, "until" {dialect.integer} NOT NULL, '
        'PRIMARY KEY ("process", "limit"))',
    )


MIGRATION: Final = Migration(3, "what each process holds of a limit", _held)


class Held:
    """What the others hold. For the event loop; `exchange` and `give_back` are units of work."""

    def __init__(self, clock: Clock, process: str) -> None:
        self._clock = clock
        self._process = process
        self._others: Mapping[str, int] = {}

    def elsewhere(self, limit: str) -> int:
        """How much other processes hold, as far as is known."""
        return self._others.get(limit, 0)

    def exchange(self, tx: Transaction, own: Mapping[str, int]) -> Mapping[str, int]:
        """Say what this process holds; what all others do, by limit."""
        now = self._clock.now()
        tx.execute('DELETE FROM "isthmus_held" WHERE "until" <= ?', (now,))
        tx.execute_many(_SAY, [(self._process, limit, held, now + _GOOD_FOR) for limit, held in own.items()])
        rows = tx.rows(
            'SELECT "limit", SUM("held") FROM "isthmus_held" WHERE "process" <> ? GROUP BY "limit"',
            (self._process,),
        )
        return {str(limit): int(held) for limit, held in rows if isinstance(held, int)}

    def know(self, others: Mapping[str, int]) -> None:
        """Take over what `exchange` has found."""
        self._others = others

    def give_back(self, tx: Transaction) -> None:
        """This process ends."""
        tx.execute('DELETE FROM "isthmus_held" WHERE "process" = ?', (self._process,))
