"""Binding semi-joins: `AccountId IN (SELECT Id FROM Account WHERE …)`, and what they may not be.

Source of the limits: SOQL and SOSL Reference, Comparison Operators, Semi-Joins and Anti-Joins.
"""

from functools import partial
from typing import Final

from isthmus.org.query.bind.clauses import clauses_of
from isthmus.org.query.bind.conditions import ConditionBinder, filtered
from isthmus.org.query.bind.objects import find_object
from isthmus.org.query.bind.scope import Scope
from isthmus.org.query.bound import BoundField, BoundQuery, Clauses, InQuery
from isthmus.org.query.parser.syntax import FieldItem, Path, Query, SemiJoin
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import IDS, FieldType, Schema

SEMI_JOINS_MAX: Final = 2
_NEVER_INNER: Final = frozenset(
    {"ActivityHistory", "Attachment", "ContentDocumentLink", "Event", "Note", "OpenActivity", "Task"}
)
"""Source: Considerations for Semi-Join and Anti-Join Queries; for links of documents, recorded answers."""
_NESTED: Final = (
    "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE "
    "expressions."
)


class SemiJoinBinder:
    """Binds the semi-joins of one query's conditions."""

    def __init__(self, schema: Schema, scope: Scope) -> None:
        self._schema = schema
        self._scope = scope
        self._count = 0

    def bind(self, join: SemiJoin, above: str) -> InQuery:
        """The bound semi-join; `above` is what joins it to other conditions. Raises SoqlProblem."""
        if above == "nested":
            raise _malformed(join.at, _NESTED)
        if above in ("OR", "NOT"):
            raise _malformed(join.at, f"Semi join sub-selects are not allowed with the '{above}' operator")
        self._count += 1
        if self._count > SEMI_JOINS_MAX:
            raise SoqlProblem("semi_joins_exceeded", join.at, maximum=SEMI_JOINS_MAX)
        left = self._left(join)
        query = join.query
        if query.group_by is not None:
            raise _malformed(query.group_by.at, "GROUP BY is not allowed in a semi join sub-select")
        if query.order_by or query.limit is not None or query.offset is not None:
            raise _malformed(join.at, "ORDER BY, LIMIT and OFFSET are not allowed in a semi join sub-select")
        path = query.sources[0].path
        sobject = find_object(self._schema, path)
        clauses = clauses_of(query, self._schema, sobject, whole=False)
        if sobject.name in _NEVER_INNER:
            message = f"Entity '{sobject.name}' is not supported for semi join inner selects"
            raise _malformed(path.at, message)
        if sobject.name == self._scope.root.sobject.name:
            raise _malformed(path.at, "The inner and outer selects should not be on the same object type")
        scope = Scope(self._schema, sobject, query.sources, f"s{self._count}_")
        selected = _selected(scope, query)
        if not _targets(left) & _targets(selected):
            raise _malformed(
                join.at,
                f"The selected field '{selected.field.name}' in the subquery and the left operand field in "
                f"the where expression in the outer query '{left.field.name}' should point to the same "
                "object type",
            )
        return InQuery(left, self._inner(scope, query, selected, clauses), join.negated)

    def _left(self, join: SemiJoin) -> BoundField:
        if not isinstance(join.left, Path):
            raise SoqlProblem("query_feature_unsupported", join.at, feature="A function before IN")
        left = self._scope.field(join.left)
        if left.table is not self._scope.root or left.field.type not in IDS:
            raise _malformed(
                join.at,
                "The left operand field in the where expression for outer query should be an id field, "
                f"cannot use: '{join.left}'",
            )
        return left

    def _inner(self, scope: Scope, query: Query, selected: BoundField, clauses: Clauses) -> BoundQuery:
        where = (
            None
            if query.where is None
            else ConditionBinder(partial(filtered, scope), _refuse_nesting).bind(query.where)
        )
        return BoundQuery(
            root=scope.root,
            tables=tuple(scope.tables),
            items=(selected,),
            counts=False,
            where=where,
            order_by=(),
            limit=None,
            offset=None,
            named=tuple(scope.named),
            clauses=clauses,
        )


def _selected(scope: Scope, query: Query) -> BoundField:
    item = query.select[0]
    if len(query.select) > 1 or not isinstance(item, FieldItem) or not isinstance(item.expression, Path):
        raise _malformed(item.at, "Semi join sub-selects must select exactly one field")
    selected = scope.field(item.expression)
    if selected.field.type not in IDS or selected.table is not scope.root:
        raise _malformed(
            item.at, f"Semi join sub-selects can only query id fields, cannot use: '{item.expression}'"
        )
    return selected


def _targets(field: BoundField) -> frozenset[str]:
    """The objects that an id field's values may be of."""
    if field.field.type is FieldType.ID:
        return frozenset({field.table.sobject.name})
    return frozenset(field.field.reference_to)


def _refuse_nesting(join: SemiJoin, above: str) -> InQuery:
    raise _malformed(join.at, "Nesting of semi join sub-selects is not supported")


def _malformed(at: int, reason: str) -> SoqlProblem:
    return SoqlProblem("semi_join_malformed", at, reason=reason)
