"""SQLite connections: what reads, and what a unit of work reads and writes with."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apsw

from isthmus.kernel.database import (
    SQLITE,
    DatabaseError,
    DatabaseFailed,
    DatabaseFull,
    DatabaseReadOnly,
    Row,
    StatementRefused,
    Transaction,
    Value,
)
from isthmus.kernel.database.sqlite.refusals import refusal
from isthmus.kernel.database.sqlite.sequences import Sequences

_STATEMENTS_CACHED: Final = 500
_BUSY_MILLISECONDS: Final = 10_000
"""How long another program (a user's `sqlite3` shell) may keep us waiting for the file."""
_MAPPED_BYTES: Final = 256 * 1024 * 1024
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
        return connection

    def writer(self) -> apsw.Connection:
        """The connection that writes; makes the file where there is none. Raises DatabaseError."""
        connection = self._open(apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        try:
            if connection.pragma("journal_mode", "wal") != "wal":
                raise DatabaseFailed(
                    f"{self.path} is on a file system that can't share memory: use a local disk"
                )
            connection.pragma("synchronous", self.synchronous)
            connection.pragma("cache_size", -_WRITER_CACHE_KIB)
        except apsw.Error as error:
            raise refusal(error, connection) from error
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
        connection.set_busy_timeout(_BUSY_MILLISECONDS)
        try:
            connection.pragma("mmap_size", _MAPPED_BYTES)
            connection.pragma("temp_store", "MEMORY")
        except apsw.Error as error:
            raise refusal(error, connection) from error
        return connection


class SqliteConnection:
    """What can read. One thread at a time; every statement but a stream's runs on one cursor, which ends
    the last.
    """

    dialect = SQLITE

    def __init__(self, connection: apsw.Connection, cursor: apsw.Cursor | None = None) -> None:
        self._connection = connection
        self._cursor = cursor or connection.cursor()

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

    def snapshot(self, work: Callable[["SqliteConnection"], object]) -> object:
        """Run `work` over one consistent state of the database."""
        execute = self._cursor.execute
        try:
            execute("BEGIN")
        except apsw.Error as error:
            raise self._refused(error) from error
        try:
            return work(self)
        finally:
            if self._connection.in_transaction:
                execute("END")

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def _refused(self, error: apsw.Error) -> DatabaseError:
        return refusal(error, self._connection)


class SqliteTransaction(SqliteConnection):
    """A unit of work's connection, within a transaction that the writer has begun."""

    def __init__(self, connection: apsw.Connection, cursor: apsw.Cursor, sequences: Sequences) -> None:
        self._connection = connection
        self._cursor = cursor
        self._sequences = sequences
        self._depth = 0
        self._failure: DatabaseError | None = None
        self.hooks: list[Callable[[], None]] = []
        self.around: list[Callable[[Transaction], AbstractContextManager[None]]] = []

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        if self._failure is not None:
            raise self._over()
        return super().rows(sql, parameters)

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        if self._failure is not None:
            raise self._over()
        return super().row(sql, parameters)

    def stream(self, sql: str, parameters: Sequence[Value] = ()) -> Iterator[Row]:
        if self._failure is not None:
            raise self._over()
        return super().stream(sql, parameters)

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        if self._failure is not None:
            raise self._over()
        connection = self._connection
        before = connection.total_changes()
        try:
            for _ in self._cursor.execute(sql, parameters):
                pass
        except apsw.Error as error:
            raise self._refused(error) from error
        return connection.total_changes() - before

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        if self._failure is not None:
            raise self._over()
        try:
            for _ in self._cursor.executemany(sql, rows):
                pass
        except apsw.Error as error:
            raise self._refused(error) from error

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        name = f"nested{self._depth}"
        hooks, around = len(self.hooks), len(self.around)
        self.execute(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            yield
            if self._failure is not None:
                raise self._failure
        except BaseException:
            del self.hooks[hooks:]
            del self.around[around:]
            self._undo_to(name)
            raise
        else:
            self.execute(f"RELEASE {name}")
        finally:
            self._depth -= 1

    def on_commit(self, hook: Callable[[], None]) -> None:
        self.hooks.append(hook)

    def around_commit(self, around: Callable[[Transaction], AbstractContextManager[None]]) -> None:
        self.around.append(around)

    def next_in_sequence(self, name: str, count: int = 1) -> int:
        return self._sequences.take(name, count)

    def finish(self) -> None:
        """Raises where a statement has failed, although the unit went on as if nothing had happened."""
        if self._failure is not None:
            raise self._failure

    def _undo_to(self, name: str) -> None:
        if not self._connection.in_transaction:
            return  # SQLite has undone the whole transaction: there is nothing to go on with
        try:
            self._cursor.execute(f"ROLLBACK TO {name}")
            self._cursor.execute(f"RELEASE {name}")
        except apsw.Error as error:
            raise self._refused(error) from error
        self._failure = None

    def _refused(self, error: apsw.Error) -> DatabaseError:
        self._failure = super()._refused(error)
        return self._failure

    def _over(self) -> DatabaseError:
        if isinstance(self._failure, DatabaseFull | DatabaseFailed | DatabaseReadOnly):
            return self._failure
        return StatementRefused(
            f"an earlier statement has failed, so that its savepoint is over: {self._failure}"
        )
