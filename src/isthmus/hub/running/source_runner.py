"""Source runner: keeps a route's source reading, from where its channel says it stands."""

import asyncio
from contextlib import suppress
from enum import StrEnum
from typing import Final

import structlog

from isthmus.hub.endpoint import Source, SourceFailed
from isthmus.hub.running.route_runner import RouteRunner
from isthmus.kernel.clock import MINUTE, SECOND, Clock
from isthmus.kernel.database import DatabaseClosed
from isthmus.kernel.tasks import Closing, Tasks

__all__ = ["SourceRunner", "SourceState"]

PAUSE_MIN: Final = SECOND
PAUSE_MAX: Final = MINUTE
_log: Final = structlog.get_logger(__name__)


class SourceState(StrEnum):
    """How a source is."""

    READING = "reading"
    FAILED = "failed"
    ENDED = "ended"


class SourceRunner:
    """Reads until the program goes down. A source that has failed for good waits for `resume`."""

    def __init__(self, source: Source, route: RouteRunner, clock: Clock, tasks: Tasks) -> None:
        self.state = SourceState.READING
        self.reason: str | None = None
        """Why it has failed, or what it stumbled over last."""
        self._source = source
        self._route = route
        self._clock = clock
        self._tasks = tasks
        self._resumed = asyncio.Event()

    def resume(self) -> None:
        """Try again, where it has failed or ended."""
        self._resumed.set()

    async def run(self) -> None:
        """Read, and read on after what went wrong."""
        pause = PAUSE_MIN
        with suppress(Closing):
            while True:
                self.state = SourceState.READING
                started = self._clock.now()
                try:
                    await self._tasks.unless_closing(self._read())
                    self.state, self.reason = SourceState.ENDED, None
                except (Closing, DatabaseClosed):
                    raise
                except SourceFailed as error:
                    self.state, self.reason = SourceState.FAILED, str(error)
                    _log.error("a source has stopped", route=self._route.route.name, why=str(error))
                except Exception as error:  # noqa: BLE001 - a source's own mistake must not stop other routes
                    self.reason = f"{type(error).__name__}: {error}"
                    _log.exception("a source broke off; it reads on", route=self._route.route.name)
                    if self._clock.now() - started > PAUSE_MAX:
                        pause = PAUSE_MIN
                    await self._tasks.unless_closing(self._clock.sleep_until(self._clock.now() + pause))
                    pause = min(2 * pause, PAUSE_MAX)
                    continue
                self._resumed.clear()
                await self._tasks.unless_closing(self._wait())
                pause = PAUSE_MIN

    async def _read(self) -> None:
        await self._source.run(await self._route.channel.position(), self._route.deliver)

    async def _wait(self) -> None:
        await self._resumed.wait()
