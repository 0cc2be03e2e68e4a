"""The clock: the only module that reads time or sleeps.

Org time is real time plus an offset that only grows. Instants are integers: milliseconds since
1970-01-01T00:00:00Z, the form in which they are stored. What we issue (sessions, retention, schedules,
limit windows) runs on org time; what a client or TLS asserts (a JWT's `exp`, a certificate) is checked on
real time.
"""

import asyncio
import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class Clock(Protocol):
    """Time as a parameter. `now` may be called from any thread; `sleep_until` from the event loop."""

    def now(self) -> int:
        """Org time, in milliseconds since the epoch."""
        ...

    def real_now(self) -> int:
        """Real time, in milliseconds since the epoch: for what others assert, never for what we issue."""
        ...

    async def sleep_until(self, due: int) -> None:
        """Return when org time has reached `due` (milliseconds since the epoch)."""
        ...

    def advance(self, milliseconds: int) -> int:
        """Move org time forward and wake what falls due; returns the new org time.

        Raises ValueError where `milliseconds` is negative: org time never goes back.
        """
        ...


class _Sleepers:
    """Tasks that wait for an instant, woken from any thread in order of the instant."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    def add(self, due: int) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        woken = loop.create_future()
        with self._lock:
            heapq.heappush(self._heap, (due, next(self._order), loop, woken))
        return woken

    def wake(self, now: int) -> None:
        while True:
            with self._lock:
                if not self._heap or self._heap[0][0] > now:
                    return
                _, _, loop, woken = heapq.heappop(self._heap)
            loop.call_soon_threadsafe(_finish, woken)


def _finish(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


class SystemClock:
    """Real time plus an offset. `persist`, where given, makes a new offset durable before it is in force."""

    def __init__(self, offset: int = 0, persist: Callable[[int], None] | None = None) -> None:
        self._offset = offset
        self._persist = persist
        self._sleepers = _Sleepers()
        self._advancing = threading.Lock()

    @property
    def offset(self) -> int:
        """By how many milliseconds org time is ahead of real time."""
        return self._offset

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self._offset

    def real_now(self) -> int:
        return time.time_ns() // 1_000_000

    async def sleep_until(self, due: int) -> None:
        while (remaining := due - self.now()) > 0:
            woken = self._sleepers.add(due)
            await asyncio.wait([woken], timeout=remaining / SECOND)
            woken.cancel()
        await asyncio.sleep(0)

    def advance(self, milliseconds: int) -> int:
        if milliseconds < 0:
            raise ValueError("org time only moves forward")
        with self._advancing:
            if self._persist is not None:
                self._persist(self._offset + milliseconds)
            self._offset += milliseconds
        now = self.now()
        self._sleepers.wake(now)
        return now


class ManualClock:
    """A clock that stands still until a test advances it. Real time follows org time exactly."""

    def __init__(self, start: int = 1_767_225_600_000) -> None:  # 2026-01-01T00:00:00Z
        self._now = start
        self._sleepers = _Sleepers()

    def now(self) -> int:
        return self._now

    def real_now(self) -> int:
        return self._now

    async def sleep_until(self, due: int) -> None:
        if due > self._now:
            await self._sleepers.add(due)
        else:
            await asyncio.sleep(0)

    def advance(self, milliseconds: int) -> int:
        if milliseconds < 0:
            raise ValueError("org time only moves forward")
        self._now += milliseconds
        self._sleepers.wake(self._now)
        return self._now
