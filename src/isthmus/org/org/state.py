"""State: what an org is made of, and how its database is asked. The faces of the façade share it."""

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Final, TypeVar

from isthmus.kernel.clock import HOUR, Clock
from isthmus.kernel.database import Connection, Database, Transaction
from isthmus.kernel.database.short_reads import answers_at_once, short_read
from isthmus.kernel.database.stopping import Stop
from isthmus.kernel.ids import Ids
from isthmus.kernel.journal import Journal
from isthmus.org.events.feed import EventFeed
from isthmus.org.events.publishing import Publishing
from isthmus.org.events.retention import HIGH_VOLUME, STANDARD
from isthmus.org.limits.editions import maxima
from isthmus.org.limits.held import Held
from isthmus.org.limits.long_requests import LongRequests
from isthmus.org.limits.maxima import (
    API_REQUESTS,
    EVENTS_DELIVERED,
    EVENTS_PUBLISHED,
    LONG_REQUESTS,
    STANDARD_EVENTS_DELIVERED,
    STANDARD_EVENTS_PUBLISHED,
)
from isthmus.org.limits.request_time import RequestTime
from isthmus.org.limits.usage import DailyUsage
from isthmus.org.limits.window import Window
from isthmus.org.org.login_book import LoginBook
from isthmus.org.org.rotation import KeyRotation
from isthmus.org.org.setup_audit import SetupAudit
from isthmus.org.query.engine import QueryEngine
from isthmus.org.query.sosl.engine import SearchEngine
from isthmus.org.save.engine import SaveEngine
from isthmus.org.save.ports import NOTHING, Automation
from isthmus.org.schema.model import Schema
from isthmus.org.schema.store import SchemaStore
from isthmus.org.security.identity import Identity

T = TypeVar("T")
_PROCESS_LENGTH: Final = 16
_INSTANCE: Final = slice(3, 6)
"""Where an id has its org's tag."""


class OrgState:
    """The collaborators of one org."""

    def __init__(
        self,
        *,
        organization_id: str,
        database: Database,
        journal: Journal,
        schemas: SchemaStore,
        queries: QueryEngine,
        identity: Identity,
        clock: Clock,
        ids: Ids,
        automation: Automation = NOTHING,
        limits: Mapping[str, int] | None = None,
        rotation: KeyRotation | None = None,
    ) -> None:
        self.organization_id = organization_id
        self._database = database
        self._journal = journal
        self.identity = identity
        self.rotation = rotation
        """None for an org in which nothing can be encrypted."""
        self.clock = clock
        self.ids = ids
        self._reads_at_once = answers_at_once(database)
        self._schemas = schemas
        self._queries = queries
        self._maxima = maxima(limits or {})
        self._publishing = Publishing(journal, ids, self._publishing_allowances())
        self._saves = SaveEngine(clock, organization_id[_INSTANCE], self._publishing, automation)
        self._searches = SearchEngine(clock, organization_id[_INSTANCE])
        self._logins = LoginBook(self._saves, schemas)
        identity.door.recorder = self._logins.record
        self._audit = SetupAudit(self._saves)
        self._feed = EventFeed(journal, clock, shared=not self._reads_at_once)
        self._calls = DailyUsage(clock, self._maxima[API_REQUESTS])
        self._delivered = self._delivery_usage()
        """How many events were delivered, by class of retention."""
        self._held = Held(clock, ids.text(_PROCESS_LENGTH))
        self._gauges: dict[str, Callable[[], int]] = {}
        """What else is used of a limit, by its name."""
        self.request_time = RequestTime(clock)
        self.long_requests = LongRequests(clock, self._maxima[LONG_REQUESTS])
        self._flushing: Future[None] | None = None

    @property
    def schema(self) -> Schema:
        """The schema in force."""
        return self._schemas.current

    def _publishing_allowances(self) -> Mapping[str, Window]:
        limits = {HIGH_VOLUME: EVENTS_PUBLISHED, STANDARD: STANDARD_EVENTS_PUBLISHED}
        return {
            retention: Window(self.clock, self._maxima[limit], limit, HOUR)
            for retention, limit in limits.items()
        }

    def _delivery_usage(self) -> Mapping[str, DailyUsage]:
        limits = {HIGH_VOLUME: EVENTS_DELIVERED, STANDARD: STANDARD_EVENTS_DELIVERED}
        return {
            retention: DailyUsage(self.clock, self._maxima[limit], limit, "event_delivery_limit_exceeded")
            for retention, limit in limits.items()
        }

    async def _read(self, work: Callable[[Connection], T]) -> T:
        """A short read: in this thread where the database is a local file, else on a reader thread."""
        return await short_read(self._database, work)

    def _write(self, work: Callable[[Transaction], T], stop: Stop | None = None) -> Awaitable[T]:
        return self._database.writing(work, stop)

    async def _long_read(self, work: Callable[[Connection], T]) -> T:
        """A read that may take long. Faults: `query_timeout`, `request_timeout`, where it takes longer than
        it may.
        """
        with self.request_time.query() as stop:
            return await self._database.reading(work, stop)
