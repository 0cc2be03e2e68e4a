"""Running: a hub's routes at work over its database."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from isthmus.hub.channel import DurableChannel, ledger
from isthmus.hub.channel import dead_letters as letters
from isthmus.hub.endpoint import OWN_MISTAKES, Closable
from isthmus.hub.hub import Hub
from isthmus.hub.route import Route
from isthmus.hub.running.ledger_keeper import LedgerKeeper
from isthmus.hub.running.loop_watch import LoopWatch
from isthmus.hub.running.route_runner import RouteRunner
from isthmus.hub.running.source_runner import SourceRunner
from isthmus.kernel.clock import Clock
from isthmus.kernel.database import Database
from isthmus.kernel.tasks import GRACE_SECONDS, Tasks

__all__ = ["RunningHub"]

_log: Final = structlog.get_logger(__name__)


class RunningHub:
    """The routes of `hub` over `database`, between `start` and the end of `tasks`. `owner` names this process
    among those that share the database.
    """

    def __init__(self, hub: Hub, database: Database, clock: Clock, tasks: Tasks, owner: str) -> None:
        self.hub = hub
        self.database = database
        self.clock = clock
        self.routes: dict[str, RouteRunner] = {}
        self.sources: dict[str, SourceRunner] = {}
        self._tasks = tasks
        self._ledger = LedgerKeeper(hub, database, clock)
        self._watch = LoopWatch()
        for route in _targets_first(hub):
            channel = DurableChannel(database, clock, route.name, owner)
            target = self.routes[route.reply_to] if route.reply_to is not None else None
            shared = database.dialect.name == "postgresql"
            runner = RouteRunner(
                route,
                channel,
                clock,
                tasks,
                target,
                shared=shared,
                on_settled=self._ledger.settled,
            )
            self.routes[route.name] = runner
            if route.source is not None:
                self.sources[route.name] = SourceRunner(route.source, runner, clock, tasks)

    async def start(self) -> None:
        """Begin. Raises DatabaseError."""
        for runner in self.routes.values():
            await runner.open()
        await self._warn_of_orphans()
        self._watch.start()
        for name, runner in self.routes.items():
            self._tasks.start(runner.run(), name=f"route {name}")
        for name, source in self.sources.items():
            self._tasks.start(source.run(), name=f"source of {name}")
        self._tasks.start(self._ledger.run(self._tasks), name="ledger")

    async def close(self, grace: float = GRACE_SECONDS) -> None:
        """Close sources and sinks, once the tasks have ended, however they did. None keeps the others open;
        they have `grace` seconds (of real time).
        """
        self._watch.stop()
        async with Tasks(grace) as tasks:
            for route in self.hub.routes:
                for endpoint in (route.source, route.sink):
                    if isinstance(endpoint, Closable):
                        tasks.start(_close(route.name, endpoint), name=f"close an endpoint of {route.name}")

    async def pause(self, route: str) -> None:
        """Send nothing of this route until it is resumed. Raises KeyError, DatabaseError."""
        await self.routes[route].pause()

    async def resume(self, route: str) -> None:
        """Send again, and read again where the source had stopped. Raises KeyError, DatabaseError."""
        await self.routes[route].resume()
        if route in self.sources:
            self.sources[route].resume()

    async def replay(self, route: str | None, ids: Sequence[int] | None) -> set[int]:
        """Send dead letters once more; returns which. Raises DatabaseError."""
        found = await letters.replay(self.database, self.clock.now(), route=route, ids=ids)
        return self._decided(found, again=True)

    async def discard(self, route: str | None, ids: Sequence[int] | None) -> set[int]:
        """Give dead letters up; returns which. Raises DatabaseError."""
        found = await letters.discard(self.database, self.clock.now(), route=route, ids=ids)
        return self._decided(found, again=False)

    def _decided(self, found: Mapping[str, Sequence[int]], *, again: bool) -> set[int]:
        for name, ids in found.items():
            if name in self.routes:
                self.routes[name].arrived(len(ids) if again else 0, -len(ids))
        return {each for ids in found.values() for each in ids}

    async def _warn_of_orphans(self) -> None:
        for each in await ledger.tallies(self.database):
            here = {state: each.messages[state] for state in ("waiting", "dead") if state in each.messages}
            if each.route not in self.routes and here:
                _log.warning(
                    "messages are here of a route that the hub does not have; they stay",
                    route=each.route,
                    **here,
                )


async def _close(route: str, endpoint: Closable) -> None:
    try:
        await endpoint.close()
    except (*OWN_MISTAKES, asyncio.CancelledError):  # it takes too long, or waits for what is cancelled
        _log.exception("an endpoint can't be closed", route=route, endpoint=type(endpoint).__name__)


def _targets_first(hub: Hub) -> list[Route]:
    """The routes, each behind the one that it replies to."""
    ordered: list[Route] = []
    while len(ordered) < len(hub.routes):
        known = {each.name for each in ordered}
        ordered += [
            each
            for each in hub.routes
            if each.name not in known and (each.reply_to is None or each.reply_to in known)
        ]
    return ordered
