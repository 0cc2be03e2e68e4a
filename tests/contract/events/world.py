"""World: an org with events, on either database, and shorthands to publish and to subscribe."""

import asyncio
import json
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from tests.contract.places import Place
from tests.contract.rights import every_right
from tests.contract.save.world import INSTANCE, PRINCIPAL, SCHEMA, USER_ID, codes

from isthmus.assembly import COMPONENTS
from isthmus.kernel.clock import ManualClock
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.ids import Ids, record_id
from isthmus.kernel.journal import Journal
from isthmus.org.events.feed import EventFeed
from isthmus.org.org import Channel, ChannelPage, Org, Running
from isthmus.org.org.founder import Founder
from isthmus.org.query.engine import QueryEngine
from isthmus.org.save.ports import NOTHING, Automation
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.store import SchemaStore
from isthmus.org.security.identity import Identity
from isthmus.org.security.principal import Principal

T = TypeVar("T")
V = 65


@dataclass(frozen=True, slots=True)
class Rights:
    """Every right but those that are named."""

    denied: frozenset[str] = field(default_factory=frozenset)
    shape: str = "some"

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return f"read {sobject}" not in self.denied

    def may_create(self, sobject: str, field: str | None = None) -> bool:
        return f"create {sobject}" not in self.denied

    def may_edit(self, sobject: str, field: str | None = None) -> bool:
        return True

    def may_delete(self, sobject: str) -> bool:
        return True

    may_view_all = may_modify_all = may_delete

    def has(self, permission: str) -> bool:
        return True


def without(*denied: str) -> Principal:
    """Ada without some rights: `read Ping__e`."""
    return replace(PRINCIPAL, access=Rights(frozenset(denied), shape=" ".join(denied)))


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@dataclass(slots=True)
class EventOrg:
    """An org, and what a test may want to look into."""

    org: Org
    clock: ManualClock
    journal: Journal
    schemas: SchemaStore

    @property
    def feed(self) -> EventFeed:
        return self.org._feed

    def publish(self, event: str, *texts: str, **more: object) -> list[str]:
        """Publish an event for each text, in one transaction; their UUIDs."""
        records = [{"Text__c": each, "Must__c": "x", **more} for each in texts]
        results = run(self.org.insert(PRINCIPAL, event, records))
        assert codes(results) == ["ok"] * len(texts), results
        return [each.infos[0].message if each.infos else "" for each in results]

    def channel(self, event: str = "Ping__e", principal: Principal = PRINCIPAL) -> Channel:
        return self.org.open_channel(principal, f"/event/{event}")

    def page(
        self, after: int = 0, event: str = "Ping__e", limit: int = 1_000, version: int = V
    ) -> ChannelPage:
        return run(self.org.read_channel(PRINCIPAL, self.channel(event), after, limit, version))

    def texts(self, after: int = 0, event: str = "Ping__e", limit: int = 1_000) -> list[str]:
        """What the events after a position say."""
        return texts(self.page(after, event, limit))

    def remaining(self, limit: str) -> int:
        return run(self.org.limits(PRINCIPAL))[limit].remaining

    def start(self, replay_id: int, event: str = "Ping__e") -> int:
        return run(self.org.starting_position(self.channel(event), replay_id))


def data(page: ChannelPage) -> list[Any]:
    """The messages of a page."""
    return [json.loads(each.data) for each in page.events]


def texts(page: ChannelPage) -> list[str]:
    return [each["payload"]["Text__c"] for each in data(page)]


@contextmanager
def event_org(
    place: Place,
    objects: Iterable[SObjectType] = SCHEMA,
    automation: Automation = NOTHING,
    *,
    new: bool = True,
    limits: Mapping[str, int] | None = None,
) -> Iterator[EventOrg]:
    """An org at a place; not `new`, where it has been opened before."""
    database, immediate = place.open(), place.open_immediate()
    clock, ids = ManualClock(), Ids(seed=1 if new else 2)
    for component, migrations in COMPONENTS:
        migrate(database, component, migrations, clock)
    schemas = SchemaStore(database)
    organization_id = record_id("00D", INSTANCE, 1)
    identity = Identity(
        database=database,
        clock=clock,
        ids=ids,
        organization_id=organization_id,
        rights=every_right,
        seal_key=b"k" * 32,
    )
    journal = Journal(database, immediate)
    org = Org(
        organization_id=organization_id,
        database=database,
        journal=journal,
        schemas=schemas,
        queries=QueryEngine(clock, ids),
        identity=identity,
        clock=clock,
        ids=ids,
        automation=automation,
        limits=limits,
    )

    def first_user(running: Running, schema: Schema) -> None:
        user = {"Id": USER_ID, "Username": "ada@example.com", "LastName": "Lovelace"}
        assert codes(running.insert("User", [user])) == ["ok"]

    if new:
        schemas.apply(objects, then=Founder(org, PRINCIPAL).within(first_user))
    else:
        schemas.apply(objects)
    try:
        yield EventOrg(org, clock, journal, schemas)
    finally:
        run(org.stop())
        identity.close()
        database.close()
        immediate.close()
