"""Planning: from a bound query to its plan, for one dialect."""

from isthmus.kernel.database import Dialect
from isthmus.org.query.bound import BoundChildren, BoundQuery, Grouping
from isthmus.org.query.plan import ChildPlan, Limits, Plan
from isthmus.org.query.shape import Columns, grouped_shape_of, shape_of
from isthmus.org.query.sql.forms import forms
from isthmus.org.query.sql.grouped import grouped
from isthmus.org.query.sql.select import SelectWriter
from isthmus.org.query.sql.visibility import Visibility
from isthmus.org.schema.tables import quoted


def plan(query: BoundQuery, dialect: Dialect, all_rows: bool, visible: Visibility) -> Plan:
    """The plan of a query, over what is `visible`; with `all_rows` it takes deleted rows in.

    Raises SoqlProblem.
    """
    if query.grouping is not None:
        return _grouped_plan(query, query.grouping, dialect, all_rows, visible)
    children = _child_plans(query, "", dialect, all_rows, visible)
    columns = Columns()
    shape = shape_of(query.root, query.items, columns, {child.key: child.shape for child in children})
    writer = SelectWriter(query, forms(dialect), all_rows, visible)
    return Plan(
        shape=shape,
        page=writer.rows(columns.sql),
        ids=writer.rows([f"{query.root.alias}.{quoted('Id')}"]),
        by_ids=writer.by_ids(columns.sql),
        count=writer.count() if query.counts else None,
        children=children,
        limits=_limits(query),
    )


def _grouped_plan(
    query: BoundQuery, grouping: Grouping, dialect: Dialect, all_rows: bool, visible: Visibility
) -> Plan:
    return Plan(
        shape=grouped_shape_of(query.root, grouping),
        page=grouped(query, grouping, forms(dialect), all_rows, visible),
        ids=None,
        by_ids=None,
        count=None,
        children=(),
        limits=_limits(query),
    )


def _child_plans(
    query: BoundQuery, above: str, dialect: Dialect, all_rows: bool, visible: Visibility
) -> tuple[ChildPlan, ...]:
    """The plans of a query's child subqueries; `above` begins their paths."""
    return tuple(
        _child_plan(item, above + item.key, dialect, all_rows, visible)
        for item in query.items
        if isinstance(item, BoundChildren)
    )


def _child_plan(
    item: BoundChildren, path: str, dialect: Dialect, all_rows: bool, visible: Visibility
) -> ChildPlan:
    query = item.query
    children = _child_plans(query, f"{path}.", dialect, all_rows, visible)
    alias = query.root.alias
    columns = Columns()
    columns.place(alias, "Id")
    parent = columns.place(alias, item.reference.name)
    shape = shape_of(query.root, query.items, columns, {child.key: child.shape for child in children})
    writer = SelectWriter(query, forms(dialect), all_rows, visible)
    return ChildPlan(
        key=item.key,
        path=path,
        shape=shape,
        parent=parent,
        rows=writer.children(columns.sql, f"{alias}.{quoted(item.reference.name)}"),
        by_ids=writer.by_ids(columns.sql),
        children=children,
        limits=_limits(query),
    )


def _limits(query: BoundQuery) -> Limits:
    return Limits(
        limit=None if query.limit is None else query.limit.slot,
        offset=None if query.offset is None else query.offset.slot,
        offset_at=None if query.offset is None else query.offset.at,
    )
