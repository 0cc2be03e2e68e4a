"""Select statements of a query for records.

They always end their order with the id, so that equal rows keep their order from page to page.
"""

from collections.abc import Sequence
from typing import Final

from isthmus.org.query.bound import All, AnyOf, BoundField, BoundQuery, BoundValue, InQuery, Table, Test
from isthmus.org.query.breadths import Sample
from isthmus.org.query.parser.syntax import Null
from isthmus.org.query.plan import Parameter, Statement, Wide
from isthmus.org.query.sql.clauses import (
    OrderWriter,
    filtered,
    kept,
    limited,
    source,
    statement,
    where,
)
from isthmus.org.query.sql.expressions import Expressions
from isthmus.org.query.sql.visibility import Visibility, callers
from isthmus.org.schema.model import Field, FieldType, SObjectType
from isthmus.org.schema.tables import has_shadow, layout, quoted, shadow_name
from isthmus.org.security.sharing.predicate import Form

_BOUNDS: Final = frozenset({"<", "<=", ">", ">="})
_IDS: Final = Parameter(lambda run: run.ids)


class SelectWriter:
    """Writes the statements of one bound query. `all_rows` takes deleted rows in."""

    def __init__(
        self, query: BoundQuery, expressions: Expressions, all_rows: bool, visible: Visibility
    ) -> None:
        self._query = query
        self._forms = expressions.forms
        self._expressions = expressions
        self._all_rows = all_rows
        self._visible = visible
        filtering: list[Parameter] = []
        self._where = filtered(query, expressions, all_rows, visible, filtering)
        self._whole = self._where if is_selective(query) else self._in_form(Form.LISTED)
        """The condition for statements that look at every row."""
        self._orders = OrderWriter(expressions)
        self._order = self._ordered()
        self._source = source(query.tables, visible, expressions.givens)
        self._where_parameters = [*self._source.parameters, *filtering]

    def rows(self, columns: Sequence[str], *, every: bool = False) -> Statement:
        """Rows in order, at most the run's limit, after its offset where the query has one.

        `every`: whoever asks sees little of what is looked at, or wants to see all of it.
        """
        return self._rows(columns, where(self._whole if every else self._where))

    def _rows(self, columns: Sequence[str], condition: str) -> Statement:
        tail, after = limited(self._query)
        found = [*self._where_parameters, *self._orders.parameters, *after]
        lock = self._forms.lock.format(alias=self._query.root.alias) if self._query.clauses.locks else ""
        return statement(f"{self._select(columns)}{condition} ORDER BY {self._order}{tail}{lock}", found)

    def first_page(self, columns: Sequence[str]) -> Statement:
        """Rows in order, as most callers have them soonest."""
        return self.rows(columns, every=not _is_read_in_order(self._query))

    def probe(self) -> str | None:
        """What tells whether `rows` should be asked with `every`; None: no matter."""
        if self._whole == self._where or not _is_read_in_order(self._query):
            return None
        return self._visible.probe(self._query.root)

    def wide(self, columns: Sequence[str]) -> Wide | None:
        """What gives page, ids and count the quicker to callers who see most; None: no matter."""
        limited_count = self._query.limit is not None or self._query.offset is not None
        if self._whole == self._where or not self._forms.sweeps or (self._query.counts and limited_count):
            return None
        condition = where(self._in_form(Form.SWEPT))
        sample = sample_of(self._query, self._visible)
        if self._query.counts:
            count = statement(f"{self._select(['COUNT(*)'])}{condition}", self._where_parameters)
            return Wide(sample, count=count)
        page = None if _is_read_in_order(self._query) else self._rows(columns, condition)
        return Wide(
            sample, page=page, ids=self._rows([f"{self._query.root.alias}.{quoted('Id')}"], condition)
        )

    def _in_form(self, form: Form) -> str:
        return filtered(self._query, self._expressions, self._all_rows, self._visible, [], form)

    def children(self, columns: Sequence[str], reference: Field) -> Statement:
        """Rows in order whose lookup `reference` is one of the run's ids: of records that the caller sees."""
        root = self._query.root
        filtering: list[Parameter] = []
        seen = self._visible.of_children(root, reference)
        condition = filtered(
            self._query, self._expressions, self._all_rows, self._visible, filtering, shared=seen
        )
        conditions = where(condition, f"{root.alias}.{quoted(reference.name)} IN {self._forms.texts}")
        found = [*self._source.parameters, *filtering, _IDS, *self._orders.parameters]
        return statement(f"{self._select(columns)}{conditions} ORDER BY {self._order}", found)

    def by_ids(self, columns: Sequence[str]) -> Statement:
        """Rows, in no order, whose id is one of the run's ids, whatever the query's own condition."""
        root = self._query.root.alias
        seen = self._visible.condition(self._query.root)
        named = f"{root}.{quoted('Id')} IN {self._forms.texts}"
        return statement(
            f"{self._select(columns)}{where(kept(root, self._all_rows), seen, named)}",
            [*self._source.parameters, *callers(seen), _IDS],
        )

    def count(self) -> Statement:
        """The number of rows, of those within LIMIT and OFFSET where the query has one."""
        if self._query.limit is None and self._query.offset is None:
            return statement(f"{self._select(['COUNT(*)'])}{where(self._whole)}", self._where_parameters)
        tail, after = limited(self._query)
        inner = f"{self._select(['1'])}{where(self._where)}{tail}"
        return statement(f"SELECT COUNT(*) FROM ({inner}) AS counted", [*self._where_parameters, *after])

    def _select(self, columns: Sequence[str]) -> str:
        return f"SELECT {', '.join(columns)}{self._source.sql}"

    def _ordered(self) -> str:
        root = self._query.root
        items = ["".join(item) for order in self._query.order_by for item in self._orders.write(order)]
        if not any(
            _is_own(each.field, root) and each.field.field.name == "Id" for each in self._query.order_by
        ):
            by_id = f"{root.alias}.{quoted('Id')}"
            items.append(self._forms.sorted.format(column=by_id) if _follows_changes(self._query) else by_id)
        return ", ".join(items)


def _is_own(value: BoundValue, root: Table) -> bool:
    """Whether a value is a field of the query's own object."""
    return isinstance(value, BoundField) and value.table is root


def sample_of(query: BoundQuery, visible: Visibility) -> Sample:
    """What tells how much of the query's object a caller sees."""
    root = query.root
    return Sample(quoted(root.sobject.name), root.alias, visible.condition(root))


def is_selective(query: BoundQuery) -> bool:
    """Whether an index finds the few rows that the query's own condition leaves."""
    parts = query.where.conditions if isinstance(query.where, All) else (query.where,)
    indexed = indexed_columns(query.root.sobject)
    return any(
        isinstance(part, Test | AnyOf | InQuery)
        and not part.negated
        and _is_own(part.field, query.root)
        and not indexed.isdisjoint((part.field.field.name, shadow_name(part.field.field)))
        for part in parts
    )


def indexed_columns(sobject: SObjectType) -> set[str]:
    """The columns of an object's table by which an index finds rows."""
    return {"Id", *(index.column for index in layout(sobject).indexes)}


def _is_read_in_order(query: BoundQuery) -> bool:
    """Whether an index gives the rows in the query's order: the first are then found without the others."""
    if not query.order_by:
        return True
    first = query.order_by[0].field
    if not _is_own(first, query.root):
        return False
    if first.field.type is FieldType.PICKLIST and first.field.picklist:
        return False
    column = shadow_name(first.field) if has_shadow(first.field) else first.field.name
    whole = (each.column for each in layout(query.root.sobject).indexes if each.where is None)
    return column == "Id" or column in whole


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
        if isinstance(part, Test) and not part.negated and _is_own(part.field, query.root)
        if part.operator in _BOUNDS and not isinstance(part.operand, Null)
    }
    return any(index.column in bounded for index in layout(query.root.sobject).indexes) if bounded else False
