"""Org: everything an adapter may ask, in the org's own words. No rule lives in an adapter; they all ask here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from isthmus.kernel.clock import Clock
from isthmus.kernel.database import Connection, Database
from isthmus.kernel.ids import Ids
from isthmus.org.query.result import QueryResult
from isthmus.org.save.result import SaveOptions, SaveResult
from isthmus.org.schema.model import Schema
from isthmus.org.security.principal import Principal

T = TypeVar("T")
DEFAULT_OPTIONS = SaveOptions()


class Schemas(Protocol):
    """Where the schema in force is kept."""

    @property
    def current(self) -> Schema: ...


class Queries(Protocol):
    """The query path."""

    def run(
        self,
        connection: Connection,
        schema: Schema,
        principal: Principal,
        soql: str,
        *,
        all_rows: bool,
        batch_size: int,
    ) -> QueryResult: ...


@dataclass(frozen=True, slots=True)
class Usage:
    """API calls in the last 24 hours of org time, and how many are allowed (`Sforce-Limit-Info`)."""

    used: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of `/limits`."""

    maximum: int
    remaining: int


@dataclass(frozen=True, slots=True)
class RecentItem:
    """A record that the user saw or saved lately."""

    sobject: str
    id: str
    name: str | None


class Running(Protocol):
    """A transaction that is running: the façade's questions, synchronously, in one unit of work."""

    def insert(
        self, sobject: str, records: Sequence[Mapping[str, object]], **how: Any
    ) -> list[SaveResult]: ...


class Org:
    """One org. The async methods may be called from the event loop; each save is durable when it returns."""

    def __init__(
        self,
        *,
        organization_id: str,
        database: Database,
        journal: Any,
        schemas: Schemas,
        queries: Queries,
        identity: Any,
        clock: Clock,
        ids: Ids,
        maxima: Mapping[str, int] | None = None,
    ) -> None:
        self.organization_id = organization_id
        self.database = database
        self.journal = journal
        self.identity = identity
        self.clock = clock
        self.ids = ids
        self._schemas = schemas
        self._queries = queries
        self._maxima = maxima or {}

    @property
    def schema(self) -> Schema:
        """The schema in force."""
        return self._schemas.current

    async def insert(
        self,
        principal: Principal,
        sobject: str,
        records: Sequence[Mapping[str, object]],
        *,
        all_or_none: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Create records. Faults: `resource_not_found` (no such object), `object_not_createable`."""
        raise NotImplementedError

    async def update(
        self,
        principal: Principal,
        sobject: str | None,
        records: Sequence[Mapping[str, object]],
        *,
        all_or_none: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Change records; each carries its `Id`."""
        raise NotImplementedError

    async def upsert(
        self,
        principal: Principal,
        sobject: str,
        external_id_field: str,
        records: Sequence[Mapping[str, object]],
        *,
        all_or_none: bool = False,
        update_only: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Create or change records by an external id field, or by `Id`. Fault: `external_id_field_not_found`."""
        raise NotImplementedError

    async def delete(
        self,
        principal: Principal,
        sobject: str | None,
        ids: Sequence[str],
        *,
        all_or_none: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Move records, and what they take with them, to the recycle bin. Without `sobject`, ids of any object."""
        raise NotImplementedError

    async def undelete(
        self, principal: Principal, ids: Sequence[str], *, all_or_none: bool = False
    ) -> list[SaveResult]:
        """Bring records back from the recycle bin, with what went with them."""
        raise NotImplementedError

    async def empty_recycle_bin(self, principal: Principal, ids: Sequence[str]) -> list[SaveResult]:
        """Remove records from the recycle bin for good."""
        raise NotImplementedError

    async def query(
        self, principal: Principal, soql: str, *, all_rows: bool = False, batch_size: int = 2000
    ) -> QueryResult:
        """The first page of a query's rows; `all_rows` includes deleted ones (queryAll)."""
        raise NotImplementedError

    async def query_more(self, principal: Principal, locator: str, *, batch_size: int = 2000) -> QueryResult:
        """The page at `locator`. Fault: `invalid_query_locator`."""
        raise NotImplementedError

    async def retrieve(
        self, principal: Principal, sobject: str, record_id: str, fields: Sequence[str] | None = None
    ) -> QueryResult:
        """One record, as a result of one row; every readable field unless `fields` are named.

        Faults: `resource_not_found`, `entity_is_deleted`, `malformed_id`, `no_such_column`.
        """
        raise NotImplementedError

    async def find_by_external_id(
        self, principal: Principal, sobject: str, field: str, value: str
    ) -> list[str]:
        """The ids of the records whose `field` (an external id or id-lookup field) equals `value`."""
        raise NotImplementedError

    def describe_global(self, principal: Principal) -> Any:
        """What `org.schema.describe` says of every object that the principal may see."""
        raise NotImplementedError

    def describe(self, principal: Principal, sobject: str) -> Any:
        """What `org.schema.describe` says of one object. Fault: `resource_not_found`."""
        raise NotImplementedError

    def count_call(self, calls: int = 1) -> None:
        """Count API calls. Fault: `request_limit_exceeded`, where the rolling 24 hours are used up."""
        raise NotImplementedError

    def usage(self) -> Usage:
        """For `Sforce-Limit-Info: api-usage=used/maximum`."""
        raise NotImplementedError

    async def limits(self, principal: Principal) -> Mapping[str, Limit]:
        """Every limit by its name in `/limits`, in the wire's order."""
        raise NotImplementedError

    async def recent(
        self, principal: Principal, sobject: str | None = None, limit: int = 200
    ) -> list[RecentItem]:
        """The user's recent items, latest first."""
        raise NotImplementedError

    async def transaction(self, principal: Principal, work: Callable[[Running], T]) -> T:
        """Run `work` in one unit of work: an exception of it undoes everything it did."""
        raise NotImplementedError

    async def reset(self) -> None:
        """Remove every record and event; positions and id sequences go on from where they are."""
        raise NotImplementedError
