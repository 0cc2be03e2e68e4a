"""Positions: how each database sees to it that they are committed in the order in which they are taken.

Both take them last before a commit. On SQLite one process owns the files, and keeps in memory which
positions are taken and not yet committed: readers stop before the first of these. On PostgreSQL whoever
takes positions holds a lock until its commit can be seen, so that what can be seen has no holes that will
be filled.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from isthmus.kernel.database import Transaction

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('isthmus journal ' || current_schema(), 0))"
_SEQUENCE: Final = "journal"


class InProcess:
    """Positions above `last`, shared by the writers of one process."""

    def __init__(self, last: int) -> None:
        self._next = last + 1
        self._uncommitted: set[int] = set()
        self._lock = threading.Lock()

    @contextmanager
    def take(self, tx: Transaction, count: int) -> Iterator[int]:
        """Take `count` positions, the first of which is given, until the commit has ended."""
        with self._lock:
            first = self._next
            self._next += count
            self._uncommitted.add(first)
        try:
            yield first
        finally:
            with self._lock:
                self._uncommitted.remove(first)

    def visible(self) -> int | None:
        """The position up to which everything is committed or given up; readers may go so far."""
        with self._lock:
            return min(self._uncommitted, default=self._next) - 1


class OnServer:
    """Positions from a sequence of the server, shared by all processes."""

    @contextmanager
    def take(self, tx: Transaction, count: int) -> Iterator[int]:
        """Take `count` positions, the first of which is given, until the commit has ended."""
        tx.row(_LOCK)
        yield tx.next_in_sequence(_SEQUENCE, count)

    def visible(self) -> int | None:
        """None: whatever can be seen may be read."""
        return None
