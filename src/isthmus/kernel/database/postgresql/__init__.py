"""PostgreSQL: a schema of a database, which several processes may share.

Each unit of work has a transaction of its own on its thread's connection, at the level SERIALIZABLE: a unit
sees the database as if it ran alone, as on SQLite, and runs again where another one was in its way.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

import psycopg
from psycopg import sql

from isthmus.kernel.database import POSTGRESQL, Connection, DatabaseClosed, Row, Value
from isthmus.kernel.database.counting import total
from isthmus.kernel.database.postgresql.bounds import READS, WRITES, Bounds
from isthmus.kernel.database.postgresql.connection import PostgresqlConnection
from isthmus.kernel.database.postgresql.refusals import ServerLost, refusal
from isthmus.kernel.database.postgresql.sequences import TAKE, Sequences
from isthmus.kernel.database.postgresql.session import Session
from isthmus.kernel.database.postgresql.units import Units
from isthmus.kernel.database.queues import Queues
from isthmus.kernel.database.stopping import Stop
from isthmus.kernel.database.work_queue import WAITING_MAX

T = TypeVar("T")
WRITERS: Final = 4
READERS: Final = 2
_SNAPSHOT: Final = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SETTING_UP: Final = 0x4953_5448_0000_0001
"""The advisory lock under which the schema is made."""


class PostgresqlDatabase(Queues):
    """The schema `schema` of the database at `url`, made where there is none. Raises DatabaseFailed,
    StatementRefused (no right to make the schema), each with what to do.

    `reads` and `writes` bound how long the server may keep a reader or a writer waiting.
    """

    dialect = POSTGRESQL

    def __init__(
        self,
        url: str,
        *,
        schema: str = "isthmus",
        writers: int = WRITERS,
        readers: int = READERS,
        waiting_max: int = WAITING_MAX,
        reads: Bounds = READS,
        writes: Bounds = WRITES,
    ) -> None:
        Queues.__init__(self, waiting_max)
        self.url = url
        self.schema = schema
        self._aside = Session(url, schema, reads)
        self._here = Session(url, schema, reads)
        self._sessions = [self._aside, self._here]
        try:
            _set_up(self._aside, schema)
        except psycopg.Error as error:
            self._aside.close()
            raise refusal(error) from error
        self._sequences = Sequences(self._aside)
        self._here_lock = threading.RLock()
        self._here_busy: PostgresqlConnection | None = None
        self._closed = False
        self._units = [
            Units(Session(url, schema, writes), self._sequences, self._writes) for _ in range(writers)
        ]
        for each in self._units:
            self._writes.start(each.run)
        for _ in range(readers):
            session = Session(url, schema, reads)
            self._sessions.append(session)
            self._reads.start(partial(self._read_on, partial(self._snapshot, session)))

    def read_now(self, work: Callable[[Connection], T]) -> T:
        with self._here_lock:
            if self._closed:
                raise DatabaseClosed("the database is closed: the program is going down")
            if self._here_busy is not None:
                return work(self._here_busy)
            return self._snapshot(self._here, work, here=True)

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        return self.read_now(lambda connection: connection.row(sql, parameters))

    def counts(self) -> Mapping[str, int]:
        return total((each.counts for each in self._units), self._writes.waiting)

    def close(self) -> None:
        self._close_queues()
        with self._here_lock:
            self._closed = True
            for session in self._sessions:
                session.close()

    def _snapshot(
        self,
        session: Session,
        work: Callable[[Connection], T],
        stop: Stop | None = None,
        *,
        here: bool = False,
    ) -> T:
        """Run `work` over one consistent state of the database; once more where the connection is lost."""
        try:
            return self._snapshot_once(session, work, stop, here)
        except ServerLost:
            session.close()
            return self._snapshot_once(session, work, stop, here)

    def _snapshot_once(
        self, session: Session, work: Callable[[Connection], T], stop: Stop | None, here: bool
    ) -> T:
        connection = session.connected()
        reader = PostgresqlConnection(connection)
        try:
            connection.execute(_SNAPSHOT)
            connection.is_over = None if stop is None else lambda: stop.wanted
            if here:
                self._here_busy = reader
            try:
                return work(reader)
            finally:
                connection.is_over = None
                if here:
                    self._here_busy = None
                if not connection.closed:
                    connection.execute(b"ROLLBACK")
        except psycopg.Error as error:
            raise refusal(error) from error


def _set_up(session: Session, schema: str) -> None:
    connection = session.connected()
    with connection.transaction():
        connection.execute(b"SELECT pg_advisory_xact_lock($1)", (_SETTING_UP,))
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        connection.execute(TAKE)
