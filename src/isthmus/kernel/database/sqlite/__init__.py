"""SQLite: one file, owned by one process, in WAL mode; a commit is on disk before it is answered.

One thread writes, a few read, and point reads may run in the caller's thread. The files: `PATH`, beside it
SQLite's own `PATH-wal` and `PATH-shm`, and `PATH.lock`, which keeps a second process out.
"""

import logging
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from isthmus.kernel.database import (
    SQLITE,
    Connection,
    DatabaseFailed,
    DatabaseReadOnly,
    Row,
    Value,
)
from isthmus.kernel.database.counting import total
from isthmus.kernel.database.queues import Queues, Snapshot
from isthmus.kernel.database.sqlite.connection import Opening, SqliteConnection
from isthmus.kernel.database.sqlite.file_lock import FileLock
from isthmus.kernel.database.sqlite.here import Here
from isthmus.kernel.database.sqlite.refusals import refusal
from isthmus.kernel.database.sqlite.writer import Writer
from isthmus.kernel.database.stopping import Stop
from isthmus.kernel.database.work_queue import WAITING_MAX

T = TypeVar("T")
READERS: Final = 2
_APPLICATION: Final = 0x49535448  # "ISTH"
_log = logging.getLogger("isthmus.database")


class SqliteDatabase(Queues):
    """The database in the file at `path`, made where there is none.

    `vfs` and `synchronous` are for simulations of power loss. Raises DatabaseLocked, DatabaseBusy,
    DatabaseReadOnly or DatabaseFailed, each with what to do.
    """

    dialect = SQLITE

    def __init__(
        self,
        path: Path | str,
        *,
        readers: int = READERS,
        waiting_max: int = WAITING_MAX,
        vfs: str | None = None,
        synchronous: str = "FULL",
    ) -> None:
        Queues.__init__(self, waiting_max)
        self.path = Path(path)
        self._lock = _own(self.path)
        self._connections: list[apsw.Connection] = []
        try:
            _make_private(self.path)
            opening = Opening(self.path.absolute(), vfs, synchronous)  # readers are opened later
            connection = self._keep(opening.writer())
            _check_ours(connection)
            self._here = Here(SqliteConnection(self._keep(opening.reader())))
            self._writer = Writer(connection, self._writes, self._here.let_go)
        except BaseException:
            self._release()
            raise
        self._writes.start(self._writer.run)
        for _ in range(readers):
            self._reads.start(partial(self._read_on, self._reader(opening)))

    def read_now(self, work: Callable[[Connection], T]) -> T:
        return self._here.read(work)

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        return self._here.row(sql, parameters)

    def counts(self) -> Mapping[str, int]:
        return total([self._writer.counts], self._writes.waiting)

    def close(self) -> None:
        self._close_queues()
        if self._here.close():
            self._release()

    def _reader(self, opening: Opening) -> Snapshot:
        """A reader, whose connection is opened for its first question: each reads the whole schema then."""
        connection: SqliteConnection | None = None

        def snapshot(work: Callable[[Connection], Any], stop: Stop | None) -> Any:
            nonlocal connection
            if connection is None:
                connection = SqliteConnection(self._keep(opening.reader()))
            return connection.snapshot(work, stop)

        return snapshot

    def _keep(self, connection: apsw.Connection) -> apsw.Connection:
        self._connections.append(connection)
        return connection

    def _release(self) -> None:
        """Close the connections, the writer's last, which moves the WAL into the file; then the lock."""
        while self._connections:
            try:
                self._connections.pop().close()
            except apsw.Error:
                # What was committed is in the WAL, from which the next start will take it.
                _log.warning("the database was not tidied up at its end", exc_info=True)
        self._lock.release()


def _own(path: Path) -> FileLock:
    try:
        return FileLock(path)
    except FileNotFoundError as error:
        raise DatabaseFailed(f"the folder {path.parent} does not exist: make it, or name another") from error


def _make_private(path: Path) -> None:
    """The file holds people's data and what proves their identity: nobody else may read it. SQLite's own
    files beside it get the same rights, those that an earlier run has left included.
    """
    try:
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise DatabaseReadOnly(
            f"{path} can't be written: change its permissions or those of its folder"
        ) from error
    except OSError as error:
        raise DatabaseFailed(f"{path} can't be opened: {error.strerror}") from error
    os.close(opened)
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        _take_rights_away(each)


def _take_rights_away(path: Path) -> None:
    if os.name != "posix":
        return
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)
    except FileNotFoundError:
        return
    except OSError as error:
        raise DatabaseFailed(f"{path} can be read by others: change its permissions to 600") from error


def _check_ours(connection: apsw.Connection) -> None:
    """Raises DatabaseFailed where the file is another program's database."""
    try:
        application = connection.pragma("application_id")
        if application == _APPLICATION:
            return
        if application != 0 or connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
            raise DatabaseFailed(
                f"{connection.filename} is another program's database: name another data folder"
            )
        connection.pragma("application_id", _APPLICATION)
    except apsw.Error as error:
        raise refusal(error, connection) from error
