"""Productions: which parts of the language a query uses, to be counted."""

from collections.abc import Iterator

from tests.fuzz.tables import Tables
from tests.fuzz.tree import (
    And,
    AnyOf,
    Boolean,
    Children,
    Chosen,
    Compare,
    Condition,
    CountAll,
    DatePart,
    Distance,
    Fields,
    Format,
    Grouping,
    Id,
    Item,
    Label,
    Not,
    Null,
    Operand,
    Or,
    Path,
    Plain,
    Query,
    Range,
    SemiJoin,
    Text,
    Typeof,
    Value,
)

from isthmus.org.schema.model import SObjectType


class Productions:
    """Names them, of queries over these tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def of(self, query: Query, sobject: SObjectType | None = None, level: int = 1) -> Iterator[str]:
        """What a query is made of, each as often as it occurs."""
        sobject = sobject or self._tables.object(query.source)
        for item in query.select:
            match item:
                case CountAll():
                    yield "SELECT: COUNT()"
                case Fields():
                    yield f"SELECT: FIELDS({item.group})"
                case Children():
                    yield f"SELECT: children, level {level + 1}"
                    yield from self.of(item.query, self._child(sobject, item.query.source), level + 1)
                case Typeof():
                    yield "SELECT: TYPEOF" + (" with ELSE" if item.otherwise else "")
                case Item():
                    yield from (f"SELECT: {each}" for each in self._operand(sobject, item.value))
                    if item.alias is not None:
                        yield "SELECT: alias"
        if query.parents:
            yield "FROM: parents"
        if query.scope is not None:
            yield f"USING SCOPE: {query.scope}"
        if query.where is not None:
            yield from (f"WHERE: {each}" for each in self._condition(sobject, query.where))
        for path in query.group_by:
            yield from (f"GROUP BY: {each}" for each in self._operand(sobject, path))
        if query.totals is not None:
            yield f"GROUP BY: {query.totals} of {len(query.group_by)}"
        if query.having is not None:
            yield from (f"HAVING: {each}" for each in self._condition(sobject, query.having))
        for order in query.order_by:
            yield from (f"ORDER BY: {each}" for each in self._operand(sobject, order.value))
            yield "ORDER BY: DESC" if order.descending else "ORDER BY: ASC"
            if order.nulls_first is not None:
                yield f"ORDER BY: NULLS {'FIRST' if order.nulls_first else 'LAST'}"
        if query.limit is not None:
            yield "LIMIT"
        if query.offset is not None:
            yield "OFFSET"
        if query.marks is not None:
            yield query.marks

    def _child(self, sobject: SObjectType, name: str) -> SObjectType:
        found = next(each for each in self._tables.schema.children(sobject.name) if each.name == name)
        return self._tables.object(found.child)

    def _operand(self, sobject: SObjectType, operand: Operand) -> Iterator[str]:
        if isinstance(operand, Grouping):
            yield "GROUPING()"
            operand = operand.of
        if isinstance(operand, Distance):
            yield f"DISTANCE() to {'a place' if isinstance(operand.to, Path) else 'GEOLOCATION()'}"
            operand = operand.of
        if isinstance(operand, Format):
            yield "FORMAT()"
            operand = operand.of
        path = operand if isinstance(operand, Path) else operand.of
        if isinstance(operand, Label):
            yield "toLabel()"
        elif isinstance(operand, Path):
            yield f"{self._tables.field_at(sobject, path).type.value} field"
        else:
            yield f"{operand.function}()"
        if isinstance(operand, DatePart) and operand.local:
            yield "convertTimezone()"
        if path.steps:
            yield f"path of {len(path.steps)}"
        owner = sobject
        for step in path.steps:
            owner = self._tables.parent_object(owner, step)
            if owner.name == "Name":
                yield "polymorphic path"

    def _condition(self, sobject: SObjectType, condition: Condition) -> Iterator[str]:
        match condition:
            case And() | Or():
                yield "AND" if isinstance(condition, And) else "OR"
                for each in condition.conditions:
                    yield from self._condition(sobject, each)
            case Not():
                yield "NOT"
                yield from self._condition(sobject, condition.condition)
            case Compare():
                yield condition.operator
                yield from self._operand(sobject, condition.left)
                yield from _value(condition.right)
            case AnyOf():
                yield "NOT IN" if condition.negated else "IN"
                yield from self._operand(sobject, condition.left)
                for value in set(map(type, condition.values)):
                    yield f"{value.__name__} in a list"
            case Chosen():
                yield "EXCLUDES" if condition.excludes else "INCLUDES"
            case SemiJoin():
                yield "anti-join" if condition.negated else "semi-join"
                yield from ("WHERE in a semi-join" for each in self.of(condition.query) if "WHERE" in each)


def _value(value: Value) -> Iterator[str]:
    match value:
        case Null():
            yield "null"
        case Boolean():
            yield "true or false"
        case Text():
            yield "text"
        case Id():
            yield "id"
        case Plain():
            yield value.kind
        case Range():
            yield value.name + ("" if value.count is None else ":n")
