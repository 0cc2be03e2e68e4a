"""Binding an aggregate query: what it groups by, what it answers, and which groups it keeps.

A query is one where it has GROUP BY, or selects an aggregate.
Source: SOQL and SOSL Reference, GROUP BY, HAVING, Aggregate Functions, Support for Field Types in Aggregate
Functions.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from isthmus.org.query.bind.conditions import ConditionBinder
from isthmus.org.query.bind.scope import Scope
from isthmus.org.query.bind.unsupported import unsupported
from isthmus.org.query.bound import (
    BoundAggregate,
    BoundField,
    BoundValue,
    GroupedItem,
    Grouping,
    InQuery,
)
from isthmus.org.query.parser.syntax import Call, Expression, FieldItem, Path, Query, SemiJoin
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import COMPOUNDS, DECIMALS, Field, FieldType

AGGREGATES: Final = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
_NUMERIC: Final = frozenset({"SUM", "AVG"})
_COUNTS: Final = frozenset({"COUNT", "COUNT_DISTINCT"})
_NUMBERS: Final = DECIMALS | {FieldType.INT, FieldType.LONG}


def is_aggregate(expression: Expression) -> bool:
    """Whether an expression is an aggregate of rows."""
    return isinstance(expression, Call) and expression.name.upper() in AGGREGATES


def is_grouped(query: Query) -> bool:
    """Whether a query answers groups of rows."""
    return query.group_by is not None or any(
        isinstance(item, FieldItem) and is_aggregate(item.expression) for item in query.select
    )


class GroupingBinder:
    """Binds what is of groups in one query."""

    def __init__(self, scope: Scope, query: Query) -> None:
        self._scope = scope
        self._query = query
        self._by = tuple(self._grouped())

    def bound(self) -> Grouping:
        """The query's grouping. Raises SoqlProblem."""
        query = self._query
        if query.group_by is None:
            self._refuse_limit()
        items = tuple(self._items())
        having = None
        if query.having is not None:
            having = ConditionBinder(self.having, _refuse_semi_join).bind(query.having)
        return Grouping(items, self._by, having)

    def ordered(self, expression: Expression) -> BoundValue:
        """What ORDER BY names: an aggregate, or a grouped field, of several groups. Raises SoqlProblem."""
        if not self._by:
            named = str(expression) if isinstance(expression, Path) else _called(expression)
            raise SoqlProblem("ordered_field_not_grouped", expression.at, field=named)
        return self._value(expression, "ordered_field_not_grouped")

    def having(self, expression: Expression) -> BoundValue:
        """What HAVING compares: an aggregate, or a grouped field. Raises SoqlProblem."""
        return self._value(expression, "field_not_grouped")

    def _grouped(self) -> Iterator[BoundField]:
        group_by = self._query.group_by
        if group_by is None:
            return
        if group_by.kind != "PLAIN":
            raise unsupported(f"GROUP BY {group_by.kind}", group_by.at)
        for expression in group_by.expressions:
            if not isinstance(expression, Path):
                raise unsupported(_called(expression), expression.at)
            field = self._scope.field(expression)
            if field.field.type in COMPOUNDS or field.field.calculated or not field.field.groupable:
                raise SoqlProblem("field_not_groupable", field.at, field=field.field.name)
            yield field

    def _refuse_limit(self) -> None:
        for clause, given in (("LIMIT", self._query.limit), ("OFFSET", self._query.offset)):
            if given is not None:
                raise SoqlProblem("ungrouped_limit", given.at, clause=clause)

    def _items(self) -> Iterator[GroupedItem]:
        seen = set()
        unnamed = 0
        for item in self._query.select:
            if not isinstance(item, FieldItem):
                raise unsupported("Anything but fields and aggregates in an aggregate query", item.at)
            value = self._value(item.expression, "field_not_grouped")
            key = item.alias
            if key is None and isinstance(value, BoundAggregate):
                key = f"expr{unnamed}"
                unnamed += 1
            key = key or value.field.name
            if key.lower() in seen:
                raise SoqlProblem("duplicate_alias", item.at, alias=key)
            seen.add(key.lower())
            yield GroupedItem(key, value)

    def _value(self, expression: Expression, otherwise: str) -> BoundValue:
        """An aggregate, or a grouped field; for a field that is not grouped the problem `otherwise`."""
        if isinstance(expression, Call) and is_aggregate(expression):
            return self._aggregate(expression)
        if not isinstance(expression, Path):
            raise unsupported(_called(expression), expression.at)
        field = self._scope.field(expression)
        if not self._is_grouped(field):
            raise SoqlProblem(otherwise, field.at, field=str(expression))
        return field

    def _aggregate(self, call: Call) -> BoundAggregate:
        function = call.name.upper()
        if len(call.arguments) != 1:
            raise unsupported(f"{function}() of {len(call.arguments)} arguments", call.at)
        [argument] = call.arguments
        if not isinstance(argument, Path):
            raise unsupported(f"{function}() of anything but a field", argument.at)
        of = self._scope.field(argument)
        if not _supports(function, of.field):
            raise SoqlProblem("field_not_aggregatable", of.at, field=of.field.name, function=function)
        if self._is_grouped(of):
            raise SoqlProblem("grouped_field_aggregated", of.at, field=str(argument))
        return BoundAggregate(function, of, _result(function, of.field, f"{call.name}({argument})"), call.at)

    def _is_grouped(self, field: BoundField) -> bool:
        return any(each.table is field.table and each.field is field.field for each in self._by)


def _supports(function: str, field: Field) -> bool:
    if field.type in COMPOUNDS or field.type is FieldType.TIME or not field.aggregatable:
        return False
    return function not in _NUMERIC or field.type in _NUMBERS


def _result(function: str, field: Field, written: str) -> Field:
    """What an aggregate's result is like: a count is an integer, an average a double."""
    if function in _COUNTS:
        return Field(written, written, FieldType.INT)
    if function == "AVG":
        return Field(written, written, FieldType.DOUBLE)
    kind = FieldType.STRING if field.type is FieldType.PICKLIST else field.type
    return replace(field, name=written, label=written, type=kind, picklist=())


def _called(expression: Expression) -> str:
    return f"{expression.name}()" if isinstance(expression, Call) else "A literal among fields"


def _refuse_semi_join(join: SemiJoin, plain: bool) -> InQuery:
    raise SoqlProblem(
        "semi_join_malformed", join.at, reason="Semi join sub-selects are not allowed in HAVING"
    )
