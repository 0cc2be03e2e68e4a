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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, Protocol

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
END: Final = 64_060_588_800_000  # 4000-01-01T00:00:00Z
"""How far org time can be advanced: the platform knows no date after the year that begins then."""
ticks: Final = time.perf_counter_ns
"""Nanoseconds since no instant in particular: for how long something took, never for when it was."""
_GONE_MAX: Final = 64
"""So many sleepers that are gone stay in the heap, whatever the number of those who still sleep."""


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

        Raises ValueError, and leaves everything as it was, where `milliseconds` is negative (org time never
        goes back) or leads beyond `END`.
        """
        ...


def _check_advance(now: int, milliseconds: int) -> None:
    if milliseconds < 0:
        raise ValueError("org time only moves forward")
    if now + milliseconds > END:
        raise ValueError("org time ends with the year 3999")


class _Sleepers:
    """Tasks that wait for an instant, woken from any thread in order of the instant."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int]] = []
        self._waiting: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = {}
        """Who still sleeps, by the number in the heap."""
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    @contextmanager
    def sleeper(self, due: int) -> Iterator[asyncio.Future[None]]:
        """A future that is done when `due` has come; the block's end forgets it, whatever ends the block."""
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        with self._lock:
            number = next(self._numbers)
            heapq.heappush(self._heap, (due, number))
            self._waiting[number] = loop, woken
        try:
            yield woken
        finally:
            with self._lock:
                self._waiting.pop(number, None)
                if len(self._heap) > 2 * len(self._waiting) + _GONE_MAX:
                    self._heap = [each for each in self._heap if each[1] in self._waiting]
                    heapq.heapify(self._heap)

    def wake(self, now: int) -> None:
        while True:
            with self._lock:
                if not self._heap or self._heap[0][0] > now:
                    return
                _, number = heapq.heappop(self._heap)
                found = self._waiting.pop(number, None)
            if found is not None:
                loop, woken = found
                with suppress(RuntimeError):  # the loop is closed, and with it whoever slept there
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
            with self._sleepers.sleeper(due) as woken:
                await asyncio.wait([woken], timeout=remaining / SECOND)
                woken.cancel()
        await asyncio.sleep(0)

    def advance(self, milliseconds: int) -> int:
        with self._advancing:
            _check_advance(self.now(), milliseconds)
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
            with self._sleepers.sleeper(due) as woken:
                await woken
        else:
            await asyncio.sleep(0)

    def advance(self, milliseconds: int) -> int:
        _check_advance(self._now, milliseconds)
        self._now += milliseconds
        self._sleepers.wake(self._now)
        return self._now
