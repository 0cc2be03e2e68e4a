"""PostgreSQL connections: what reads, and what a unit of work reads and writes with."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg import RawCursor, RawServerCursor

from isthmus.kernel.database import POSTGRESQL, DatabaseError, Row, Value
from isthmus.kernel.database.postgresql.refusals import Conflict, is_outdated, refusal
from isthmus.kernel.database.postgresql.sequences import Sequences
from isthmus.kernel.database.postgresql.session import Raw
from isthmus.kernel.database.stopping import Stop
from isthmus.kernel.database.unit import Unit

_STREAMED_AT_ONCE: Final = 2_000
_stream_numbers = itertools.count()


@lru_cache(maxsize=4_096)
def translated(sql: str) -> bytes:
    """The statement with PostgreSQL's numbered parameters in the place of `?`."""
    first, *rest = sql.split("?")
    return "".join((first, *(f"${number}{part}" for number, part in enumerate(rest, 1)))).encode()


class PostgresqlConnection:
    """What can read. One thread at a time."""

    dialect = POSTGRESQL

    def __init__(self, connection: Raw) -> None:
        self._connection = connection
        self._cursor: RawCursor[Any] = RawCursor(connection)

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        try:
            return self._cursor.execute(translated(sql), parameters).fetchall()
        except psycopg.Error as error:
            raise self._refused(error) from error

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        try:
            return self._cursor.execute(translated(sql), parameters).fetchone()
        except psycopg.Error as error:
            raise self._refused(error) from error

    def stream(self, sql: str, parameters: Sequence[Value] = ()) -> Iterator[Row]:
        cursor: RawServerCursor[Any] = RawServerCursor(self._connection, f"stream{next(_stream_numbers)}")
        cursor.itersize = _STREAMED_AT_ONCE
        try:
            yield from cursor.execute(translated(sql), parameters)
        except psycopg.Error as error:
            raise self._refused(error) from error
        finally:
            cursor.close()

    def _refused(self, error: psycopg.Error) -> DatabaseError:
        if is_outdated(error):
            self._connection.close()
        return refusal(error)


class PostgresqlTransaction(Unit, PostgresqlConnection):
    """A unit of work's connection, within a transaction that has begun."""

    def __init__(self, connection: Raw, sequences: Sequences, stop: Stop | None = None) -> None:
        Unit.__init__(self, stop)
        PostgresqlConnection.__init__(self, connection)
        self._sequences = sequences
        self.conflict: Conflict | None = None
        """Set for good once the unit has to run again, even where it goes on."""

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        self.check()
        return PostgresqlConnection.rows(self, sql, parameters)

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        self.check()
        return PostgresqlConnection.row(self, sql, parameters)

    def stream(self, sql: str, parameters: Sequence[Value] = ()) -> Iterator[Row]:
        self.check()
        return PostgresqlConnection.stream(self, sql, parameters)

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        self.check()
        try:
            self._cursor.execute(translated(sql), parameters)
        except psycopg.Error as error:
            raise self._refused(error) from error
        if (self._cursor.statusmessage or "").startswith("SELECT"):
            return 0
        return max(0, self._cursor.rowcount)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        self.check()
        try:
            self._cursor.executemany(translated(sql), rows)
        except psycopg.Error as error:
            raise self._refused(error) from error

    def next_in_sequence(self, name: str, count: int = 1) -> int:
        if count < 1:
            raise ValueError("take one number or more")
        row = self.row("SELECT isthmus_take(?, ?::bigint)", (self._sequences.made(name), count))
        assert row is not None
        assert isinstance(row[0], int)
        return row[0]

    def _frame(self, sql: str) -> None:
        try:
            self._cursor.execute(sql.encode())
        except psycopg.Error as error:
            raise self._refused(error) from error

    def _gone(self) -> bool:
        return self._connection.closed

    def _refused(self, error: psycopg.Error) -> DatabaseError:
        self.failure = PostgresqlConnection._refused(self, error)
        if isinstance(self.failure, Conflict):
            self.conflict = self.failure
        return self.failure
