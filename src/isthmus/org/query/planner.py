"""Planning: from a bound query to its plan, for one dialect and one set of rights."""

from dataclasses import dataclass, replace

from isthmus.kernel.database import Dialect
from isthmus.org.query import opening
from isthmus.org.query.bound import AccessAsked, BoundChildren, BoundField, BoundQuery, Grouping
from isthmus.org.query.opening import keeper, opener
from isthmus.org.query.plan import ChildPlan, Limits, Plan
from isthmus.org.query.recently_viewed import RECENTLY_VIEWED, RecentRows
from isthmus.org.query.record_access import AccessRows
from isthmus.org.query.rendering import finisher, renders
from isthmus.org.query.seen import is_marked
from isthmus.org.query.shape import Columns, grouped_shape_of, shape_of
from isthmus.org.query.sql.expressions import Expressions
from isthmus.org.query.sql.forms import forms
from isthmus.org.query.sql.given_rows import of_given_rows
from isthmus.org.query.sql.grouped import Groups, grouped, usual_form, wide_group
from isthmus.org.query.sql.select import SelectWriter
from isthmus.org.query.sql.visibility import Visibility
from isthmus.org.schema.model import Schema
from isthmus.org.schema.tables import column, quoted
from isthmus.org.security.access import Access
from isthmus.org.security.encryption.ciphers import HEADER_LENGTH


@dataclass(frozen=True, slots=True)
class Asked:
    """How a query is asked: of which schema and database, whether of deleted rows, with which rights."""

    schema: Schema
    dialect: Dialect
    all_rows: bool
    access: Access
    visible: Visibility


def plan(query: BoundQuery, asked: Asked) -> Plan:
    """The plan of a query. Raises SoqlProblem."""
    made = _plan(query, asked)
    return _of_recent_items(made, query, asked) if query.root.sobject.name == RECENTLY_VIEWED else made


def _plan(query: BoundQuery, asked: Asked) -> Plan:
    if query.grouping is not None:
        return _grouped_plan(query, query.grouping, asked)
    if query.record_access is not None:
        return _calculated_plan(query, query.record_access, asked)
    children = _child_plans(query, "", asked)
    expressions = Expressions(forms(asked.dialect))
    columns = Columns(expressions)
    shape = shape_of(query.root, query.items, columns, {child.key: child.shape for child in children})
    writer = SelectWriter(query, expressions, asked.all_rows, asked.visible)
    probe = writer.probe()
    return Plan(
        shape=shape,
        page=writer.first_page(columns.sql),
        ids=writer.rows([f"{query.root.alias}.{quoted('Id')}"], every=True),
        by_ids=writer.by_ids(columns.sql),
        count=writer.count() if query.counts else None,
        children=children,
        limits=_limits(query),
        finisher=finisher(opener(columns.encrypted, asked.access), columns.rendered),
        keeper=keeper(query),
        views=query.clauses.views and is_marked(query.root.sobject),
        references=query.clauses.references and is_marked(query.root.sobject),
        narrow=writer.rows(columns.sql, every=True) if probe else None,
        probe=probe,
        wide=writer.wide(columns.sql),
    )


def _grouped_plan(query: BoundQuery, grouping: Grouping, asked: Asked) -> Plan:
    form = usual_form(query)
    groups = Groups(query, grouping, forms(asked.dialect), asked.all_rows, asked.visible, form)
    return Plan(
        shape=grouped_shape_of(query.root, grouping),
        page=grouped(groups),
        ids=None,
        by_ids=None,
        count=None,
        children=(),
        limits=_limits(query),
        finisher=finisher(opener(opening.grouped(grouping), asked.access), renders(grouping)),
        keys=_keys(grouping),
        wide=wide_group(groups),
    )


def _calculated_plan(query: BoundQuery, whose: AccessAsked, asked: Asked) -> Plan:
    """A plan that reads rows which it is given. They are never more than a page."""
    columns = Columns()
    shape = shape_of(query.root, query.items, columns, {})
    writer = SelectWriter(query, Expressions(forms(asked.dialect)), asked.all_rows, asked.visible)
    return Plan(
        shape=shape,
        page=of_given_rows(query.root.sobject, writer.rows(columns.sql), asked.dialect),
        ids=None,
        by_ids=None,
        count=None,
        children=(),
        limits=_limits(query),
        rows=AccessRows(asked.schema, query.root.sobject, whose, asked.access),
    )


def _of_recent_items(made: Plan, query: BoundQuery, asked: Asked) -> Plan:
    """The plan over rows that it is given: a user's recent items, which are never more than a page."""
    sobject = query.root.sobject
    return replace(
        made,
        page=of_given_rows(sobject, made.page, asked.dialect),
        count=None if made.count is None else of_given_rows(sobject, made.count, asked.dialect),
        ids=None,
        by_ids=None,
        views=False,
        references=False,
        narrow=None,
        probe=None,
        wide=None,
        rows=RecentRows(asked.schema, sobject, asked.access),
    )


def _keys(grouping: Grouping) -> tuple[str, ...]:
    """What counts the key versions of the values that the groups tell apart."""
    closed = [each for each in grouping.by if isinstance(each, BoundField) and each.field.cipher is not None]
    return tuple(
        dict.fromkeys(
            f"SELECT COUNT(*) FROM (SELECT DISTINCT substr({column(each.field)}, 1, {HEADER_LENGTH}) "
            f"FROM {quoted(each.table.sobject.name)} WHERE {column(each.field)} IS NOT NULL) AS versions"
            for each in closed
        )
    )


def _child_plans(query: BoundQuery, above: str, asked: Asked) -> tuple[ChildPlan, ...]:
    """The plans of a query's child subqueries; `above` begins their paths."""
    return tuple(
        _child_plan(item, above + item.key, asked) for item in query.items if isinstance(item, BoundChildren)
    )


def _child_plan(item: BoundChildren, path: str, asked: Asked) -> ChildPlan:
    query = item.query
    children = _child_plans(query, f"{path}.", asked)
    alias = query.root.alias
    expressions = Expressions(forms(asked.dialect))
    columns = Columns(expressions)
    columns.place(alias, "Id")
    parent = columns.place(alias, item.reference.name)
    shape = shape_of(query.root, query.items, columns, {child.key: child.shape for child in children})
    writer = SelectWriter(query, expressions, asked.all_rows, asked.visible)
    return ChildPlan(
        key=item.key,
        path=path,
        shape=shape,
        parent=parent,
        rows=writer.children(columns.sql, item.reference),
        by_ids=writer.by_ids(columns.sql),
        children=children,
        limits=_limits(query),
        finisher=finisher(opener(columns.encrypted, asked.access), columns.rendered),
    )


def _limits(query: BoundQuery) -> Limits:
    return Limits(
        limit=None if query.limit is None else query.limit.slot,
        offset=None if query.offset is None else query.offset.slot,
        offset_at=None if query.offset is None else query.offset.at,
        few=query.few,
    )
