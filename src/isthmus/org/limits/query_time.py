"""Query time: a query is ended when it has run for two minutes of org time.

Source: SOQL and SOSL Reference, SOQL limits: a query that runs for more than 120 seconds is ended.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.clock import MINUTE, Clock
from isthmus.kernel.database.stopping import Stop

LONGEST: Final = 2 * MINUTE


@dataclass(slots=True)
class _Running:
    stop: Stop
    due: int
    over: bool = False


class QueryTime:
    """Watches over the queries that run. For the event loop.

    All have the same time, so the oldest is the next whose time is up: one task waits for that.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running: deque[_Running] = deque()
        self._watch: asyncio.Task[None] | None = None

    @contextmanager
    def limited(self) -> Iterator[Stop]:
        """What ends the block's query when its time is up; also when whoever waits for it has gone."""
        running = _Running(Stop(), self._clock.now() + LONGEST)
        self._running.append(running)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._end_what_is_due())
        try:
            yield running.stop
        finally:
            running.over = running.stop.wanted = True
            while self._running and self._running[0].over:
                self._running.popleft()

    def close(self) -> None:
        """Watch no more."""
        if self._watch is not None:
            self._watch.cancel()

    async def _end_what_is_due(self) -> None:
        while self._running:
            await self._clock.sleep_until(self._running[0].due)
            now = self._clock.now()
            while self._running and self._running[0].due <= now:
                self._running.popleft().stop.wanted = True
