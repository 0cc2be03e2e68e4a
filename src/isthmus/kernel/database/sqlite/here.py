"""Here: reads in the thread that asks, over a snapshot that is kept from one commit to the next.

To begin and end a snapshot costs as much as a point read itself (two locks on the file, each a call of the
system). Until something is committed the next snapshot would be the same one, so it stays open; after a
commit it is no longer used. The writer has it closed before each commit, for a checkpoint that follows can't
pass an open snapshot, and the WAL would grow; while the commit runs, each read has a snapshot of its own.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from isthmus.kernel.database import Connection, DatabaseClosed, Row, Value
from isthmus.kernel.database.sqlite.connection import SqliteConnection

T = TypeVar("T")


class Here:
    """Reads on one connection, of any thread, one at a time."""

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self._reading = False
        self._commits = 0
        self._begun_after: int | None = None
        """The number of commits of which the open snapshot knows; None where none is open."""
        self._committing = False
        self._closed = False

    def row(self, sql: str, parameters: Sequence[Value]) -> Row | None:
        """The row of a statement that gives one at most."""
        with self._lock:
            if self._reading:
                return self._connection.row(sql, parameters)
            if self._begun_after != self._commits:
                self._begin()
            try:
                found = self._connection.rows(sql, parameters)
            finally:
                if self._committing:
                    self._end()
            return found[0] if found else None

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` over one consistent state; inside another `read` of the same thread, over that one's."""
        with self._lock:
            if self._reading:
                return work(self._connection)
            if self._begun_after != self._commits:
                self._begin()
            self._reading = True
            try:
                return work(self._connection)
            finally:
                self._reading = False
                if self._committing:
                    self._end()

    @contextmanager
    def let_go(self) -> Iterator[None]:
        """A commit. A read that is under way is not waited for: it may itself wait for the commit."""
        self._committing = True
        if self._lock.acquire(blocking=False):
            self._end()
            self._lock.release()
        try:
            yield
        finally:
            self._commits += 1
            self._committing = False

    def close(self) -> bool:
        """Refuse from now on; whether that is new."""
        with self._lock:
            if self._closed:
                return False
            self._end()
            self._closed = True
            return True

    def _begin(self) -> None:
        if self._closed:
            raise DatabaseClosed("the database is closed: the program is going down")
        self._end()
        known = self._commits
        self._connection.begin()
        self._begun_after = known

    def _end(self) -> None:
        self._begun_after = None
        self._connection.end()
