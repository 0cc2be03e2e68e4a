"""Ledger keeper: has the ledger forget what has had its time, and what is more than it may remember."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog

from isthmus.hub.channel import ledger
from isthmus.hub.hub import Hub
from isthmus.kernel.clock import HOUR, Clock
from isthmus.kernel.database import Database, DatabaseError
from isthmus.kernel.tasks import Closing, Tasks

__all__ = ["LedgerKeeper"]

_LOOK_AFTER: Final = 1_000
"""So many settled messages at most may be too many before it is looked."""
_log: Final = structlog.get_logger(__name__)


class LedgerKeeper:
    """Every hour of the hub's clock it looks at the whole ledger; in between whenever so many messages were
    settled that there may be too many.
    """

    def __init__(self, hub: Hub, database: Database, clock: Clock) -> None:
        self._hub = hub
        self._database = database
        self._clock = clock
        self._step = min(_LOOK_AFTER, max(1, hub.ledger_max // 10))
        self._settled = 0
        self._after = 0
        self._wake = asyncio.Event()

    def settled(self, count: int) -> None:
        """So many messages more have been settled."""
        self._settled += count
        if self._settled >= self._step:
            self._wake.set()

    async def run(self, tasks: Tasks) -> None:
        """Keep it until the program goes down."""
        whole_at = self._clock.now()
        with suppress(Closing):
            while True:
                self._wake.clear()
                self._settled = 0
                now = self._clock.now()
                if now >= whole_at:
                    whole_at, self._after = now + HOUR, 0
                try:
                    await self._forget(now)
                except DatabaseError as error:
                    _log.error("the ledger was not tidied up; it is tried again later", why=str(error))
                await tasks.unless_closing(self._until(whole_at))

    async def _forget(self, now: int) -> None:
        before = now - self._hub.ledger_retention
        forgotten = await ledger.forget(self._database, before, self._hub.ledger_max, self._after)
        self._after = forgotten.after

    async def _until(self, due: int) -> None:
        """Until it is `due`, or enough was settled."""
        waiting = [asyncio.ensure_future(each) for each in (self._wake.wait(), self._clock.sleep_until(due))]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
