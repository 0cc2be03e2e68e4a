"""Units: a thread that runs units of work, each in a transaction of its own.

A unit that another transaction was in the way of runs again, up to a bound. So does, once, a unit whose
connection was lost before its commit. Where it is lost during the commit nobody knows whether the unit was
kept: its caller is told so.
"""

import contextlib
import logging
from contextlib import ExitStack
from typing import Any, Final

import psycopg

from isthmus.kernel.crash import crash_point
from isthmus.kernel.database import DatabaseFailed
from isthmus.kernel.database.counting import Counts
from isthmus.kernel.database.postgresql.connection import PostgresqlTransaction
from isthmus.kernel.database.postgresql.refusals import Conflict, ServerLost, refusal
from isthmus.kernel.database.postgresql.sequences import Sequences
from isthmus.kernel.database.postgresql.session import Raw, Session
from isthmus.kernel.database.work_queue import Job, WorkQueue

RUNS_MAX: Final = 50
_BEGIN: Final = b"BEGIN ISOLATION LEVEL SERIALIZABLE"

_log = logging.getLogger("isthmus.database")


class Units:
    """Works off the units of `jobs` in `session`, until the queue is closed."""

    def __init__(self, session: Session, sequences: Sequences, jobs: WorkQueue) -> None:
        self._session = session
        self._sequences = sequences
        self._jobs = jobs
        self.counts = Counts()

    def run(self) -> None:
        """The thread's body."""
        while (job := self._jobs.take()) is not None:
            if job.begins():
                self._answer(job)
        self._session.close()

    def _answer(self, job: Job) -> None:
        self.counts.units += 1
        try:
            tx, result = self._run(job)
        except BaseException as error:  # noqa: BLE001 - it is the caller's, who gets it from the future
            self.counts.failed += 1
            job.future.set_exception(error)
            return
        self.counts.commits += 1
        tx.committed()
        job.future.set_result(result)

    def _run(self, job: Job) -> tuple[PostgresqlTransaction, Any]:
        """Run the unit as often as it takes. Raises its own error, or the last of the database's."""
        lost_before = False
        for run in range(1, RUNS_MAX + 1):
            self.counts.again += run == 2
            try:
                return self._once(job)
            except Conflict:
                if run == RUNS_MAX:
                    raise
            except ServerLost:
                if lost_before:
                    raise
                lost_before = True
        raise AssertionError("the last run returns or raises")

    def _once(self, job: Job) -> tuple[PostgresqlTransaction, Any]:
        connection = self._session.connected()
        _execute(connection, _BEGIN)
        tx = PostgresqlTransaction(connection, self._sequences, job.stop)
        connection.is_over = lambda: tx.stop.wanted
        committed = False
        try:
            result = job.work(tx)
            tx.finish()
            tx.finished()
            if tx.conflict is not None:
                raise tx.conflict
            with ExitStack() as around:
                for enter in tx.around:
                    around.enter_context(enter(tx))
                tx.finish()
                crash_point("database.before_commit")
                _commit(connection)
                committed = True
                crash_point("database.after_commit")
        except BaseException:
            connection.is_over = None
            if committed:
                _log.exception("what stands around a commit failed after it")
                return tx, result
            _roll_back(connection)
            if tx.conflict is not None:
                raise tx.conflict from None
            raise
        return tx, result


def _commit(connection: Raw) -> None:
    try:
        _execute(connection, b"COMMIT")
    except ServerLost as error:
        raise DatabaseFailed(
            f"the PostgreSQL server was lost during a commit: whether that was kept is not known ({error})"
        ) from error


def _execute(connection: Raw, statement: bytes) -> None:
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        raise refusal(error) from error


def _roll_back(connection: Raw) -> None:
    """End the transaction. Where that fails the connection is of no use, and the next unit gets another."""
    with contextlib.suppress(psycopg.Error):
        if not connection.closed:
            connection.execute(b"ROLLBACK")
            return
    connection.close()
