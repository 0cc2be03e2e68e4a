"""Wakes: who waits for events hears, once in the event loop, of all that a commit has brought.

Where several processes share the database, a commit of another one is heard of by looking: so often as
`LOOK_EVERY` says, and only while somebody waits.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from isthmus.kernel.clock import Clock
from isthmus.kernel.database import DatabaseError

LOOK_EVERY: Final = 250
"""Milliseconds."""
_log = structlog.get_logger(__name__)


class Wakes:
    """Those who wait. `look`, where there is one, finds out whether another process has published."""

    def __init__(self, clock: Clock, look: Callable[[], Awaitable[bool]] | None) -> None:
        self._clock = clock
        self._look = look
        self._waiting: tuple[Callable[[], None], ...] = ()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = False
        self._looking: asyncio.Task[None] | None = None

    @property
    def looking(self) -> bool:
        """Whether it is known of another process's commit soon after."""
        return self._looking is not None

    def add(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` in the running loop from now on; returns what ends that."""
        if (loop := asyncio.get_running_loop()) is not self._loop:
            self._loop, self._told = loop, False
        self._waiting = (*self._waiting, wake)
        if self._look is not None and self._looking is None:
            self._looking = loop.create_task(self._keep_looking(self._look))

        def end() -> None:
            self._waiting = tuple(each for each in self._waiting if each is not wake)
            if not self._waiting:
                self.close()

        return end

    def tell(self) -> None:
        """Wake all of them; from any thread."""
        loop = self._loop
        if loop is None or self._told or not self._waiting:
            return
        self._told = True
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._tell)

    def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def _tell(self) -> None:
        self._told = False
        for wake in self._waiting:
            wake()

    async def _keep_looking(self, look: Callable[[], Awaitable[bool]]) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now() + LOOK_EVERY)
            try:
                if await look():
                    self._tell()
            except DatabaseError as error:
                _log.warning("can't look for other processes' events; trying again", reason=str(error))
            except Exception:  # noqa: BLE001 - the next look may succeed; nobody else tells of those events
                _log.exception("looking for other processes' events failed; trying again")
