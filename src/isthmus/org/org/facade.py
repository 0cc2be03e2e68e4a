"""Org: everything an adapter may ask, in the org's own words.

No rule lives in an adapter; they all ask here.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress

import structlog

from isthmus.kernel.database import DatabaseError, Transaction
from isthmus.kernel.errors import fault
from isthmus.org.events.channels import Channel
from isthmus.org.limits.report import Limit, report
from isthmus.org.limits.usage import DailyUsage, Usage
from isthmus.org.org.events import EventFace
from isthmus.org.org.replication import ReplicationFace
from isthmus.org.org.saves import SaveFace
from isthmus.org.org.search import SearchFace
from isthmus.org.save.recycle_bin import purge
from isthmus.org.save.reset import reset
from isthmus.org.security.principal import Principal
from isthmus.org.security.sharing import work
from isthmus.org.security.sharing.upkeep import advance

_log = structlog.get_logger(__name__)


class Org(SaveFace, ReplicationFace, SearchFace, EventFace):
    """One org. The async methods are for the event loop.

    Every method that takes a principal answers for that principal's rights. Faults of the request as a whole
    are raised (`kernel.errors.Fault`), what is wrong with a record is in its `SaveResult`.
    """

    async def start(self) -> None:
        """Take over what an earlier run has left: what it used of the limits."""
        for usage in self._daily():
            await self._read(usage.load)
        await asyncio.to_thread(self._publishing.load)

    async def share_counts(self) -> None:
        """Write down what this process has counted, and take over what others of the org have: API calls,
        deliveries, and what is held at the same time. Raises DatabaseError.
        """
        if self._flushing is not None:
            await asyncio.wait([asyncio.wrap_future(self._flushing)])
        await asyncio.wrap_future(self._flush())
        for usage in self._daily():
            await self._read(usage.load)
        own = {limit: ask() for limit, ask in self._gauges.items()}
        self._held.know(await self._write(lambda tx: self._held.exchange(tx, own)))

    async def share_events(self) -> None:
        """Take over what all processes of the org have published. Raises DatabaseError."""
        await asyncio.to_thread(self._publishing.load)

    @property
    def is_shared(self) -> bool:
        """Whether other processes may serve the same org."""
        return not self._reads_at_once

    async def stop(self) -> None:
        """Write down what is only in memory, if that can be. The database stays open: it is not the org's."""
        self._feed.close()
        for writing in (self._flushing, self._flush()):
            if writing is not None:
                with suppress(DatabaseError):  # it is logged
                    await asyncio.wrap_future(writing)
        if self._gauges and self.is_shared:
            with suppress(DatabaseError):  # the others will know in a minute
                await self._write(self._held.give_back)

    # Limits

    def admit(self, principal: Principal, calls: int = 1) -> None:
        """Let a user make API calls, and count them.

        Faults: `api_disabled`, where the user lacks API Enabled; `concurrent_requests_exceeded`, where too
        many requests take long; `request_limit_exceeded`, where the rolling 24 hours are used up.
        """
        self.check_api(principal)
        self.long_requests.check()
        if self._calls.count(calls):
            self._flushing = self._flush()

    def check_api(self, principal: Principal) -> None:
        """Whether a user may use the API at all. Fault: `api_disabled`."""
        if not principal.access.has("ApiEnabled"):
            raise fault("api_disabled")

    def count_delivery(self, channel: Channel, events: int) -> None:
        """Count events that a subscriber is given.

        Fault: `event_delivery_limit_exceeded`, where the rolling 24 hours are used up: then it gets none.
        """
        if self._delivered[channel.retention].count(events, whole=False):
            self._flushing = self._flush()

    def on_limits(self, limit: str, used: Callable[[], int]) -> None:
        """Ask `used` how much this process uses of the limit of that name."""
        self._gauges[limit] = used

    def held_elsewhere(self, limit: str) -> int:
        """How much other processes of the org use of it, as far as is known (see `held`)."""
        return self._held.elsewhere(limit)

    def usage(self) -> Usage:
        """For `Sforce-Limit-Info: api-usage=used/maximum`."""
        return self._calls.current()

    def maximum(self, limit: str) -> int:
        """How much the org is allowed of the limit of that name in `/limits`."""
        return self._maxima[limit]

    async def limits(self, principal: Principal) -> Mapping[str, Limit]:
        """Every limit by its name in `/limits`, in the wire's order."""
        used = {each.limit: each.current().used for each in self._daily()}
        used |= {each.limit: each.used() for each in self._publishing.allowances.values()}
        held = {limit: ask() + self._held.elsewhere(limit) for limit, ask in self._gauges.items()}
        return report(self._maxima, used | held)

    # Housekeeping

    def storage_counts(self) -> Mapping[str, int]:
        """What the database's writer and readers have done since it was opened: see `Database.counts`."""
        return self._database.counts()

    async def housekeep(self) -> None:
        """Remove what has had its time: recycled records after 15 days, cursors after two,
        events after three or one, lines of LoginHistory after six months. Lockouts end.
        """
        now = self.clock.now()
        while await self._write(lambda tx: purge(tx, self.schema, now)):
            pass
        while await self._write(self._queries.purge_cursors):
            pass
        await self._feed.purge()
        await self._write(self._logins.purge)
        await self._write(lambda tx: self._audit.purge(tx, self.schema))
        await self._write(self.identity.door.housekeep)
        await asyncio.wrap_future(self._flush())

    async def settle_sharing(self) -> int:
        """Recalculate what sharing is behind with; returns in how many parts. Saves go on between them."""
        waiting = await self._read(work.waiting)
        if not waiting:
            return 0
        _log.info("sharing is behind: until it is recalculated, what it was holds", waiting=waiting)
        parts = 0
        while await self._write(self._advance_sharing):
            parts += 1
        _log.info("sharing is as it should be", parts=parts)
        return parts

    def _advance_sharing(self, tx: Transaction) -> bool:
        more = advance(tx, self.schema, instance=self._saves.instance, now=self.clock.now())
        if not more:
            self._audit.finish_defaults(tx, self.schema)
        return more

    async def reset(self) -> None:
        """Remove every record of data, and every event, with what these have used of the limits; what sets
        the org up stays, and ids and positions go on from where they are.
        """
        await self._write(lambda tx: reset(tx, self.schema))
        await self._feed.forget()
        await asyncio.to_thread(self._publishing.load)

    def _daily(self) -> tuple[DailyUsage, ...]:
        return self._calls, *self._delivered.values()

    def _flush(self) -> Future[None]:
        """Write down what was used. Where that fails, it is logged, and tried again a minute later."""
        flushes = [each.flush() for each in self._daily()]

        def write(tx: Transaction) -> None:
            for flush in flushes:
                flush(tx)

        def look(written: Future[None]) -> None:
            if error := written.exception():
                for flush in flushes:
                    flush.give_back()
                _log.warning("what was used of the daily limits is not written down", reason=str(error))

        writing = self._database.write(write)
        writing.add_done_callback(look)
        return writing
