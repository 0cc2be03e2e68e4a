"""Clauses: what every select statement is made of. Tables joined, rows filtered, rows put in order.

A picklist is sorted by the order in which its values are defined; what is not defined comes after.
Source: SOQL and SOSL Reference, ORDER BY.
"""

from collections.abc import Sequence
from typing import Final

from isthmus.org.query.bound import BoundField, BoundOrder, BoundQuery, BoundValue, InQuery, Table
from isthmus.org.query.plan import Parameter, Statement
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.sql import parameters
from isthmus.org.query.sql.conditions import ConditionWriter
from isthmus.org.query.sql.expressions import Expressions, plain
from isthmus.org.query.sql.forms import Forms
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


def select(columns: Sequence[str], tables: Sequence[Table], visible: Visibility) -> str:
    """`SELECT … FROM … LEFT JOIN …`. A parent that the caller may not see is not there: its fields are null.

    Each `?` of it stands for the caller (`callers`).
    """
    text = f"SELECT {', '.join(columns)} FROM {quoted(tables[0].sobject.name)} AS {tables[0].alias}"
    for table in tables[1:]:
        assert table.parent is not None
        assert table.via is not None
        text += (
            f" LEFT JOIN {quoted(table.sobject.name)} AS {table.alias}"
            f" ON {table.alias}.{quoted('Id')} = {table.parent.alias}.{quoted(table.via.name)}"
        )
        if condition := visible.condition(table):
            text += f" AND {condition}"
    return text


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
    forms: Forms,
    all_rows: bool,
    visible: Visibility,
    found: list[Parameter],
    form: Form | None = None,
) -> str:
    """The condition of WHERE, '' where there is none; its parameters are added to `found`.

    `form`: that in which what the caller may see is found out; the parameters are the same.
    """
    seen = visible.condition(query.root) if form is None else visible.in_form(query.root, form)
    found += callers(seen)
    if query.where is None:
        return together(kept(query.root.alias, all_rows), seen)

    def semi_joined(join: InQuery, into: list[Parameter]) -> str:
        return _semi_joined(join, forms, all_rows, visible, into)

    writer = ConditionWriter(forms, semi_joined)
    condition = writer.write(query.where)
    found += writer.parameters
    return together(kept(query.root.alias, all_rows), seen, condition)


def _semi_joined(
    join: InQuery, forms: Forms, all_rows: bool, visible: Visibility, found: list[Parameter]
) -> str:
    """The query of a semi-join, without nulls: NOT IN would take them for unknown."""
    [selected] = join.query.items
    assert isinstance(selected, BoundField)
    column = plain(selected)
    selecting = select([column], join.query.tables, visible)
    found += callers(selecting)
    return selecting + where(filtered(join.query, forms, all_rows, visible, found), f"{column} IS NOT NULL")


def limited(query: BoundQuery) -> tuple[str, list[Parameter]]:
    """`LIMIT ?`, and `OFFSET ?` where the query has one."""
    if query.offset is None:
        return " LIMIT ?", [_LIMIT]
    return " LIMIT ? OFFSET ?", [_LIMIT, _OFFSET]


class OrderWriter:
    """Writes what rows are sorted by; `parameters` grows in the text's order."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        self._expressions = Expressions(forms)
        self.parameters: list[Parameter] = []

    def write(self, order: BoundOrder) -> list[str]:
        """The expressions that stand for one item of ORDER BY."""
        column = self._expressions.folded(order.field)
        ending = " DESC" if order.descending else ""
        if _nullable(order.field):
            usual = self._forms.nulls_first_ascending != order.descending
            if usual != order.nulls_first:
                ending += " NULLS FIRST" if order.nulls_first else " NULLS LAST"
        picklist = order.field.field.picklist
        if order.field.field.type is not FieldType.PICKLIST or not picklist:
            return [column + ending]
        places = []
        for place, each in enumerate(picklist):
            places.append(f"WHEN ? THEN {place}")
            value = fold(each.value) if has_shadow(order.field.field) else each.value
            self.parameters.append(parameters.constant(value))
        known = f"CASE {column} {' '.join(places)} ELSE {len(picklist)} END"
        return [
            f"CASE WHEN {column} IS NULL THEN NULL ELSE {known} END{ending}",
            f"{column}{' DESC' if order.descending else ''}",
        ]


def _nullable(value: BoundValue) -> bool:
    if not isinstance(value, BoundField):
        return value.function not in _COUNTS
    if value.table.outer:
        return True
    return value.field.nillable and value.field.name not in _NEVER_NULL
