"""Unit: what a unit of work's transaction has on either database: savepoints, hooks, and whether it has
failed.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from isthmus.kernel.database import (
    DatabaseError,
    DatabaseFailed,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseStopped,
    StatementRefused,
    Transaction,
)
from isthmus.kernel.database.stopping import Stop

_NEVER: Final = Stop()

_log = logging.getLogger("isthmus.database")


class Unit(ABC):
    """The part of a transaction that is the same on both databases.

    A statement that fails sets `failure`. Until the savepoint it failed in is undone, no other statement
    runs: PostgreSQL refuses it, and we refuse it on SQLite, so that nobody comes to depend on the
    difference.
    """

    def __init__(self, stop: Stop | None = None) -> None:
        self.stop = stop or _NEVER
        """What ends the statement that runs."""
        self.failure: DatabaseError | None = None
        self.hooks: list[Callable[[], None]] = []
        self.around: list[Callable[[Transaction], AbstractContextManager[None]]] = []
        self._depth = 0

    @abstractmethod
    def _frame(self, sql: str) -> None:
        """Run a statement about a savepoint. Raises DatabaseError."""

    @abstractmethod
    def _gone(self) -> bool:
        """Whether the database has undone the whole transaction, savepoints and all."""

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self.check()
        name = f"nested{self._depth}"
        hooks, around = len(self.hooks), len(self.around)
        self._frame(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            yield
            self.finish()
        except BaseException:
            del self.hooks[hooks:]
            del self.around[around:]
            if not self._gone():
                self._frame(f"ROLLBACK TO {name}")
                self._frame(f"RELEASE {name}")
                self.failure = None
            raise
        else:
            self._frame(f"RELEASE {name}")
        finally:
            self._depth -= 1

    def on_commit(self, hook: Callable[[], None]) -> None:
        self.hooks.append(hook)

    def around_commit(self, around: Callable[[Transaction], AbstractContextManager[None]]) -> None:
        self.around.append(around)

    @contextmanager
    def stopped_by(self, stop: Stop) -> Iterator[None]:
        outer, self.stop = self.stop, Stop(within=(self.stop, stop))
        try:
            yield
        finally:
            self.stop = outer

    def check(self) -> None:
        """Raises where no statement may run: an earlier one has failed, or the unit's time is up."""
        if self.failure is None:
            self._check_time()
            return
        if isinstance(self.failure, DatabaseFull | DatabaseFailed | DatabaseReadOnly | DatabaseStopped):
            raise self.failure
        raise StatementRefused(
            f"an earlier statement has failed, so that its savepoint is over: {self.failure}"
        ) from self.failure

    def finish(self) -> None:
        """Raises the failure, where the unit went on as if nothing had happened, or ran out of time."""
        self._check_time()
        if self.failure is not None:
            raise self.failure

    def finished(self) -> None:
        """The unit has done its part: what is left is its commit, which nothing ends."""
        self.stop = _NEVER

    def _check_time(self) -> None:
        if self.failure is None and self.stop.wanted:
            self.failure = DatabaseStopped("the unit of work was ended before it was done")
            raise self.failure

    def committed(self) -> None:
        """Call the hooks: the unit is on disk, whatever they do."""
        for hook in self.hooks:
            try:
                hook()
            except Exception:  # noqa: BLE001 - the unit is on disk, and the other hooks have to know it, too
                _log.exception("a hook failed after the commit")
