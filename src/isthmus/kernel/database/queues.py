"""Queues: how work comes to the threads of a database, the same on both databases."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeAlias, TypeVar

from isthmus.kernel.database import Connection, Transaction
from isthmus.kernel.database.loop_futures import LoopFuture
from isthmus.kernel.database.stopping import Stop
from isthmus.kernel.database.work_queue import WAITING_MAX, Job, WorkQueue

T = TypeVar("T")
Snapshot: TypeAlias = Callable[[Callable[[Connection], Any], Stop | None], Any]
"""Runs work over one consistent state, until it is to stop."""


class Queues:
    """Two queues: the units that wait for a writer, and the questions that wait for a reader."""

    def __init__(self, waiting_max: int = WAITING_MAX) -> None:
        self._writes = WorkQueue("write", waiting_max)
        self._reads = WorkQueue("read", waiting_max)

    def write(self, work: Callable[[Transaction], T], *, alone: bool = False) -> Future[T]:
        future: Future[T] = Future()
        self._writes.submit(Job(work, future, alone=alone))
        return future

    def writing(self, work: Callable[[Transaction], T], stop: Stop | None = None) -> asyncio.Future[T]:
        future: LoopFuture[T] = LoopFuture()
        self._writes.submit(Job(work, future, stop=stop))
        return future.awaited

    def read(self, work: Callable[[Connection], T]) -> Future[T]:
        future: Future[T] = Future()
        self._reads.submit(Job(work, future))
        return future

    def reading(self, work: Callable[[Connection], T], stop: Stop | None = None) -> asyncio.Future[T]:
        future: LoopFuture[T] = LoopFuture()
        self._reads.submit(Job(work, future, stop=stop))
        return future.awaited

    def _read_on(self, snapshot: Snapshot) -> None:
        """A reader's thread: each question is asked of a snapshot, until the queue is closed."""
        while (job := self._reads.take()) is not None:
            if job.begins():
                try:
                    result = snapshot(job.work, job.stop)
                except BaseException as error:  # noqa: BLE001 - it is the caller's, who gets it from the future
                    job.future.set_exception(error)
                else:
                    job.future.set_result(result)

    def _close_queues(self) -> None:
        """Return when all that was handed in is done."""
        self._writes.close()
        self._reads.close()
