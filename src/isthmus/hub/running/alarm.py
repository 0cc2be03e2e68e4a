"""Alarm: calls once the clock has reached the earliest of the instants it was given."""

import asyncio
from collections.abc import Callable

from isthmus.kernel.clock import Clock


class Alarm:
    """One task at most sleeps for it, however many instants it is given."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._due: int | None = None
        self._task: asyncio.Task[None] | None = None

    def at(self, due: int) -> None:
        """Ring at `due` too; a later instant than the next is left to whoever is called then."""
        if self._due is not None and self._due <= due:
            return
        self.stop()
        self._due = due
        self._task = asyncio.create_task(self._wait(due), name="alarm")

    def stop(self) -> None:
        """Ring no more."""
        if self._task is not None:
            self._task.cancel()
        self._task = self._due = None

    async def _wait(self, due: int) -> None:
        await self._clock.sleep_until(due)
        self._task = self._due = None
        self._ring()
