"""Explaining: the ways in which a query's rows can be found, the best first, without running it.

What the platform estimates is counted here, as the asking user sees records; the count of all records of the
object is everybody's. A way's cost is what it looks at, by the threshold below which the platform calls a
filter selective: `TableScan` and `Index` give what recorded plans of real orgs say of the same counts.
Source: REST API Developer Guide, Get Feedback on Query Performance; Apex Developer Guide, Working with Very
Large SOQL Queries; plans in public repositories.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from isthmus.kernel.database import Connection
from isthmus.org.query import execute
from isthmus.org.query.bind.named_values import conjuncts
from isthmus.org.query.bound import (
    AnyOf,
    BoundCondition,
    BoundField,
    BoundQuery,
    Clauses,
    Contains,
    InQuery,
    Some,
    Test,
    field_of,
)
from isthmus.org.query.parser.syntax import Literal, Null
from isthmus.org.query.parser.tokens import OPEN_PATTERN
from isthmus.org.query.plan import Run
from isthmus.org.query.planner import Asked, plan
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.sql.expressions import Expressions
from isthmus.org.query.sql.forms import forms
from isthmus.org.query.sql.select import SelectWriter, indexed_columns
from isthmus.org.query.sql.visibility import Visibility
from isthmus.org.schema.tables import shadow_name
from isthmus.org.security.access import EVERYTHING

_MILLION: Final = 1_000_000
_SCAN: Final = 1.0
_SCANNED: Final = 2.6
"""What a scan costs, and the part that grows with the rows that it finds. Derived from recorded plans."""


class Operation(Enum):
    """How rows are found first of all. `OTHER`: in the order of ids, up to the query's limit."""

    INDEX = "Index"
    OTHER = "Other"
    SHARING = "Sharing"
    TABLE_SCAN = "TableScan"


@dataclass(frozen=True, slots=True)
class Note:
    """Why conditions on fields of an object are no help."""

    reason: str
    fields: tuple[str, ...]
    sobject: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way to find a query's rows. `cardinality` counts those that its operation gives."""

    operation: Operation
    fields: tuple[str, ...]
    cardinality: int
    cost: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The ways, the best first: it is the one that is gone. `records` counts those of the object."""

    sobject: str
    records: int
    ways: tuple[Way, ...]
    notes: tuple[Note, ...]


def explain(connection: Connection, query: BoundQuery, asked: Asked, run: Run) -> Explanation:
    """How a query would be run. Raises SoqlProblem, where it would not be."""
    if query.root.sobject.calculated:
        feature = f"An explanation of {query.root.sobject.name}"
        raise SoqlProblem("query_feature_unsupported", query.root.at, feature=feature)
    made = plan(query, asked)
    made.page.parameters(run)
    limit, _ = execute.limit_of(made.limits, run), execute.offset_of(made.limits, run)
    counting = _Counting(connection, query, asked, run)
    every = counting.every()
    found = counting.found(query.where)
    ways = [Way(Operation.TABLE_SCAN, (), found, scan_cost(found, every))]
    ways += [
        _way(Operation.INDEX, (name,), counting.found(part), threshold(every, custom))
        for part, name, custom in _indexed(query)
    ]
    if asked.visible.condition(query.root):
        ways.append(_way(Operation.SHARING, (), counting.found(None), threshold(every)))
    if query.limit is not None and not query.order_by and query.grouping is None:
        ways.append(_way(Operation.OTHER, (), min(limit, found), threshold(every)))
    ways.sort(key=lambda way: (way.cost, way.operation is Operation.TABLE_SCAN))
    return Explanation(
        query.root.sobject.name, every, tuple(ways), tuple(dict.fromkeys(_notes(query, asked)))
    )


@dataclass(frozen=True, slots=True)
class _Counting:
    connection: Connection
    query: BoundQuery
    asked: Asked
    run: Run

    def every(self) -> int:
        """All records of the query's object."""
        whole = replace(self.query, clauses=Clauses())
        return self._count(whole, None, Visibility(self.asked.schema, EVERYTHING))

    def found(self, where: BoundCondition | None) -> int:
        """Those that meet a condition, and that the user sees."""
        return self._count(self.query, where, self.asked.visible)

    def _count(self, query: BoundQuery, where: BoundCondition | None, visible: Visibility) -> int:
        query = replace(
            query,
            items=(),
            counts=True,
            where=where,
            order_by=(),
            limit=None,
            offset=None,
            grouping=None,
        )
        expressions = Expressions(forms(self.asked.dialect))
        statement = SelectWriter(query, expressions, self.asked.all_rows, visible).count()
        row = self.connection.row(statement.sql, statement.parameters(self.run))
        return int(row[0]) if row is not None and isinstance(row[0], int) else 0


def _way(operation: Operation, fields: tuple[str, ...], found: int, selective: float) -> Way:
    return Way(operation, fields, found, found / selective if selective else 0.0)


def scan_cost(found: int, every: int) -> float:
    """What it costs to look at every record, and find so many."""
    return _SCAN + (_SCANNED * found / every if every else 0.0)


def threshold(every: int, custom: bool = False) -> float:
    """How many records of so many a selective filter may find, by an index of the platform's or one's own.

    >>> threshold(1_500_000), threshold(1_500_000, custom=True), threshold(10_000_000)
    (375000.0, 125000.0, 1000000.0)
    """
    first, rest, most = (0.1, 0.05, _MILLION / 3) if custom else (0.3, 0.15, _MILLION)
    return min(first * min(every, _MILLION) + rest * max(every - _MILLION, 0), float(most))


def _indexed(query: BoundQuery) -> Iterator[tuple[BoundCondition, str, bool]]:
    """The conditions for which an index gives the rows: each, its field, and whether that is a custom one."""
    for part in conjuncts(query.where):
        if isinstance(part, Test | AnyOf | Contains | InQuery) and _hindrance(part, query) is None:
            field = field_of(part.field).field
            yield part, field.name, field.custom


def _hindrance(part: Test | AnyOf | Contains | InQuery, query: BoundQuery) -> str | None:
    """Why no index serves a condition; None: one does."""
    value = part.field
    if field_of(value).table is not query.root:
        return "it is on another object"
    if not isinstance(value, BoundField):
        return "it is on a function"
    columns = {value.field.name, shadow_name(value.field)}
    if isinstance(part, Contains) or columns.isdisjoint(indexed_columns(query.root.sobject)):
        return "unindexed"
    operands = part.operands if isinstance(part, AnyOf) else (part.operand,) if isinstance(part, Test) else ()
    if part.negated:
        return "it is negative"
    if any(isinstance(each, Null) for each in operands):
        return "it asks for null"
    if any(isinstance(each, Literal) and each.marker == OPEN_PATTERN for each in operands):
        return "it begins with a wildcard"
    return None


def _notes(query: BoundQuery, asked: Asked) -> Iterator[Note]:
    """What of the query's conditions no index serves; that deleted records are left out is one of them."""
    if not asked.all_rows:
        yield Note("unindexed", ("IsDeleted",), query.root.sobject.name)
    for part in conjuncts(query.where):
        if isinstance(part, Some):
            fields = dict.fromkeys(_fields_of(part))
            yield Note("it is one of several with OR", tuple(fields), query.root.sobject.name)
        elif isinstance(part, Test | AnyOf | Contains | InQuery):
            reason, field = _hindrance(part, query), field_of(part.field)
            if reason is not None:
                yield Note(reason, (field.field.name,), field.table.sobject.name)


def _fields_of(part: BoundCondition) -> Iterator[str]:
    if isinstance(part, Test | AnyOf | Contains | InQuery):
        yield field_of(part.field).field.name
        return
    for each in part.conditions:
        yield from _fields_of(each)
