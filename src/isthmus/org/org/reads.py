"""Reads: the face of the org that answers questions about records and about the schema."""

from collections.abc import Sequence

from isthmus.kernel.database import Connection
from isthmus.org.org import recent
from isthmus.org.org.state import OrgState
from isthmus.org.query.explain import Explanation
from isthmus.org.query.paging import BATCH_MAX
from isthmus.org.query.result import QueryResult, Shape
from isthmus.org.save.names import name_opener
from isthmus.org.save.objects import find_ids
from isthmus.org.schema import describe
from isthmus.org.schema.describe_fields import Described
from isthmus.org.security.principal import Principal


class ReadFace(OrgState):
    """Queries, point reads, look-ups by external id, describes, recent items."""

    async def query(
        self,
        principal: Principal,
        soql: str,
        *,
        all_rows: bool = False,
        batch_size: int = BATCH_MAX,
        api_version: int | None = None,
    ) -> QueryResult:
        """The first page of a query's rows; `all_rows` includes deleted ones (queryAll).

        `api_version` is the client's, None for the newest: older ones know less of the language.

        Faults: those of the catalogue's query.toml.
        """
        result = await self._long_read(
            lambda connection: self._queries.run(
                connection,
                self.schema,
                principal,
                soql,
                all_rows=all_rows,
                batch_size=batch_size,
                api_version=api_version,
            )
        )
        return await self._kept(principal, result)

    def query_shape(
        self, principal: Principal, soql: str, *, all_rows: bool = False, api_version: int | None = None
    ) -> Shape:
        """What the rows of a query hold, without reading any. Arguments and faults as for `query`."""
        return self._queries.shape(
            self._database.dialect, self.schema, principal, soql, all_rows=all_rows, api_version=api_version
        )

    async def explain(
        self, principal: Principal, soql: str, *, api_version: int | None = None
    ) -> Explanation:
        """How a query would be run, without running it. Arguments and faults as for `query`."""
        return await self._long_read(
            lambda connection: self._queries.explain(
                connection, self.schema, principal, soql, api_version=api_version
            )
        )

    async def query_more(
        self, principal: Principal, locator: str, *, batch_size: int = BATCH_MAX
    ) -> QueryResult:
        """The page at `locator`. Fault: `query_locator_invalid`."""
        result = await self._long_read(
            lambda connection: self._queries.more(
                connection, self.schema, principal, locator, batch_size=batch_size
            )
        )
        return await self._kept(principal, result)

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

    def retrieve_now(
        self, principal: Principal, sobject: str, record_id: str, fields: Sequence[str] | None = None
    ) -> QueryResult | None:
        """What `retrieve` gives, where that can be had without waiting; else None. Faults: as there."""
        if not self._reads_at_once:
            return None
        return self._queries.retrieve(self._database, self.schema, principal, sobject, record_id, fields)

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
        """The ids of the records whose `field` (an external id, or a field for id look-ups) equals `value`,
        of those that the principal may see.

        Faults: `resource_not_found`, `external_id_field_not_found`.
        """
        access, user_id = principal.access, principal.user_id
        return list(
            await self._read(
                lambda connection: find_ids(connection, self.schema, access, user_id, sobject, field, value)
            )
        )

    def describe_global(self, principal: Principal, prefix: str) -> Described:
        """Every object that the principal may see. `prefix` is the version's path: `/services/data/v65.0`."""
        return describe.describe_global(self.schema, principal.access, prefix)

    def describe_brief(self, principal: Principal, sobject: str, prefix: str) -> Described:
        """One object as `describe_global` lists it. Fault: `resource_not_found`."""
        found = describe.find_visible(self.schema, sobject, principal.access)
        return describe.describe_brief(found, principal.access, prefix)

    async def describe(self, principal: Principal, sobject: str, prefix: str, origin: str) -> Described:
        """One object in full. `origin` is where the client came to: `https://host:port`.

        Fault: `resource_not_found`.
        """
        known = await self._read(
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
        """The user's recent items, latest first, of one object or of all: those that they still may see."""
        opened = name_opener(self.schema)

        def work(connection: Connection) -> list[recent.RecentItem]:
            found = recent.items(connection, principal.user_id, sobject, recent.KEPT, opened)
            return recent.seen(connection, self.schema, principal, found)[:limit]

        return await self._read(work)

    async def _kept(self, principal: Principal, result: QueryResult) -> QueryResult:
        """A result whose further pages can be asked for, and whose records are marked as it asks: what these
        need is on disk.
        """
        if result.pending or result.marks:
            await self._write(
                lambda tx: recent.keep(tx, self._queries, principal.user_id, result, self.clock.now())
            )
        return result
