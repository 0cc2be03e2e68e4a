"""Select statements: tables joined, rows filtered and put in order.

A query always ends its order with the id, so that equal rows keep their order from page to page. A picklist
is sorted by the order in which its values are defined; what is not defined comes after.
Source: SOQL and SOSL Reference, ORDER BY.
"""

from collections.abc import Sequence
from typing import Final

from isthmus.org.query.bound import All, BoundField, BoundOrder, BoundQuery, InQuery, Table, Test
from isthmus.org.query.parser.syntax import Null
from isthmus.org.query.plan import Parameter, Statement
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.sql import parameters
from isthmus.org.query.sql.conditions import ConditionWriter, folded, plain
from isthmus.org.query.sql.forms import Forms
from isthmus.org.schema.model import FieldType
from isthmus.org.schema.tables import layout, quoted
from isthmus.org.schema.values import fold

PARAMETERS_MAX: Final = 30_000
"""SQLite allows 32,766, PostgreSQL 65,535."""
_NEVER_NULL: Final = frozenset({"Id", "CreatedDate", "LastModifiedDate", "SystemModstamp"})
_BOUNDS: Final = frozenset({"<", "<=", ">", ">="})
_IDS: Final = Parameter(lambda run: run.ids)
_LIMIT: Final = Parameter(lambda run: run.limit)
_OFFSET: Final = Parameter(lambda run: run.offset)


class SelectWriter:
    """Writes the statements of one bound query. `all_rows` takes deleted rows in."""

    def __init__(self, query: BoundQuery, forms: Forms, all_rows: bool) -> None:
        self._query = query
        self._forms = forms
        self._all_rows = all_rows
        self._where_parameters: list[Parameter] = []
        self._where = _filter(query, forms, all_rows, self._where_parameters)
        self._order_parameters: list[Parameter] = []
        self._order = self._ordered()

    def rows(self, columns: Sequence[str]) -> Statement:
        """Rows in order, at most the run's limit, after its offset where the query has one."""
        tail, after = self._limited()
        found = [*self._where_parameters, *self._order_parameters, *after]
        return _statement(f"{self._from(columns)}{_where(self._where)} ORDER BY {self._order}{tail}", found)

    def children(self, columns: Sequence[str], reference: str) -> Statement:
        """Rows in order whose column `reference` is one of the run's ids."""
        where = _where(self._where, f"{reference} IN {self._forms.texts}")
        found = [*self._where_parameters, _IDS, *self._order_parameters]
        return _statement(f"{self._from(columns)}{where} ORDER BY {self._order}", found)

    def by_ids(self, columns: Sequence[str]) -> Statement:
        """Rows, in no order, whose id is one of the run's ids, whatever the query's own condition."""
        root = self._query.root.alias
        where = _where(_kept(root, self._all_rows), f"{root}.{quoted('Id')} IN {self._forms.texts}")
        return _statement(f"{self._from(columns)}{where}", [_IDS])

    def count(self) -> Statement:
        """The number of rows, of those within LIMIT and OFFSET where the query has one."""
        if self._query.limit is None and self._query.offset is None:
            return _statement(f"{self._from(['COUNT(*)'])}{_where(self._where)}", self._where_parameters)
        tail, after = self._limited()
        inner = f"{self._from(['1'])}{_where(self._where)}{tail}"
        return _statement(f"SELECT COUNT(*) FROM ({inner}) AS counted", [*self._where_parameters, *after])

    def _from(self, columns: Sequence[str]) -> str:
        return _from(columns, self._query.tables)

    def _limited(self) -> tuple[str, list[Parameter]]:
        if self._query.offset is None:
            return " LIMIT ?", [_LIMIT]
        return " LIMIT ? OFFSET ?", [_LIMIT, _OFFSET]

    def _ordered(self) -> str:
        root = self._query.root
        items = [item for order in self._query.order_by for item in self._order_item(order)]
        if not any(
            each.field.table is root and each.field.field.name == "Id" for each in self._query.order_by
        ):
            by_id = f"{root.alias}.{quoted('Id')}"
            items.append(self._forms.sorted.format(column=by_id) if _follows_changes(self._query) else by_id)
        return ", ".join(items)

    def _order_item(self, order: BoundOrder) -> list[str]:
        column = folded(order.field)
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
            self._order_parameters.append(parameters.constant(fold(each.value)))
        known = f"CASE {column} {' '.join(places)} ELSE {len(picklist)} END"
        return [
            f"CASE WHEN {column} IS NULL THEN NULL ELSE {known} END{ending}",
            f"{column}{' DESC' if order.descending else ''}",
        ]


def _filter(query: BoundQuery, forms: Forms, all_rows: bool, found: list[Parameter]) -> str:
    """The condition of WHERE, '' where there is none; its parameters are added to `found`."""
    kept = _kept(query.root.alias, all_rows)
    if query.where is None:
        return kept

    def semi_joined(join: InQuery, into: list[Parameter]) -> str:
        return _semi_joined(join, forms, all_rows, into)

    writer = ConditionWriter(forms, semi_joined)
    condition = writer.write(query.where)
    found += writer.parameters
    return f"{kept} AND {condition}" if kept else condition


def _semi_joined(join: InQuery, forms: Forms, all_rows: bool, found: list[Parameter]) -> str:
    """The query of a semi-join, without nulls: NOT IN would take them for unknown."""
    [selected] = join.query.items
    assert isinstance(selected, BoundField)
    column = plain(selected)
    where = _where(_filter(join.query, forms, all_rows, found), f"{column} IS NOT NULL")
    return f"{_from([column], join.query.tables)}{where}"


def _from(columns: Sequence[str], tables: Sequence[Table]) -> str:
    text = f"SELECT {', '.join(columns)} FROM {quoted(tables[0].sobject.name)} AS {tables[0].alias}"
    for table in tables[1:]:
        assert table.parent is not None
        assert table.via is not None
        text += (
            f" LEFT JOIN {quoted(table.sobject.name)} AS {table.alias}"
            f" ON {table.alias}.{quoted('Id')} = {table.parent.alias}.{quoted(table.via.name)}"
        )
    return text


def _where(*conditions: str) -> str:
    found = " AND ".join(filter(None, conditions))
    return f" WHERE {found}" if found else ""


def _kept(alias: str, all_rows: bool) -> str:
    return "" if all_rows else f"{alias}.{quoted('IsDeleted')} = 0"


def _follows_changes(query: BoundQuery) -> bool:
    """Whether a query asks for all rows beyond a bound of an indexed column: what changed since a moment.

    They are found by that index and sorted by id, not by reading every row in the order of ids. With a LIMIT
    the other way may be the shorter one, and the database chooses.
    """
    if query.order_by or query.limit is not None:
        return False
    parts = query.where.conditions if isinstance(query.where, All) else (query.where,)
    bounded = {
        part.field.field.name
        for part in parts
        if isinstance(part, Test) and not part.negated and not part.field.table.outer
        if part.operator in _BOUNDS and not isinstance(part.operand, Null)
    }
    return any(index.column in bounded for index in layout(query.root.sobject).indexes) if bounded else False


def _nullable(field: BoundField) -> bool:
    if field.table.outer:
        return True
    return field.field.nillable and field.field.name not in _NEVER_NULL


def _statement(sql: str, found: Sequence[Parameter]) -> Statement:
    if len(found) > PARAMETERS_MAX:
        raise SoqlProblem("query_too_complicated")
    return Statement(sql, tuple(each.make for each in found), tuple(each.at for each in found))
