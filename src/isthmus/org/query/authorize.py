"""Authorizing: whether the caller may read every object and field that a bound query names.

What a caller may not read does not exist for them: the messages are those of unknown names. Which *rows* they
may see is not decided here: that is a condition of the plan (see `sql.visibility`).
"""

from collections.abc import Iterator

from isthmus.org.query.bind.scope import NAME_OBJECT
from isthmus.org.query.bound import All, BoundChildren, BoundCondition, BoundQuery, InQuery, Some
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.security.access import Access


def authorize(query: BoundQuery, access: Access) -> None:
    """Raises SoqlProblem where the caller may not read what the query names."""
    _authorize_objects(query, access)
    for named in query.named:
        sobject = named.table.sobject.name
        if sobject != NAME_OBJECT and not access.may_read(sobject, named.field.name):
            raise SoqlProblem("no_such_column", named.at, field=named.field.name, entity=sobject)
    for inner in inner_queries(query):
        authorize(inner, access)


def _authorize_objects(query: BoundQuery, access: Access) -> None:
    for table in query.tables:
        name = table.sobject.name
        if table.parent is None or table.via is None:
            if not access.may_read(name):
                raise SoqlProblem("no_such_object", table.at, sobject=name)
            continue
        child = table.parent.sobject.name
        by_lookup = child == NAME_OBJECT or access.may_read(child, table.via.name)
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
