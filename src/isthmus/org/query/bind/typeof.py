"""Binding TYPEOF: the fields of a parent by which object it is of.

Source: SOQL and SOSL Reference, TYPEOF; Understanding Relationship Query Limitations, by which each object
counts as a relationship.
"""

from collections.abc import Iterable

from isthmus.org.query.bind.scope import Scope
from isthmus.org.query.bound import BoundField, BoundTypeof, Branch, Table
from isthmus.org.query.parser.syntax import Path, TypeofItem, When
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import Schema


def typeof(schema: Schema, scope: Scope, item: TypeofItem) -> BoundTypeof:
    """A TYPEOF of the select list. Raises SoqlProblem."""
    shared = scope.parent(item.relationship)
    if shared.via is None or not shared.via.polymorphic:
        raise malformed(item.at, f"'{item.relationship}' does not refer to several types")
    branches: dict[str, Branch] = {}
    for when in item.whens:
        branch = _branch(schema, scope, shared, when)
        if branch.table.sobject.name in branches:
            raise malformed(when.at, f"'{branch.table.sobject.name}' has several WHENs")
        branches[branch.table.sobject.name] = branch
    otherwise = None if item.otherwise is None else _fields(scope, shared, item.otherwise)
    return BoundTypeof(shared, tuple(branches.values()), otherwise, item.at)


def _branch(schema: Schema, scope: Scope, shared: Table, when: When) -> Branch:
    sobject = schema.find(when.sobject)
    if sobject is None:
        raise SoqlProblem("no_such_object", when.at, sobject=when.sobject)
    assert shared.via is not None
    if sobject.name not in shared.via.reference_to:
        raise malformed(when.at, f"'{shared.via.relationship_name}' does not refer to '{sobject.name}'")
    if not sobject.stored:
        raise SoqlProblem("query_feature_unsupported", when.at, feature=f"A path to {sobject.name}")
    table = scope.parent_of_type(shared, sobject, when.at)
    return Branch(table, _fields(scope, table, when.fields))


def _fields(scope: Scope, table: Table, paths: Iterable[Path]) -> tuple[BoundField, ...]:
    found: dict[tuple[Table, str], BoundField] = {}
    for path in paths:
        bound = scope.field_from(table, path)
        if (bound.table, bound.field.name) in found:
            raise SoqlProblem("duplicate_field_selected", path.at, field=bound.field.name)
        found[bound.table, bound.field.name] = bound
    return tuple(found.values())


def malformed(at: int, reason: str) -> SoqlProblem:
    """The problem that TYPEOF is wrong here, to be raised."""
    return SoqlProblem("typeof_malformed", at, reason=reason)
