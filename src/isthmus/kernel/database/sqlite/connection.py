"""SQLite connections: what reads, and what a unit of work reads and writes with."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apsw

from isthmus.kernel.database import (
    SQLITE,
    DatabaseError,
    DatabaseFailed,
    Row,
    Value,
)
from isthmus.kernel.database.sqlite.functions import add_functions
from isthmus.kernel.database.sqlite.refusals import refusal
from isthmus.kernel.database.sqlite.sequences import Sequences
from isthmus.kernel.database.stopping import Stop
from isthmus.kernel.database.unit import Unit

_STATEMENTS_CACHED: Final = 500
_BUSY_MILLISECONDS: Final = 10_000
"""How long another program (a user's `sqlite3` shell) may keep us waiting for the file."""
_BUSY_AT_OPENING_MILLISECONDS: Final = 1_000
"""The same while nobody is served yet, and somebody waits for the start."""
_MAPPED_BYTES: Final = 256 * 1024 * 1024
_WAL_BYTES_KEPT: Final = 64 * 1024 * 1024
"""What stays of a WAL that a very large transaction has blown up."""
STEPS_BETWEEN_LOOKS: Final = 20_000
"""Of SQLite's virtual machine, which takes some tens of millions a second."""
_READER_CACHE_KIB: Final = 16 * 1024
_WRITER_CACHE_KIB: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Opening:
    """How the connections of one database are opened: the file, its VFS, and how hard a commit is."""

    path: Path
    vfs: str | None = None
    synchronous: str = "FULL"

    def reader(self) -> apsw.Connection:
        """A connection that only reads. Raises DatabaseError."""
        connection = self._open(apsw.SQLITE_OPEN_READWRITE)
        connection.pragma("query_only", True)
        connection.pragma("cache_size", -_READER_CACHE_KIB)
        connection.set_busy_timeout(_BUSY_MILLISECONDS)
        return connection

    def writer(self) -> apsw.Connection:
        """The connection that writes; makes the file where there is none.

        Raises DatabaseError: DatabaseBusy where another program has locked the file.
        """
        connection = self._open(apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        try:
            if connection.pragma("journal_mode", "wal") != "wal":
                raise DatabaseFailed(
                    f"{self.path} is on a file system that can't share memory: use a local disk"
                )
            connection.pragma("synchronous", self.synchronous)
            connection.pragma("journal_size_limit", _WAL_BYTES_KEPT)
            connection.pragma("cache_size", -_WRITER_CACHE_KIB)
            connection.execute("BEGIN IMMEDIATE; ROLLBACK")  # whether it can be written at all
        except apsw.Error as error:
            raise refusal(error, connection) from error
        connection.set_busy_timeout(_BUSY_MILLISECONDS)
        return connection

    def _open(self, flags: int) -> apsw.Connection:
        try:
            connection = apsw.Connection(
                str(self.path), flags=flags, vfs=self.vfs, statementcachesize=_STATEMENTS_CACHED
            )
        except apsw.Error as error:
            raise DatabaseFailed(
                f"{self.path} can't be opened: check that it and its folder can be read and written"
            ) from error
        connection.set_busy_timeout(_BUSY_AT_OPENING_MILLISECONDS)
        # A quoted name that is no column is an error, not a text, as on PostgreSQL.
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
        try:
            connection.pragma("mmap_size", _MAPPED_BYTES)
            connection.pragma("temp_store", "MEMORY")
            add_functions(connection)
        except apsw.Error as error:
            raise refusal(error, connection) from error
        return connection


class SqliteConnection:
    """What can read. One thread at a time; every statement but a stream's runs on one cursor, which ends
    the last.
    """

    dialect = SQLITE

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        try:
            return self._cursor.execute(sql, parameters).fetchall()
        except apsw.Error as error:
            raise self._refused(error) from error

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        try:
            return self._cursor.execute(sql, parameters).fetchone()
        except apsw.Error as error:
            raise self._refused(error) from error

    def stream(self, sql: str, parameters: Sequence[Value] = ()) -> Iterator[Row]:
        cursor = self._connection.cursor()
        try:
            yield from cursor.execute(sql, parameters)
        except apsw.Error as error:
            raise self._refused(error) from error
        finally:
            cursor.close(True)

    def snapshot(self, work: Callable[["SqliteConnection"], object], stop: Stop | None = None) -> object:
        """Run `work` over one consistent state of the database. Raises DatabaseStopped, where it was."""
        if stop is not None:
            self._connection.set_progress_handler(lambda: stop.wanted, STEPS_BETWEEN_LOOKS)
        try:
            self.begin()
            return work(self)
        finally:
            self._connection.set_progress_handler(None)
            self.end()

    def begin(self) -> None:
        """Begin a snapshot. Raises DatabaseError."""
        try:
            self._cursor.execute("BEGIN")
        except apsw.Error as error:
            raise self._refused(error) from error

    def end(self) -> None:
        """End the snapshot, where there is one (an error may have ended it)."""
        if self._connection.in_transaction:
            self._cursor.execute("ROLLBACK")

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def close(self) -> None:
        """End the last statement, for which SQLite would keep an old state of the file."""
        self._cursor.close(True)

    def _refused(self, error: apsw.Error) -> DatabaseError:
        self._cursor.close(True)  # a cursor gives the error of its last statement to the next one too
        self._cursor = self._connection.cursor()
        return refusal(error, self._connection)


class SqliteTransaction(Unit, SqliteConnection):
    """A unit of work's connection, within a transaction that the writer has begun."""

    def __init__(self, connection: apsw.Connection, sequences: Sequences, stop: Stop | None = None) -> None:
        Unit.__init__(self, stop)
        SqliteConnection.__init__(self, connection)
        self._sequences = sequences

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        if self.failure is not None or self.stop.wanted:
            self.check()
        return SqliteConnection.rows(self, sql, parameters)

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        if self.failure is not None or self.stop.wanted:
            self.check()
        return SqliteConnection.row(self, sql, parameters)

    def stream(self, sql: str, parameters: Sequence[Value] = ()) -> Iterator[Row]:
        self.check()
        return SqliteConnection.stream(self, sql, parameters)

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        if self.failure is not None or self.stop.wanted:
            self.check()
        connection = self._connection
        before = connection.total_changes()
        try:
            for _ in self._cursor.execute(sql, parameters):
                pass
        except apsw.Error as error:
            raise self._refused(error) from error
        return connection.total_changes() - before

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        self.check()
        try:
            for _ in self._cursor.executemany(sql, rows):
                pass
        except apsw.Error as error:
            raise self._refused(error) from error

    def next_in_sequence(self, name: str, count: int = 1) -> int:
        return self._sequences.take(name, count)

    def _frame(self, sql: str) -> None:
        try:
            self._cursor.execute(sql)
        except apsw.Error as error:
            raise self._refused(error) from error

    def _gone(self) -> bool:
        return not self._connection.in_transaction

    def _refused(self, error: apsw.Error) -> DatabaseError:
        self.failure = super()._refused(error)
        return self.failure
