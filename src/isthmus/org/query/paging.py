"""Paging: a result cut into pages, and the cursors that remember what comes after."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from isthmus.kernel.database import Connection, Row
from isthmus.kernel.errors import fault
from isthmus.kernel.ids import Ids, to_18
from isthmus.org.query import execute
from isthmus.org.query.cursor import ID_LENGTH, KEY_PREFIX, LIFE, Cursor, chunks, page_of_ids
from isthmus.org.query.plan import ChildPlan, Plan, Run
from isthmus.org.query.result import Locator, Marks, PendingCursor, QueryResult, ResultRow
from isthmus.org.schema.schemes import FieldCipher

BATCH_MIN: Final = 200
BATCH_MAX: Final = 2000
"""Rows of a page. Source: REST API Developer Guide, Query Options Header."""
_RANDOM_OF_ID: Final = 12


class Pager:
    """Makes one page. `as_of` is the org time of the query's first run, `now` that of this page.

    `soql` is the text that cursors keep, or makes it; where it makes none, there can be no further page.
    """

    def __init__(
        self,
        connection: Connection,
        ids: Ids,
        soql: str | Callable[[], str | None],
        all_rows: bool,
        user_id: str,
        *,
        as_of: int,
        now: int,
    ) -> None:
        self._connection = connection
        self._ids = ids
        self._soql = soql
        self._all_rows = all_rows
        self._user_id = user_id
        self._as_of = as_of
        self._expires = now + LIFE
        self._pending: list[PendingCursor] = []
        self._keeper: FieldCipher | None = None

    def first(self, plan: Plan, run: Run, batch_size: int) -> QueryResult:
        """The first page of a query. Raises SoqlProblem."""
        self._keeper = plan.keeper
        limit = execute.limit_of(plan.limits, run)
        run.offset = execute.offset_of(plan.limits, run)
        execute.check_offsets(plan.limits, plan.children, run)
        if plan.count is not None:
            run.limit = limit
            return QueryResult(plan.shape, [], execute.count(self._connection, plan, run))
        batch = within_bounds(batch_size)
        run.limit = min(limit, batch + 1)
        rows = execute.first_rows(self._connection, plan, run)
        total, locator = len(rows), None
        if total > batch:
            if plan.ids is None:
                raise fault("too_many_groups")
            rows = rows[:batch]
            total = batch
            if plan.limits.offset is None:  # a query with OFFSET has one page. Source: SOQL Reference, OFFSET
                run.limit = limit
                cursor = self._cursor(None, execute.all_ids(self._connection, plan, run))
                total, locator = cursor.total_size, Locator(cursor.id, batch)
        return self._result(plan, run, rows, total, locator)

    def at(self, plan: Plan, run: Run, cursor: Cursor, offset: int, batch_size: int) -> QueryResult:
        """The page of a cursor at `offset`. Raises SoqlProblem. Fault: `query_locator_invalid`."""
        self._keeper = plan.keeper
        batch = within_bounds(batch_size)
        ids = page_of_ids(self._connection, cursor, offset, batch)
        goes_on = offset + batch < cursor.total_size
        locator = Locator(cursor.id, offset + batch) if goes_on else None
        if cursor.child is None and plan.by_ids is not None:
            rows = execute.rows_by_ids(self._connection, plan.by_ids, run, ids, plan.finisher)
            return self._result(plan, run, rows, cursor.total_size, locator)
        child = _named(plan.children, cursor.child or "")
        rows = execute.rows_by_ids(self._connection, child.by_ids, run, ids, child.finisher)
        whole = self._with_children(child.children, run, rows)
        return QueryResult(child.shape, whole, cursor.total_size, locator, tuple(self._pending))

    def _result(
        self, plan: Plan, run: Run, rows: Sequence[Row], total: int, locator: Locator | None
    ) -> QueryResult:
        whole = self._with_children(plan.children, run, rows)
        return QueryResult(plan.shape, whole, total, locator, tuple(self._pending), _marks(plan, rows))

    def _with_children(self, plans: Sequence[ChildPlan], run: Run, rows: Sequence[Row]) -> list[ResultRow]:
        return execute.with_children(self._connection, plans, run, rows, self._child_cursor)

    def _child_cursor(self, child: ChildPlan, ids: Sequence[str]) -> str:
        return self._cursor(child.path, iter(ids)).id

    def _cursor(self, child: str | None, ids: Iterator[str]) -> PendingCursor:
        texts = chunks(ids)
        soql = self._soql if isinstance(self._soql, str) else self._soql()
        if soql is None:
            raise fault("query_feature_unsupported", feature="An empty list in a query of several pages")
        cursor = PendingCursor(
            id=to_18(KEY_PREFIX + self._ids.text(_RANDOM_OF_ID)),
            user_id=self._user_id,
            soql=soql if self._keeper is None else self._keeper.close_query(soql),
            child=child,
            all_rows=self._all_rows,
            as_of=self._as_of,
            expires=self._expires,
            total_size=sum(map(len, texts)) // ID_LENGTH,
            chunks=texts,
        )
        self._pending.append(cursor)
        return cursor


def _marks(plan: Plan, rows: Sequence[Row]) -> Marks | None:
    if not (rows and (plan.views or plan.references)):
        return None
    place = plan.shape.id_index
    assert place is not None
    return Marks(tuple(str(row[place]) for row in rows), plan.views, plan.references)


def _named(plans: Sequence[ChildPlan], path: str) -> ChildPlan:
    """The child plan of that path. Fault: `query_locator_invalid`."""
    for plan in plans:
        if plan.path == path:
            return plan
        if path.startswith(f"{plan.path}."):
            return _named(plan.children, path)
    raise fault("query_locator_invalid")


def within_bounds(batch_size: int) -> int:
    """A page's size as asked for, within what the platform gives."""
    return min(max(batch_size, BATCH_MIN), BATCH_MAX)
