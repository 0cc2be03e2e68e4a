"""Authorizing: whether the caller may read every object and field that a bound query names.

What a caller may not read does not exist for them: the messages are those of unknown names. Which *rows* they
may see is not decided here: that is a condition of the plan (see `sql.visibility`).
"""

from collections.abc import Iterator
from dataclasses import replace

from isthmus.org.query.bind.scope import NAME_OBJECT
from isthmus.org.query.bound import (
    All,
    BoundChildren,
    BoundComputed,
    BoundCondition,
    BoundField,
    BoundItem,
    BoundQuery,
    BoundTypeof,
    InQuery,
    Some,
    Table,
    field_of,
    fields_of,
)
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.encrypted import entered
from isthmus.org.schema.model import Schema
from isthmus.org.security.access import Access


def authorize(query: BoundQuery, access: Access, schema: Schema) -> None:
    """Raises SoqlProblem where the caller may not read what the query names."""
    _authorize_objects(query, access)
    for named in query.named:
        sobject = named.table.sobject.name
        if not _may_read_field(named, access, schema):
            raise SoqlProblem("no_such_column", named.at, field=named.field.name, entity=sobject)
    for item in query.items:
        if isinstance(item, BoundChildren) and not access.may_read(item.query.root.sobject.name):
            at = item.query.root.at
            raise SoqlProblem("no_such_child_relationship", at, relationship=item.key)
    for inner in inner_queries(query):
        authorize(inner, access, schema)


def _may_read_field(named: BoundField, access: Access, schema: Schema) -> bool:
    """Whether the caller may read a field; through a lookup to several objects, that of each of them whose
    records may be met there: which of them it will be, only the rows say.
    """
    sobject, via = named.table.sobject, named.table.via
    if sobject.name != NAME_OBJECT or via is None:
        return sobject.name == NAME_OBJECT or access.may_read(sobject.name, named.field.name)
    for name in via.reference_to:
        target = schema.find(name)
        if target is not None and access.may_read(name):
            own = next((own for column, own in entered(sobject, target) if column == named.field.name), None)
            if own is not None and not access.may_read(name, own):
                return False
    return True


def without_unreadable(query: BoundQuery, access: Access) -> BoundQuery:
    """The query without what it names by a group of fields, and the caller may not read."""
    name = query.root.sobject.name

    def kept(item: BoundItem) -> BoundItem | None:
        if isinstance(item, BoundChildren):
            return replace(item, query=without_unreadable(item.query, access))
        if isinstance(item, BoundComputed | BoundTypeof):
            return item
        grouped = item.table is query.root and item.field.name in query.spread
        return None if grouped and not access.may_read(name, item.field.name) else item

    return replace(query, items=tuple(found for each in query.items if (found := kept(each)) is not None))


def authorize_selected(query: BoundQuery, access: Access, schema: Schema) -> None:
    """Raises SoqlProblem where the caller may not read what the query selects, and of which object.

    By what it filters and sorts is not asked. Source: Apex Developer Guide, Filter SOQL Queries Using WITH
    SECURITY_ENFORCED.
    """
    selected = [item for item in query.items if isinstance(item, BoundField)]
    for item in query.items:
        selected += item.fields if isinstance(item, BoundTypeof) else ()
        selected += fields_of(item.value) if isinstance(item, BoundComputed) else ()
    if query.grouping is not None:
        for grouped in query.grouping.items:
            selected.append(field_of(grouped.value))
    tables = {query.root, *(table for item in selected for table in _lineage(item.table))}
    objects = all(_may_read(access, table.sobject.name) for table in tables)
    if not objects or not all(_may_read_field(each, access, schema) for each in selected):
        raise SoqlProblem("secure_query_refused")
    for item in query.items:
        if isinstance(item, BoundChildren):
            authorize_selected(item.query, access, schema)


def _lineage(table: Table | None) -> Iterator[Table]:
    while table is not None:
        yield table
        table = table.parent


def _may_read(access: Access, sobject: str) -> bool:
    return sobject == NAME_OBJECT or access.may_read(sobject)


def _authorize_objects(query: BoundQuery, access: Access) -> None:
    for table in query.tables:
        name = table.sobject.name
        if table.parent is None or table.via is None:
            if not access.may_read(name):
                raise SoqlProblem("no_such_object", table.at, sobject=name)
            continue
        child = table.parent.sobject.name
        by_lookup = child == NAME_OBJECT or access.may_read(child, table.via.name)
        if by_lookup and table.via.polymorphic and name != NAME_OBJECT and not access.may_read(name):
            raise SoqlProblem("no_such_object", table.at, sobject=name)
        if not by_lookup or not (name == NAME_OBJECT or access.may_read(name)):
            raise SoqlProblem("no_such_relationship", table.at, relationship=table.via.relationship_name)


def inner_queries(query: BoundQuery) -> Iterator[BoundQuery]:
    """The queries within a query: its child subqueries, and those of its semi-joins."""
    for item in query.items:
        if isinstance(item, BoundChildren):
            yield item.query
    yield from _semi_joined(query.where)


def _semi_joined(condition: BoundCondition | None) -> Iterator[BoundQuery]:
    if isinstance(condition, InQuery):
        yield condition.query
    elif isinstance(condition, All | Some):
        for part in condition.conditions:
            yield from _semi_joined(part)
