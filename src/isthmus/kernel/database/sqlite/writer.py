"""The writer: one thread, one transaction at a time, shared by the units that are waiting.

A group has one commit, and each of its units a savepoint of its own; the first needs none, for the whole
transaction is its. A unit that fails is undone alone. Where SQLite undoes the whole transaction (disk full,
input/output error, interrupt), or the commit fails, none of the group has happened, and each unit is run once
more in a transaction of its own; what it then comes to is final.
"""

import contextlib
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any, Final

import apsw

from isthmus.kernel.crash import crash_point
from isthmus.kernel.database.counting import Counts
from isthmus.kernel.database.loop_futures import answering_together
from isthmus.kernel.database.sqlite.connection import STEPS_BETWEEN_LOOKS, SqliteTransaction
from isthmus.kernel.database.sqlite.refusals import refusal
from isthmus.kernel.database.sqlite.sequences import Sequences
from isthmus.kernel.database.work_queue import Job, WorkQueue

UNITS_MAX: Final = 64
CHANGES_MAX: Final = 2_000
"""Rows after whose change a group takes no more units in: how long the first of them waits for its commit."""

_log = logging.getLogger("isthmus.database")


@dataclass(slots=True)
class _Done:
    """A unit that has run: with a result, which is good once the group is on disk, or with its own error."""

    job: Job
    tx: SqliteTransaction
    result: Any = None
    error: BaseException | None = None


class _Undone(Exception):
    """The group's transaction is gone; `cause` is why."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Writer:
    """Works off the units of `jobs` on `connection`, until the queue is closed.

    Each commit runs within a block of `committing`.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        jobs: WorkQueue,
        committing: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """Raises DatabaseError where the sequences can't be read."""
        self._committing = committing
        self._connection = connection
        self._cursor = connection.cursor()
        self._jobs = jobs
        self.counts = Counts()
        self._running: SqliteTransaction | None = None
        connection.set_progress_handler(self._is_over, STEPS_BETWEEN_LOOKS)
        try:
            self._sequences = Sequences(connection)
        except apsw.Error as error:
            raise refusal(error, connection) from error

    def run(self) -> None:
        """The thread's body."""
        job = self._jobs.take()
        while job is not None:
            job = self._group(job) or self._jobs.take()
        self._settle()

    def _is_over(self) -> bool:
        """Whether SQLite is to end the statement that runs."""
        return self._running is not None and self._running.stop.wanted

    def _group(self, job: Job) -> Job | None:
        """Run `job`, and the units that wait behind it, in one transaction; may return a job that it took
        too many.
        """
        begun: list[Job] = []
        following: Job | None = None
        try:
            first_change = self._connection.total_changes()
            done: list[_Done] = []
            taken: Job | None = job
            while taken is not None:
                if taken.begins():
                    begun.append(taken)
                    done.append(self._unit(taken))
                if job.alone or len(begun) >= UNITS_MAX:
                    break
                if self._connection.total_changes() - first_change >= CHANGES_MAX:
                    break
                taken = self._jobs.take_waiting()
                if taken is not None and taken.alone:
                    following = taken
                    break
            self._commit(done)
        except _Undone as undone:
            self._roll_back()
            self._again(begun, undone.cause)
        else:
            self._answer(done)
        return following

    def _again(self, jobs: list[Job], cause: BaseException) -> None:
        """What becomes of the units of a group that has not happened."""
        if len(jobs) == 1:
            self.counts.units += 1
            self.counts.failed += 1
            jobs[0].future.set_exception(cause)
            return
        self.counts.again += len(jobs)
        for job in jobs:
            try:
                done = [self._unit(job)]
                self._commit(done)
            except _Undone as undone:
                self._roll_back()
                self.counts.units += 1
                self.counts.failed += 1
                job.future.set_exception(undone.cause)
            else:
                self._answer(done)

    def _unit(self, job: Job) -> _Done:
        """Run one unit, so that it can be undone alone. Raises _Undone where SQLite has undone the
        transaction.
        """
        first = not self._connection.in_transaction
        self._execute("BEGIN IMMEDIATE" if first else "SAVEPOINT unit")
        self._running = tx = SqliteTransaction(self._connection, self._sequences, job.stop)
        try:
            result = job.work(tx)
            tx.finish()
            tx.finished()
        except BaseException as error:
            if not self._connection.in_transaction:
                raise _Undone(error) from error
            tx.close()
            for statement in ("ROLLBACK",) if first else ("ROLLBACK TO unit", "RELEASE unit"):
                self._execute(statement)
            return _Done(job, tx, error=error)
        finally:
            self._running = None
        if not first:
            self._execute("RELEASE unit")
        return _Done(job, tx, result)

    def _commit(self, done: list[_Done]) -> None:
        """Put the group on disk, unless all its units have failed. Raises _Undone."""
        if not self._connection.in_transaction:
            return
        committed = False
        try:
            with ExitStack() as around:
                for each in done:
                    if each.error is None:
                        for enter in each.tx.around:
                            around.enter_context(enter(each.tx))
                        each.tx.finish()
                        each.tx.close()
                bounds = self._sequences.store(self._cursor)
                crash_point("database.before_commit")
                with self._committing():
                    self._cursor.execute("COMMIT")
                committed = True
                self.counts.commits += 1
                crash_point("database.after_commit")
                if bounds:
                    self._sequences.stored(bounds)
        except BaseException as error:
            if committed:
                _log.exception("what stands around a commit failed after it")
                return
            if isinstance(error, apsw.Error):
                raise _Undone(refusal(error, self._connection)) from error
            raise _Undone(error) from error

    def _answer(self, done: list[_Done]) -> None:
        """The group is on disk: call the hooks, then give each caller its result."""
        self.counts.units += len(done)
        with answering_together():
            for each in done:
                if each.error is not None:
                    self.counts.failed += 1
                    each.job.future.set_exception(each.error)
                    continue
                each.tx.committed()
                each.job.future.set_result(each.result)

    def _execute(self, sql: str) -> None:
        """A statement of the transaction's frame. Raises _Undone: without it no unit can go on."""
        try:
            self._cursor.execute(sql)
        except apsw.Error as error:
            raise _Undone(refusal(error, self._connection)) from error

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with contextlib.suppress(apsw.Error):  # a ROLLBACK that fails has rolled back
                self._cursor.execute("ROLLBACK")

    def _settle(self) -> None:
        """The orderly end: the sequences are written down exactly."""
        if self._sequences.moved:
            try:
                self._cursor.execute("BEGIN IMMEDIATE")
                self._sequences.settle(self._cursor)
                self._cursor.execute("COMMIT")
            except apsw.Error as error:
                self._roll_back()
                _log.warning("sequences will go on with a gap: %s", refusal(error, self._connection))
        self._cursor.close()
