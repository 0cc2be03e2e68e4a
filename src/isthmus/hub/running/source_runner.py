"""Source runner: keeps a route's source reading, from where its channel says it stands."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

from isthmus.hub.endpoint import Source, SourceFailed, Telling
from isthmus.hub.running.route_runner import RouteRunner
from isthmus.kernel.clock import MINUTE, SECOND, Clock
from isthmus.kernel.database import DatabaseClosed
from isthmus.kernel.tasks import Closing, Tasks, being_cancelled

__all__ = ["SourceRunner", "SourceState", "Standing"]

PAUSE_MIN: Final = SECOND
PAUSE_MAX: Final = MINUTE
_log: Final = structlog.get_logger(__name__)


class SourceState(StrEnum):
    """How a source is."""

    CONNECTING = "connecting"
    READING = "reading"
    WAITING = "waiting"
    FAILED = "failed"
    ENDED = "ended"


class _AskedForTheEnd(Exception):
    """A source has raised SystemExit or its like, or something that it waited for was cancelled."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source is, since when (the hub's clock), why, and in how many milliseconds it tries again."""

    state: SourceState
    since: int
    says: str | None
    retry_in: int | None


class SourceRunner:
    """Reads until the program goes down. A source that has failed for good waits for `resume`."""

    def __init__(self, source: Source, route: RouteRunner, clock: Clock, tasks: Tasks) -> None:
        self.state = SourceState.READING
        self.since = clock.now()
        """When the state began, by the hub's clock."""
        self.reason: str | None = None
        """Why it has failed, or what it stumbled over last."""
        self._retry_at: int | None = None
        self._source = source
        self._route = route
        self._clock = clock
        self._tasks = tasks
        self._resumed = asyncio.Event()

    def standing(self) -> Standing:
        """How it is; what the source says of itself, where it can."""
        now = self._clock.now()
        if self.state is SourceState.READING and isinstance(self._source, Telling):
            told = self._source.condition()
            since = max(self.since, told.since + now - self._clock.real_now())
            return Standing(SourceState(told.state), since, told.why, told.retry_in)
        retry_in = None if self._retry_at is None else max(0, self._retry_at - now)
        return Standing(self.state, self.since, self.reason, retry_in)

    def _becomes(self, state: SourceState, reason: str | None = None, retry_at: int | None = None) -> None:
        if state is not self.state:
            self.since = self._clock.now()
        self.state, self.reason, self._retry_at = state, reason, retry_at

    def resume(self) -> None:
        """Try again, where it has failed or ended."""
        self._resumed.set()

    async def run(self) -> None:
        """Read, and read on after what went wrong."""
        pause = PAUSE_MIN
        with suppress(Closing):
            while True:
                self._becomes(SourceState.READING)
                started = self._clock.now()
                try:
                    await self._tasks.unless_closing(self._read())
                    self._becomes(SourceState.ENDED)
                except (Closing, DatabaseClosed):
                    raise
                except SourceFailed as error:
                    self._becomes(SourceState.FAILED, str(error))
                    _log.error("a source has stopped", route=self._route.route.name, why=str(error))
                except Exception as error:  # noqa: BLE001 - a source's own mistake must not stop other routes
                    _log.exception("a source broke off; it reads on", route=self._route.route.name)
                    now = self._clock.now()
                    if now - started > PAUSE_MAX:
                        pause = PAUSE_MIN
                    asked = isinstance(error, _AskedForTheEnd)
                    why = str(error) if asked else f"{type(error).__name__}: {error}"
                    self._becomes(SourceState.WAITING, why, now + pause)
                    await self._tasks.unless_closing(self._clock.sleep_until(now + pause))
                    pause = min(2 * pause, PAUSE_MAX)
                    continue
                self._resumed.clear()
                await self._tasks.unless_closing(self._wait())
                pause = PAUSE_MIN

    async def _read(self) -> None:
        position = await self._route.channel.position()
        try:
            await self._source.run(position, self._route.deliver)
        except asyncio.CancelledError as error:  # it would end this reading in silence
            if being_cancelled():
                raise
            raise _AskedForTheEnd("it was cancelled from within") from error
        except (SystemExit, KeyboardInterrupt) as error:  # from a task of its own they would end the loop
            raise _AskedForTheEnd(f"{type(error).__name__}: {error}") from error

    async def _wait(self) -> None:
        await self._resumed.wait()
