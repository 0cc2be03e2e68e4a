"""Org: everything an adapter may ask, in the org's own words.

No rule lives in an adapter; they all ask here.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from isthmus.kernel.clock import Clock
from isthmus.kernel.database import Connection, Database, Transaction
from isthmus.kernel.ids import Ids
from isthmus.org.limits.maxima import API_REQUESTS
from isthmus.org.limits.report import Limit, maxima, report
from isthmus.org.limits.usage import ApiUsage, Usage
from isthmus.org.org import recent
from isthmus.org.org.running import Running
from isthmus.org.query.engine import QueryEngine
from isthmus.org.query.paging import BATCH_MAX
from isthmus.org.query.result import QueryResult
from isthmus.org.save.engine import SaveEngine
from isthmus.org.save.objects import find_ids
from isthmus.org.save.ports import NOTHING, Automation
from isthmus.org.save.recycle_bin import purge
from isthmus.org.save.requests import BATCH, Record
from isthmus.org.save.reset import reset
from isthmus.org.save.result import SaveOptions, SaveResult
from isthmus.org.schema import describe
from isthmus.org.schema.describe_fields import Described
from isthmus.org.schema.model import Schema
from isthmus.org.security.principal import Principal

T = TypeVar("T")
DEFAULT_OPTIONS: Final = SaveOptions()
_INSTANCE: Final = slice(3, 6)
"""Where an id has its org's tag."""


class Schemas(Protocol):
    """Where the schema in force is kept."""

    @property
    def current(self) -> Schema: ...


class Org:
    """One org. The async methods are for the event loop; a save is on disk when it returns.

    Every method that takes a principal answers for that principal's rights. Faults of the request as a whole
    are raised (`kernel.errors.Fault`), what is wrong with a record is in its `SaveResult`.
    """

    def __init__(
        self,
        *,
        organization_id: str,
        database: Database,
        journal: Any,
        schemas: Schemas,
        queries: QueryEngine,
        identity: Any,
        clock: Clock,
        ids: Ids,
        automation: Automation = NOTHING,
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self.organization_id = organization_id
        self.database = database
        self.journal = journal
        self.identity = identity
        self.clock = clock
        self.ids = ids
        self._schemas = schemas
        self._queries = queries
        self._saves = SaveEngine(clock, organization_id[_INSTANCE], automation)
        self._maxima = maxima(limits or {})
        self._calls = ApiUsage(clock, self._maxima[API_REQUESTS])

    @property
    def schema(self) -> Schema:
        """The schema in force."""
        return self._schemas.current

    async def start(self) -> None:
        """Take over what an earlier run has left: the usage of the last 24 hours."""
        await self._read(self._calls.load)

    async def stop(self) -> None:
        """Write down what is only in memory. The database stays open: it is not the org's."""
        await self._write(self._calls.flush)

    # Saves

    async def insert(
        self,
        principal: Principal,
        sobject: str | None,
        records: Sequence[Record],
        *,
        all_or_none: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Create records; without `sobject`, each says its own in `attributes`.

        Faults: `resource_not_found` (there is no such object), `cannot_save_here`.
        """
        return await self._in_batches(
            principal,
            records,
            all_or_none,
            options,
            lambda running, some: running.insert(sobject, some, all_or_none=all_or_none),
        )

    async def update(
        self,
        principal: Principal,
        sobject: str | None,
        records: Sequence[Record],
        *,
        all_or_none: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Change records; each carries its `Id`. Without `sobject`, `attributes` or the id says it."""
        return await self._in_batches(
            principal,
            records,
            all_or_none,
            options,
            lambda running, some: running.update(sobject, some, all_or_none=all_or_none),
        )

    async def upsert(
        self,
        principal: Principal,
        sobject: str,
        external_id_field: str,
        records: Sequence[Record],
        *,
        all_or_none: bool = False,
        update_only: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Create or change records by an external id field, or by `Id`. `update_only` never creates.

        A value that several records have is an error of its row, and `matches` there names them. Faults as
        for `insert`, and `external_id_field_not_found`.
        """
        return await self._in_batches(
            principal,
            records,
            all_or_none,
            options,
            lambda running, some: running.upsert(
                sobject, external_id_field, some, all_or_none=all_or_none, update_only=update_only
            ),
        )

    async def delete(
        self,
        principal: Principal,
        sobject: str | None,
        ids: Sequence[str],
        *,
        all_or_none: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Move records, and what they take with them, to the recycle bin; without `sobject`, of any
        object.
        """
        return await self._in_batches(
            principal,
            ids,
            all_or_none,
            options,
            lambda running, some: running.delete(sobject, some, all_or_none=all_or_none),
        )

    async def undelete(
        self, principal: Principal, ids: Sequence[str], *, all_or_none: bool = False
    ) -> list[SaveResult]:
        """Bring records back from the recycle bin, with what went with them."""
        return await self._in_batches(
            principal,
            ids,
            all_or_none,
            DEFAULT_OPTIONS,
            lambda running, some: running.undelete(some, all_or_none=all_or_none),
        )

    async def empty_recycle_bin(self, principal: Principal, ids: Sequence[str]) -> list[SaveResult]:
        """Give up deleted records for good."""
        return await self.transaction(principal, lambda running: running.empty_recycle_bin(ids))

    async def transaction(
        self,
        principal: Principal,
        work: Callable[[Running], T],
        *,
        options: SaveOptions = DEFAULT_OPTIONS,
        system: bool = False,
    ) -> T:
        """Run `work`, a synchronous function, as one platform transaction; an exception of it undoes
        everything.

        With `system` the platform itself writes: neither rights nor what the schema lets anyone write is
        asked, and records may bring their ids.
        """

        def unit_of_work(tx: Transaction) -> T:
            return self._saves.transaction(
                tx,
                self.schema,
                principal,
                lambda unit: work(Running(unit, self._queries)),
                system=system,
                options=options,
            )

        return await self._write(unit_of_work)

    async def _in_batches(
        self,
        principal: Principal,
        items: Sequence[Any],
        all_or_none: bool,
        options: SaveOptions,
        work: Callable[[Running, Sequence[Any]], list[SaveResult]],
    ) -> list[SaveResult]:
        """A request of up to 200 records, or with `all_or_none`, is one transaction; else there is one for
        each 200.
        """
        size = max(1, len(items)) if all_or_none else BATCH
        results: list[SaveResult] = []
        for start in range(0, max(1, len(items)), size):
            some = items[start : start + size]
            results += await self._batch(principal, some, options, work)
        return results

    async def _batch(
        self,
        principal: Principal,
        items: Sequence[Any],
        options: SaveOptions,
        work: Callable[[Running, Sequence[Any]], list[SaveResult]],
    ) -> list[SaveResult]:
        return await self.transaction(principal, lambda running: work(running, items), options=options)

    # Reads

    async def query(
        self, principal: Principal, soql: str, *, all_rows: bool = False, batch_size: int = BATCH_MAX
    ) -> QueryResult:
        """The first page of a query's rows; `all_rows` includes deleted ones (queryAll).

        Faults: those of the catalogue's query.toml.
        """
        result = await self._long_read(
            lambda connection: self._queries.run(
                connection, self.schema, principal, soql, all_rows=all_rows, batch_size=batch_size
            )
        )
        return await self._with_cursors(result)

    async def query_more(
        self, principal: Principal, locator: str, *, batch_size: int = BATCH_MAX
    ) -> QueryResult:
        """The page at `locator`. Fault: `query_locator_invalid`."""
        result = await self._long_read(
            lambda connection: self._queries.more(
                connection, self.schema, principal, locator, batch_size=batch_size
            )
        )
        return await self._with_cursors(result)

    async def retrieve(
        self, principal: Principal, sobject: str, record_id: str, fields: Sequence[str] | None = None
    ) -> QueryResult:
        """One record, as a result of one row; every readable field unless `fields` are named.

        Faults: `resource_not_found`, `entity_is_deleted`, `malformed_record_id`, `no_such_column`.
        """
        return await self._read(
            lambda connection: self._queries.retrieve(
                connection, self.schema, principal, sobject, record_id, fields
            )
        )

    async def retrieve_many(
        self,
        principal: Principal,
        sobject: str,
        record_ids: Sequence[str],
        fields: Sequence[str] | None = None,
    ) -> tuple[QueryResult, list[int | None]]:
        """The records of these ids that there are, and for each id the place of its row, or None.

        Faults: `resource_not_found`, `no_such_column`.
        """
        return await self._long_read(
            lambda connection: self._queries.retrieve_many(
                connection, self.schema, principal, sobject, record_ids, fields
            )
        )

    async def find_by_external_id(
        self, principal: Principal, sobject: str, field: str, value: str
    ) -> list[str]:
        """The ids of the records whose `field` (an external id, or a field for id look-ups) equals `value`.

        Faults: `resource_not_found`, `external_id_field_not_found`.
        """
        return list(
            await self._read(
                lambda connection: find_ids(connection, self.schema, principal.access, sobject, field, value)
            )
        )

    def describe_global(self, principal: Principal, prefix: str) -> Described:
        """Every object that the principal may see. `prefix` is the version's path: `/services/data/v65.0`."""
        return describe.describe_global(self.schema, principal.access, prefix)

    def describe_brief(self, principal: Principal, sobject: str, prefix: str) -> Described:
        """One object as `describe_global` lists it. Fault: `resource_not_found`."""
        found = describe.find_visible(self.schema, sobject, principal.access)
        return describe.describe_brief(found, principal.access, prefix)

    def describe(self, principal: Principal, sobject: str, prefix: str, origin: str) -> Described:
        """One object in full. `origin` is where the client came to: `https://host:port`.

        Fault: `resource_not_found`.
        """
        known = self.database.read_now(
            lambda connection: connection.rows(
                'SELECT "SobjectType", "DeveloperName", "Id" FROM "RecordType" WHERE "IsDeleted" = 0'
            )
        )
        ids = {(kind, name): str(record_id) for kind, name, record_id in known}
        return describe.describe_sobject(
            self.schema, sobject, principal.access, prefix, origin, lambda *key: ids.get(key)
        )

    async def recent(
        self, principal: Principal, sobject: str | None = None, limit: int = recent.KEPT
    ) -> list[recent.RecentItem]:
        """The user's recent items, latest first, of one object or of all."""
        return await self._read(
            lambda connection: recent.items(connection, principal.user_id, sobject, limit)
        )

    # Limits

    def count_call(self, calls: int = 1) -> None:
        """Count API calls. Fault: `request_limit_exceeded`, where the rolling 24 hours are used up."""
        if self._calls.count(calls):
            self.database.write(self._calls.flush)

    def usage(self) -> Usage:
        """For `Sforce-Limit-Info: api-usage=used/maximum`."""
        return self._calls.current()

    async def limits(self, principal: Principal) -> Mapping[str, Limit]:
        """Every limit by its name in `/limits`, in the wire's order."""
        return report(self._maxima, self._calls.current())

    # Housekeeping

    async def housekeep(self) -> None:
        """Remove what has had its time: recycled records after 15 days, cursors after two."""
        now = self.clock.now()
        while await self._write(lambda tx: purge(tx, self.schema, now)):
            pass
        while await self._write(self._queries.purge_cursors):
            pass
        await self._write(self._calls.flush)

    async def reset(self) -> None:
        """Remove every record of data; what sets the org up stays, and ids go on from where they are."""
        await self._write(lambda tx: reset(tx, self.schema))

    async def _with_cursors(self, result: QueryResult) -> QueryResult:
        """A result whose further pages can be asked for: what they need is on disk."""
        if result.pending:
            await self._write(lambda tx: self._queries.store_cursors(tx, result.pending))
        return result

    async def _read(self, work: Callable[[Connection], T]) -> T:
        """A short read: in this thread where the database is a local file, else on a reader thread."""
        if self.database.dialect.name == "sqlite":
            return self.database.read_now(work)
        return await self._long_read(work)

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self.database.write(work))

    async def _long_read(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self.database.read(work))
