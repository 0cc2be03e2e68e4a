"""Rows: what RETURNING asks of the records that were found, by the path of queries.

An object of RETURNING is a query of it, one of whose conditions is that the id is among those found: so
fields, conditions and orders mean what they mean in queries, and rights and record access are asked there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from isthmus.kernel.database import Connection
from isthmus.kernel.lru_cache import LruCache
from isthmus.org.query import execute
from isthmus.org.query.authorize import authorize
from isthmus.org.query.bind import bind
from isthmus.org.query.parser.syntax import (
    And,
    Comparison,
    Condition,
    FieldItem,
    Literal,
    Membership,
    Path,
    Query,
    SemiJoin,
    Source,
)
from isthmus.org.query.parser.tokens import TEXT
from isthmus.org.query.plan import Plan, Run
from isthmus.org.query.planner import Asked, plan
from isthmus.org.query.plans import KEY_TOKENS_MAX
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.result import QueryResult, ResultRow
from isthmus.org.query.sosl.problem import as_search_fault, unsupported
from isthmus.org.query.sosl.syntax import Returned
from isthmus.org.query.sql.visibility import Visibility
from isthmus.org.schema.fiscal_year import fiscal_year_of
from isthmus.org.schema.model import Schema
from isthmus.org.search.finding import FOUND_MAX
from isthmus.org.security.principal import Principal

PLANS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, of which database, when (org time in milliseconds)."""

    connection: Connection
    schema: Schema
    principal: Principal
    now: int


class RowPlans:
    """Plans what RETURNING asks, keeps what it planned, and reads rows by it."""

    def __init__(self) -> None:
        self._cache: LruCache[tuple[object, ...], Plan] = LruCache(PLANS_MAX)

    def rows(self, asker: Asker, returned: Returned, ids: Sequence[str]) -> QueryResult:
        """The rows of those of the records `ids` for which the conditions hold.

        In the order that is asked for, else in that of `ids`; all of them: limit and offset are the caller's.
        Faults: those of queries, where what is asked can't be, be nothing found.
        """
        try:
            planned, known = self._plan(asker, returned)
            try:
                return self._read(asker, returned, planned, ids)
            except SoqlProblem:  # whose place may be that of another text: find this one's
                if not known:
                    raise
                return self._read(asker, returned, _compiled(asker, returned), ids)
        except SoqlProblem as problem:
            raise as_search_fault(returned.source.text, problem) from None

    def _plan(self, asker: Asker, returned: Returned) -> tuple[Plan, bool]:
        """The plan, and whether it was made for another text."""
        source, access = returned.source, asker.principal.access
        dialect = asker.connection.dialect.name
        key = (source.key, returned.place, asker.schema.version, access.shape, dialect)
        known = self._cache.get(key)
        if known is not None:
            return known, True
        made = _compiled(asker, returned)
        if len(source.key) <= KEY_TOKENS_MAX:
            self._cache.put(key, made)
        return made, False

    def _read(self, asker: Asker, returned: Returned, planned: Plan, ids: Sequence[str]) -> QueryResult:
        run = Run(
            [*returned.source.slots, [f"'{each}'" for each in ids]],
            asker.now,
            asker.principal,
            limit=FOUND_MAX,
            find_fiscal_year=partial(fiscal_year_of, asker.connection, asker.schema),
        )
        if not ids:
            planned.page.parameters(run)
            return QueryResult(planned.shape, [], 0)
        rows: list[ResultRow] = [*execute.first_rows(asker.connection, planned, run)]
        at = planned.shape.id_index
        if not returned.order_by and at is not None:
            places = {each: place for place, each in enumerate(ids)}
            rows.sort(key=lambda row: places[str(row[at])])
        return QueryResult(planned.shape, rows, len(rows))


def _compiled(asker: Asker, returned: Returned) -> Plan:
    schema, access = asker.schema, asker.principal.access
    bound = bind(_query(returned), schema, 1)
    if bound.grouping is not None or bound.counts:
        raise unsupported("An aggregate", returned.sobject.at)
    authorize(bound, access, schema)
    visible = Visibility(schema, access)
    return plan(bound, Asked(schema, asker.connection.dialect, False, access, visible))


def _query(returned: Returned) -> Query:
    """The query that an object of RETURNING is. The ids are the last of its slots."""
    at = returned.sobject.at
    record_id = Path(("Id",), at)
    found = Literal(TEXT, len(returned.source.slots), at, run=True)
    conditions: list[Condition] = [Membership(record_id, False, (found,), at)]
    if returned.where is not None:
        conditions.append(returned.where)
    if returned.price_book is not None:
        conditions.append(_priced(record_id, returned.price_book))
    items = returned.items or (FieldItem(record_id, None, at),)
    where = And(tuple(conditions), at)
    return _select(items, returned.sobject, where, returned, at)


def _priced(record_id: Path, price_book: Literal) -> SemiJoin:
    at = price_book.at
    in_book = Comparison(Path(("Pricebook2Id",), at), "=", price_book, at)
    entries = _select(
        (FieldItem(Path(("Product2Id",), at), None, at),), Path(("PricebookEntry",), at), in_book, None, at
    )
    return SemiJoin(record_id, False, entries, at)


def _select(
    items: tuple[FieldItem, ...], sobject: Path, where: Condition, ordered: Returned | None, at: int
) -> Query:
    return Query(
        select=items,
        sources=(Source(sobject, None),),
        where=where,
        group_by=None,
        having=None,
        order_by=() if ordered is None else ordered.order_by,
        limit=None,
        offset=None,
        clauses=(),
        at=at,
    )
