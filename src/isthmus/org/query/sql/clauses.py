"""Clauses: what every select statement is made of. Tables joined, rows filtered, rows put in order.

A picklist is sorted by the order in which its values are defined; what is not defined comes after.
Source: SOQL and SOSL Reference, ORDER BY.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.org.query import seen
from isthmus.org.query.bound import (
    BoundAggregate,
    BoundField,
    BoundOrder,
    BoundQuery,
    BoundValue,
    InQuery,
    Table,
)
from isthmus.org.query.plan import Parameter, Statement
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.sql import parameters
from isthmus.org.query.sql.conditions import ConditionWriter
from isthmus.org.query.sql.expressions import Expressions, plain
from isthmus.org.query.sql.forms import Forms
from isthmus.org.query.sql.givens import Givens
from isthmus.org.query.sql.scopes import scoped
from isthmus.org.query.sql.visibility import Visibility, callers
from isthmus.org.schema.model import FieldType
from isthmus.org.schema.tables import has_shadow, quoted
from isthmus.org.schema.values import fold
from isthmus.org.security.sharing.predicate import Form

PARAMETERS_MAX: Final = 30_000
"""SQLite allows 32,766, PostgreSQL 65,535."""
_NEVER_NULL: Final = frozenset({"Id", "CreatedDate", "LastModifiedDate", "SystemModstamp"})
_COUNTS: Final = frozenset({"COUNT", "COUNT_DISTINCT"})
_LIMIT: Final = Parameter(lambda run: run.limit)
_OFFSET: Final = Parameter(lambda run: run.offset)


def statement(sql: str, found: Sequence[Parameter]) -> Statement:
    """A statement and its parameters. Raises SoqlProblem where they are too many."""
    if len(found) > PARAMETERS_MAX:
        raise SoqlProblem("query_too_complicated")
    return Statement(sql, tuple(each.make for each in found), tuple(each.at for each in found))


@dataclass(frozen=True, slots=True)
class Source:
    """`FROM … LEFT JOIN …`, and what makes its parameters."""

    sql: str
    parameters: tuple[Parameter, ...]


def source(tables: Sequence[Table], visible: Visibility, givens: Givens) -> Source:
    """The tables that a statement reads, with what it is given.

    A parent that the caller may not see is not there: its fields are null.
    """
    joins = ""
    for table in tables[1:]:
        assert table.parent is not None
        if table.via is None:
            joins += seen.joined(table.parent.alias)
            continue
        joins += (
            f" LEFT JOIN {quoted(table.sobject.name)} AS {table.alias}"
            f" ON {table.alias}.{quoted('Id')} = {table.parent.alias}.{quoted(table.via.name)}"
        )
        if condition := visible.joined(table):
            joins += f" AND {condition}"
    text = f" FROM {quoted(tables[0].sobject.name)} AS {tables[0].alias}{givens.joined}{joins}"
    return Source(text, (*givens.parameters, *callers(joins)))


def where(*conditions: str) -> str:
    """`WHERE …` of the conditions that aren't empty, '' where none is left."""
    found = together(*conditions)
    return f" WHERE {found}" if found else ""


def together(*conditions: str) -> str:
    """The conditions that aren't empty, all of which have to hold; '' where none is left."""
    return " AND ".join(filter(None, conditions))


def kept(alias: str, all_rows: bool) -> str:
    """The condition that leaves deleted rows out, '' where they are asked for."""
    return "" if all_rows else f"{alias}.{quoted('IsDeleted')} = 0"


def filtered(
    query: BoundQuery,
    expressions: Expressions,
    all_rows: bool,
    visible: Visibility,
    found: list[Parameter],
    form: Form = Form.ASKED,
    shared: str | None = None,
) -> str:
    """The condition of WHERE, '' where there is none; its parameters are added to `found`.

    `form`: that in which what the caller may see is found out; the parameters are the same. `shared`: the
    condition that says it, where the query's object does not.
    """
    if shared is None:
        shared = visible.of_root(query, form)
    scope = scoped(query)
    found += callers(shared) + callers(scope)
    if query.where is None:
        return together(kept(query.root.alias, all_rows), shared, scope)

    def semi_joined(join: InQuery, into: list[Parameter]) -> str:
        return _semi_joined(join, expressions.forms, all_rows, visible, into)

    writer = ConditionWriter(expressions, semi_joined)
    condition = writer.write(query.where)
    found += writer.parameters
    return together(kept(query.root.alias, all_rows), shared, scope, condition)


def _semi_joined(
    join: InQuery, forms: Forms, all_rows: bool, visible: Visibility, found: list[Parameter]
) -> str:
    """The query of a semi-join, without nulls: NOT IN would take them for unknown."""
    [selected] = join.query.items
    assert isinstance(selected, BoundField)
    column = plain(selected)
    expressions, after = Expressions(forms), list[Parameter]()
    condition = filtered(join.query, expressions, all_rows, visible, after)
    read = source(join.query.tables, visible, expressions.givens)
    found += (*read.parameters, *after)
    return f"SELECT {column}{read.sql}{where(condition, f'{column} IS NOT NULL')}"


def limited(query: BoundQuery) -> tuple[str, list[Parameter]]:
    """`LIMIT ?`, and `OFFSET ?` where the query has one."""
    if query.offset is None:
        return " LIMIT ?", [_LIMIT]
    return " LIMIT ? OFFSET ?", [_LIMIT, _OFFSET]


class OrderWriter:
    """Writes what rows are sorted by; `parameters` grows in the text's order.

    `totals`: there are subtotals among the rows, in which anything may be null.
    """

    def __init__(self, expressions: Expressions, *, totals: bool = False) -> None:
        self._expressions = expressions
        self._totals = totals
        self.parameters: list[Parameter] = []

    def write(self, order: BoundOrder) -> list[tuple[str, str]]:
        """The expressions that stand for one item of ORDER BY, each with its direction."""
        column = self._expressions.folded(order.field)
        ending = " DESC" if order.descending else ""
        if self._totals or _nullable(order.field):
            usual = self._expressions.forms.nulls_first_ascending != order.descending
            if usual != order.nulls_first:
                ending += " NULLS FIRST" if order.nulls_first else " NULLS LAST"
        picklist = order.field.field.picklist
        if order.field.field.type is not FieldType.PICKLIST or not picklist:
            return [(column, ending)]
        places = []
        for place, each in enumerate(picklist):
            places.append(f"WHEN ? THEN {place}")
            value = fold(each.value) if has_shadow(order.field.field) else each.value
            self.parameters.append(parameters.constant(value))
        known = f"CASE {column} {' '.join(places)} ELSE {len(picklist)} END"
        return [
            (f"CASE WHEN {column} IS NULL THEN NULL ELSE {known} END", ending),
            (column, " DESC" if order.descending else ""),
        ]


def _nullable(value: BoundValue) -> bool:
    if isinstance(value, BoundAggregate):
        return value.function not in _COUNTS
    if not isinstance(value, BoundField) or value.table.outer:
        return True
    return value.field.nillable and value.field.name not in _NEVER_NULL
