"""The query engine: what the façade asks of the query path.

Everything runs on the connection it is given: a reader's, or a unit of work's, whose own writes it sees.
"""

import json
from collections.abc import Sequence
from functools import partial
from typing import Final, Protocol

from isthmus.kernel.clock import Clock
from isthmus.kernel.database import Connection, Dialect, Row, Transaction, Value
from isthmus.kernel.errors import fault
from isthmus.kernel.ids import Ids, MalformedId, to_18
from isthmus.org.query import cursor
from isthmus.org.query.breadths import Breadths
from isthmus.org.query.explain import Explanation, explain
from isthmus.org.query.paging import BATCH_MAX, Pager
from isthmus.org.query.parser.binds import Binds
from isthmus.org.query.parser.tokens import Slot, lift, written_out
from isthmus.org.query.plan import Plan, RightsOf, Run, nobody
from isthmus.org.query.plans import Plans, Question, bound_of, levels_of
from isthmus.org.query.point_read import ReadPlan, ReadPlans
from isthmus.org.query.problem import SoqlProblem, as_fault
from isthmus.org.query.result import PendingCursor, QueryResult, ResultRow, Shape
from isthmus.org.schema.fiscal_year import fiscal_year_of
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.security.access import Access
from isthmus.org.security.principal import Principal

_ID_LENGTH: Final = 18


class Rows(Protocol):
    """What one record can be read from: a connection, or the database itself."""

    @property
    def dialect(self) -> Dialect: ...

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None: ...


class QueryEngine:
    """Answers queries. `rights` tells those of any user.

    `limit_cursors` keeps ten open per user, as the platform did until API 56.0. `breadths` tells which of a
    plan's statements are the quicker ones for a caller.
    """

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        *,
        rights: RightsOf = nobody,
        limit_cursors: bool = False,
        breadths: Breadths | None = None,
    ) -> None:
        self._clock = clock
        self._rights = rights
        self._ids = ids
        self._limit_cursors = limit_cursors
        self._plans = Plans()
        self._reads = ReadPlans()
        self._breadths = breadths or Breadths()

    def run(
        self,
        connection: Connection,
        schema: Schema,
        principal: Principal,
        soql: str,
        *,
        all_rows: bool = False,
        batch_size: int = BATCH_MAX,
        api_version: int | None = None,
        own: Access | None = None,
        binds: Binds | None = None,
    ) -> QueryResult:
        """The first page of a query's rows; with `all_rows`, deleted ones too.

        `api_version` is the client's, None for the newest; older ones know less of the language. `own`: the
        user's own rights, for a query within a transaction: it may name its mode (`WITH USER_MODE`). `binds`:
        the values of what is written `:name`; None: nothing may be.

        Where the result has `pending` cursors, `store_cursors` has to keep them before it is answered.
        Faults: those of the catalogue's query.toml.
        """
        now = self._clock.now()
        kept = soql if binds is None else partial(written_out, soql, binds)
        pager = Pager(connection, self._ids, kept, all_rows, principal.user_id, as_of=now, now=now)
        levels = levels_of(api_version)
        question = Question(soql, schema, principal.access, connection.dialect, all_rows, levels, own, binds)
        return self._plans.use(
            question,
            lambda plan, slots: pager.first(
                plan,
                Run(
                    slots,
                    now,
                    principal,
                    breadths=self._breadths,
                    rights=self._rights,
                    find_fiscal_year=partial(fiscal_year_of, connection, schema),
                ),
                batch_size,
            ),
        )

    def shape(
        self,
        dialect: Dialect,
        schema: Schema,
        principal: Principal,
        soql: str,
        *,
        all_rows: bool = False,
        api_version: int | None = None,
    ) -> Shape:
        """What the rows of a query hold; none is read. Arguments and faults as for `run`."""
        now = self._clock.now()
        question = Question(soql, schema, principal.access, dialect, all_rows, levels_of(api_version))

        def work(plan: Plan, slots: Sequence[Slot]) -> Shape:
            plan.page.parameters(Run(slots, now, principal))
            return plan.shape

        return self._plans.use(question, work)

    def explain(
        self,
        connection: Connection,
        schema: Schema,
        principal: Principal,
        soql: str,
        *,
        api_version: int | None = None,
    ) -> Explanation:
        """How a query would be run. Arguments and faults as for `run`."""
        question = Question(soql, schema, principal.access, connection.dialect, False, levels_of(api_version))
        find_fiscal_year = partial(fiscal_year_of, connection, schema)
        try:
            _, slots = lift(soql)
            run = Run(slots, self._clock.now(), principal, find_fiscal_year=find_fiscal_year)
            return explain(connection, *bound_of(question), run)
        except SoqlProblem as problem:
            raise as_fault(soql, problem) from None

    def more(
        self,
        connection: Connection,
        schema: Schema,
        principal: Principal,
        locator: str,
        *,
        batch_size: int = BATCH_MAX,
    ) -> QueryResult:
        """The page at a locator: its rows as they are now, without those that are gone.

        It may have `pending` cursors of children, as `run`'s. Faults: `query_locator_invalid`, and those of
        `run` where the query's names mean nothing any more, or nothing to this user.
        """
        now = self._clock.now()
        place = cursor.parse_locator(locator)
        found = cursor.find(connection, place, principal.user_id, now)
        soql = cursor.opened(found.soql, schema)
        pager = Pager(
            connection, self._ids, soql, found.all_rows, principal.user_id, as_of=found.as_of, now=now
        )
        question = Question(soql, schema, principal.access, connection.dialect, found.all_rows)
        return self._plans.use(
            question,
            lambda plan, slots: pager.at(
                plan,
                Run(
                    slots,
                    found.as_of,
                    principal,
                    find_fiscal_year=partial(fiscal_year_of, connection, schema),
                ),
                found,
                place.offset,
                batch_size,
            ),
        )

    def store_cursors(self, tx: Transaction, pending: Sequence[PendingCursor]) -> None:
        """Keep a result's pending cursors: a unit of work of its own, before the result is answered."""
        cursor.store(tx, pending, limited=self._limit_cursors)

    def purge_cursors(self, tx: Transaction) -> int:
        """Remove some of the cursors that have ended; returns how many, 0 when there are none left."""
        return cursor.purge(tx, self._clock.now())

    def retrieve(
        self,
        connection: Rows,
        schema: Schema,
        principal: Principal,
        sobject: str,
        record_id: str,
        fields: Sequence[str] | None = None,
    ) -> QueryResult:
        """One record, as a result of one row: every readable field, or those that `fields` names and the id.

        Faults: `resource_not_found`, `malformed_record_id`, `entity_is_deleted`, `no_such_column`.
        """
        plan = self._reads.read_plan(schema, sobject, fields, principal.access, connection.dialect)
        before, caller = _callers(plan, principal)
        row = connection.row(plan.sql, (*before, record_id, *caller)) if _looks_whole(record_id) else None
        if row is None:  # another form of an id than the one stored: asking is quicker than checking it first
            row = connection.row(plan.sql, (*before, _whole_id(plan.sobject, record_id), *caller))
        if row is None:
            raise fault("resource_not_found")
        if row[plan.deleted]:
            raise fault("entity_is_deleted")
        return QueryResult(plan.shape, [row if plan.opener is None else plan.opener(row)], 1)

    def retrieve_many(
        self,
        connection: Connection,
        schema: Schema,
        principal: Principal,
        sobject: str,
        record_ids: Sequence[str],
        fields: Sequence[str] | None = None,
    ) -> tuple[QueryResult, list[int | None]]:
        """The records of these ids that there are, and for each id the place of its row, or None.

        Faults: `resource_not_found`, `no_such_column`.
        """
        plan = self._reads.read_plan(schema, sobject, fields, principal.access, connection.dialect)
        wanted = [_id_or_none(each) for each in record_ids]
        places: dict[object, int] = {}
        rows: list[ResultRow] = []
        before, caller = _callers(plan, principal)
        listed = json.dumps([each for each in wanted if each])
        for row in connection.rows(plan.many_sql, (*before, listed, *caller)):
            if not row[plan.deleted]:
                places[row[0]] = len(rows)
                rows.append(row if plan.opener is None else plan.opener(row))
        return QueryResult(plan.shape, rows, len(rows)), [places.get(each) for each in wanted]


def _callers(plan: ReadPlan, principal: Principal) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The caller's id, as often as a read takes it before the record's and after it."""
    user = principal.user_id
    return (user,) * plan.of_user, (user,) * plan.callers


def _looks_whole(record_id: str) -> bool:
    """Whether a text may be an id as it is stored."""
    return len(record_id) == _ID_LENGTH and record_id.isalnum()


def _whole_id(sobject: SObjectType, record_id: str) -> str:
    try:
        return to_18(record_id)
    except MalformedId:
        label = next((each.label for each in sobject.fields if each.name == "Id"), "Id")
        raise fault("malformed_record_id", fields=("Id",), label=label, value=record_id) from None


def _id_or_none(text: str) -> str | None:
    try:
        return to_18(text)
    except MalformedId:
        return None
