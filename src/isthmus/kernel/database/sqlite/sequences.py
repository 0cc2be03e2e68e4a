"""Sequences: numbers that are never handed out twice, at the price of gaps.

Numbers come from memory. What is stored is a bound ahead of them, written by the commit that first needs
it: before a number that reaches the bound is acknowledged, a higher bound is on disk. A rollback leaves
both memory and file as they are, so that nothing of this depends on savepoints; after a crash the numbers
go on at the bound. Closing writes down where they really are.
"""

import threading
from typing import Final, cast

import apsw

AHEAD: Final = 100
_TABLE: Final = (
    'CREATE TABLE IF NOT EXISTS "isthmus_sequences" '
    '("name" TEXT PRIMARY KEY, "next" INTEGER NOT NULL) WITHOUT ROWID'
)
_STORE: Final = 'INSERT OR REPLACE INTO "isthmus_sequences" ("name", "next") VALUES (?, ?)'


class Sequences:
    """The sequences of one database. `take` may be called from any thread; the rest from the writer's."""

    def __init__(self, connection: apsw.Connection) -> None:
        """Begin where the file says. Raises apsw.Error."""
        connection.execute(_TABLE)
        stored = connection.execute('SELECT "name", "next" FROM "isthmus_sequences"').fetchall()
        self._bound: dict[str, int] = {str(name): cast(int, following) for name, following in stored}
        self._next: dict[str, int] = dict(self._bound)
        self._wanting: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, name: str, count: int) -> int:
        """The first of `count` numbers that follow each other. Raises ValueError where `count` is not
        positive.
        """
        if count < 1:
            raise ValueError("take one number or more")
        with self._lock:
            first = self._next.get(name, 1)
            self._next[name] = first + count
            if first + count > self._bound.get(name, 1):
                self._wanting[name] = first + count + AHEAD
        return first

    def store(self, cursor: apsw.Cursor) -> dict[str, int]:
        """Write the bounds that are due into the transaction; they count once `stored` is told so."""
        if not self._wanting:
            return {}
        with self._lock:
            due = dict(self._wanting)
        for each in due.items():
            cursor.execute(_STORE, each)
        return due

    def stored(self, bounds: dict[str, int]) -> None:
        """The transaction with these bounds is on disk."""
        with self._lock:
            self._bound.update(bounds)
            for name, bound in bounds.items():
                if self._next[name] <= bound:
                    self._wanting.pop(name, None)

    @property
    def moved(self) -> bool:
        """Whether the file says something else than where the sequences are."""
        return self._next != self._bound

    def settle(self, cursor: apsw.Cursor) -> None:
        """Write down where each sequence is, so that an orderly end leaves no gap."""
        for each in self._next.items():
            cursor.execute(_STORE, each)
