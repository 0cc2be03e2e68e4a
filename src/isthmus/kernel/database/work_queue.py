"""Work queue: jobs with futures, handed to the threads of a database, bounded and closed in order."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from isthmus.kernel.database import DatabaseBusy, DatabaseClosed
from isthmus.kernel.database.loop_futures import LoopFuture
from isthmus.kernel.database.stopping import Stop

WAITING_MAX: Final = 4_096


class Job:
    """Work that a thread will do, and the future that its result goes to."""

    __slots__ = ("alone", "future", "stop", "work")

    def __init__(
        self,
        work: Callable[[Any], Any],
        future: Future[Any] | LoopFuture[Any],
        *,
        alone: bool = False,
        stop: Stop | None = None,
    ) -> None:
        self.work = work
        self.future = future
        self.alone = alone
        self.stop = stop

    def begins(self) -> bool:
        """False where the caller has cancelled it meanwhile."""
        return self.future.set_running_or_notify_cancel()


class WorkQueue:
    """What waits for the threads. Every job that was taken in is worked off before the threads end."""

    def __init__(self, name: str, waiting_max: int = WAITING_MAX) -> None:
        self._name = name
        self._waiting_max = waiting_max
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._threads: list[threading.Thread] = []

    def start(self, body: Callable[[], None]) -> None:
        """One more thread that runs `body`, which takes jobs until `take` gives it None."""
        thread = threading.Thread(target=body, name=f"{self._name}-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def submit(self, job: Job) -> None:
        """Raises DatabaseClosed; a full queue is an error of the job: DatabaseBusy."""
        with self._lock:
            if self._closed:
                raise DatabaseClosed("the database is closed: the program is going down")
            if self._jobs.qsize() < self._waiting_max:
                self._jobs.put(job)
                return
        job.future.set_exception(
            DatabaseBusy(f"{self._waiting_max} {self._name} requests are waiting already: try again later")
        )

    def take(self) -> Job | None:
        """The next job, waited for; None once the queue is closed and empty."""
        job = self._jobs.get()
        if job is None:
            self._jobs.put(None)  # for the next thread
        return job

    def take_waiting(self) -> Job | None:
        """The next job if one is waiting, else None."""
        try:
            job = self._jobs.get_nowait()
        except queue.Empty:
            return None
        if job is None:
            self._jobs.put(None)
        return job

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return self._jobs.qsize()

    def close(self) -> None:
        """Take no more jobs, and return when the threads have done those there are."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        for thread in self._threads:
            thread.join()
