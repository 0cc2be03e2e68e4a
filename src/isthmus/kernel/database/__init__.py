"""The database seam: one interface over SQLite (default) and PostgreSQL, for org and hub alike.

SQL is written once, with `?` for parameters (never a `?` inside the text otherwise) and double-quoted
identifiers; what differs between the two is asked of the `Dialect`. Values are `None`, `int`, `float`,
`str` and `bytes` only (see `isthmus.org.schema.values` for how Salesforce's types are stored as these).

A *unit of work* is a synchronous function of a `Transaction`. `Database.write` runs it, commits, and
completes its future only after the commit is on disk. On SQLite the units that are waiting share one commit
(a savepoint each); on PostgreSQL each has a transaction of its own. A unit sees the database as if it ran
alone, and may run more than once (a shared commit that failed, a conflict between two transactions): it
must do nothing that lasts outside the database, except in `on_commit` and `around_commit`.

Once a statement has failed, a unit can only go on outside the savepoint in which it failed: both databases
hold to that, so that what runs on one runs on the other.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, TypeVar

from isthmus.kernel.database.stopping import Stop

Value: TypeAlias = int | float | str | bytes | None
Row: TypeAlias = tuple[Value, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs in SQL text between the two databases. Column types are those of `Value`'s members."""

    name: Literal["sqlite", "postgresql"]
    text: str
    integer: str
    double: str
    blob: str
    flag: str


SQLITE = Dialect("sqlite", text="TEXT", integer="INTEGER", double="REAL", blob="BLOB", flag="INTEGER")
POSTGRESQL = Dialect(
    "postgresql",
    text='TEXT COLLATE "C"',
    integer="BIGINT",
    double="DOUBLE PRECISION",
    blob="BYTEA",
    flag="SMALLINT",
)


class Connection(Protocol):
    """What can read. Inside a unit of work it sees the unit's own writes."""

    dialect: Dialect

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Every row of the statement."""
        ...

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """The first row, or None."""
        ...

    def stream(self, sql: str, parameters: Sequence[Value] = ()) -> Iterator[Row]:
        """Rows as they come; use them up, or close the iterator, before the connection is used again."""
        ...


class Transaction(Connection, Protocol):
    """A unit of work's connection."""

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Run a statement; returns the number of rows it changed."""
        ...

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement once for each of `rows`."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo, on an exception, what the block did (database changes and registered hooks); the exception
        goes on.
        """
        ...

    def on_commit(self, hook: Callable[[], None]) -> None:
        """Call `hook` once the unit is on disk, in the thread that committed, before its future completes.

        A hook that was registered inside a savepoint that is undone is dropped. Hooks must not block or
        raise.
        """
        ...

    def around_commit(self, around: Callable[["Transaction"], AbstractContextManager[None]]) -> None:
        """Enter `around(tx)` last before the commit, and leave it after: with an exception where it failed.

        It may write, but not block, and it must not fail for its own reasons: on SQLite that costs every
        unit of the commit a second run. Dropped, as a hook is, with the savepoint in which it was
        registered.
        """
        ...

    def stopped_by(self, stop: Stop) -> AbstractContextManager[None]:
        """End the block's statements with DatabaseStopped when `stop` is wanted; or what ends the unit is."""
        ...

    def next_in_sequence(self, name: str, count: int = 1) -> int:
        """Take `count` consecutive numbers of the sequence `name` (they begin at 1); returns the first of
        them.

        A number is never handed out twice, not after a rollback, a crash or a restart; there may be gaps.
        """
        ...


class Database(Protocol):
    """One database: a writer, readers, and the lock that keeps a second process out (SQLite)."""

    dialect: Dialect

    def write(self, work: Callable[[Transaction], T], *, alone: bool = False) -> Future[T]:
        """Run a unit of work; its result comes when it is on disk. An exception of `work` undoes the unit
        alone.

        `alone` keeps other units out of its commit: for units that run users' code. Raises (in the future)
        DatabaseFull, DatabaseReadOnly, DatabaseFailed, DatabaseBusy where the storage refuses; then nothing
        is kept. A future that is cancelled before its unit begins takes the unit back.
        """
        ...

    def writing(self, work: Callable[[Transaction], T], stop: Stop | None = None) -> Awaitable[T]:
        """`write`, for the event loop: units that are done at the same time wake it once.

        With `stop` the unit can be ended before its commit: then it raises DatabaseStopped, and nothing of it
        is kept.
        """
        ...

    def read(self, work: Callable[[Connection], T]) -> Future[T]:
        """Run `work` on a reader thread, over one consistent snapshot.

        Raises (in the future) DatabaseBusy.
        """
        ...

    def reading(self, work: Callable[[Connection], T], stop: Stop | None = None) -> Awaitable[T]:
        """`read`, for the event loop. With `stop` it can be ended: then it raises DatabaseStopped."""
        ...

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Run a short `work` (a point read) in the calling thread, over one consistent snapshot.

        Not from inside a unit of work: it would not see the unit's writes.
        """
        ...

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """The row of a statement that gives one at most, read in the calling thread.

        For point reads: one statement needs no snapshot around it. Not from inside a unit of work.
        """
        ...

    def counts(self) -> Mapping[str, int]:
        """What has been done since it was opened (`units`, `failed`, `commits`, `again`: units that ran more
        than once), and how many units are `waiting`.
        """
        ...

    def close(self) -> None:
        """Finish what was handed in, then close. Later calls raise DatabaseClosed."""
        ...


class DatabaseError(Exception):
    """The storage refused. The message says what to do about it."""


class DatabaseClosed(DatabaseError):
    """The database was closed; the program is going down."""


class DatabaseFull(DatabaseError):
    """No space: nothing of the unit was kept."""


class DatabaseReadOnly(DatabaseError):
    """The file, its folder or the server's database can't be written."""


class DatabaseLocked(DatabaseError):
    """Another process owns the file; the message names its process id where it is known."""


class DatabaseFailed(DatabaseError):
    """An input/output error, a lost server or a broken file."""


class DatabaseBusy(DatabaseError):
    """More work is waiting than is allowed, or others' work kept undoing this unit: trying again later may
    help.
    """


class DatabaseStopped(DatabaseBusy):
    """A statement ran for longer than it may, or was ended by whoever waited for it (see `Stop`)."""


class StatementRefused(DatabaseError):
    """The statement is wrong for this database: an unknown table, a missing value, a conflict of types."""


class UniqueViolation(DatabaseError):
    """A unique index refused a row; `constraint` names the index, as it was created."""

    def __init__(self, constraint: str) -> None:
        super().__init__(f"unique index {constraint}")
        self.constraint = constraint


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of a component's own tables: `version` counts from 1, `statements` are given the dialect."""

    version: int
    title: str
    statements: Callable[[Dialect], Sequence[str]]
