"""Binding an aggregate query: what it groups by, what it answers, and which groups it keeps.

A query is one where it has GROUP BY, or selects an aggregate.
Source: SOQL and SOSL Reference, GROUP BY, HAVING, Aggregate Functions, Support for Field Types in Aggregate
Functions.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Final

from isthmus.org.query.bind.conditions import ConditionBinder
from isthmus.org.query.bind.date_functions import date_part, is_date_function
from isthmus.org.query.bind.field_groups import spread
from isthmus.org.query.bind.formats import argument, formatted, is_format, refuse_conversion
from isthmus.org.query.bind.functions import refuse_selected
from isthmus.org.query.bind.labels import is_label, label
from isthmus.org.query.bind.scope import Scope
from isthmus.org.query.bind.typeof import malformed
from isthmus.org.query.bind.unsupported import unsupported
from isthmus.org.query.bound import (
    BoundAggregate,
    BoundDatePart,
    BoundField,
    BoundFormat,
    BoundGrouping,
    BoundKey,
    BoundLabel,
    BoundValue,
    GroupedItem,
    Grouping,
    InQuery,
    is_same,
)
from isthmus.org.query.parser.syntax import (
    Call,
    Expression,
    FieldItem,
    FieldsItem,
    Path,
    Query,
    SemiJoin,
    TypeofItem,
)
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import COMPOUNDS, DECIMALS, Field, FieldType

AGGREGATES: Final = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
_NUMERIC: Final = frozenset({"SUM", "AVG"})
_COUNTS: Final = frozenset({"COUNT", "COUNT_DISTINCT"})
_NUMBERS: Final = DECIMALS | {FieldType.INT, FieldType.LONG}
_GROUPING: Final = "GROUPING"
TOTALLED_MAX: Final = 3
"""What ROLLUP and CUBE group by. Source: SOQL and SOSL Reference, GROUP BY ROLLUP, GROUP BY CUBE."""


def is_aggregate(expression: Expression) -> bool:
    """Whether an expression is an aggregate of rows."""
    return isinstance(expression, Call) and expression.name.upper() in AGGREGATES


def _answers_aggregate(expression: Expression) -> bool:
    """Whether an expression is an aggregate, or one that is formatted."""
    if isinstance(expression, Call) and is_format(expression):
        return any(map(is_aggregate, expression.arguments))
    return is_aggregate(expression)


def is_grouped(query: Query) -> bool:
    """Whether a query answers groups of rows."""
    return query.group_by is not None or any(
        isinstance(item, FieldItem) and _answers_aggregate(item.expression) for item in query.select
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
        return Grouping(items, self._by, having, self._totals())

    def ordered(self, expression: Expression) -> BoundValue:
        """What ORDER BY names: an aggregate, or a grouped field, of several groups. Raises SoqlProblem."""
        if not self._by:
            raise SoqlProblem("ordered_field_not_grouped", expression.at, field=str(expression))
        if isinstance(expression, Call):
            refuse_selected(expression, "ORDER BY")
        return self._value(expression, "ordered_field_not_grouped")

    def having(self, expression: Expression) -> BoundValue:
        """What HAVING compares: an aggregate, or a grouped field. Raises SoqlProblem."""
        return self._value(expression, "field_not_grouped")

    def _grouped(self) -> Iterator[BoundKey]:
        group_by = self._query.group_by
        if group_by is None:
            return
        if group_by.kind != "PLAIN" and len(group_by.expressions) > TOTALLED_MAX:
            raise SoqlProblem(
                "query_limit_exceeded", group_by.at, maximum=TOTALLED_MAX, what=f"fields in {group_by.kind}"
            )
        for expression in group_by.expressions:
            key = self._key(expression)
            if isinstance(key, BoundDatePart):
                yield key
            elif key.field.type in COMPOUNDS or key.field.calculated or not key.field.groupable:
                raise SoqlProblem("field_not_groupable", key.at, field=key.field.name)
            else:
                yield key

    def _key(self, expression: Expression) -> BoundKey:
        if isinstance(expression, Call) and is_date_function(expression):
            return date_part(self._scope, expression)
        if not isinstance(expression, Path):
            refuse_conversion(expression)
            raise unsupported(_called(expression), expression.at)
        return self._scope.field(expression)

    def _totals(self) -> tuple[frozenset[int], ...]:
        """Over the values of which keys, by their places, there are subtotals."""
        kind = "PLAIN" if self._query.group_by is None else self._query.group_by.kind
        places = range(len(self._by))
        if kind == "ROLLUP":
            return tuple(frozenset(places[kept:]) for kept in reversed(places))
        if kind == "CUBE":
            return tuple(frozenset(each) for count in places for each in combinations(places, count + 1))
        return ()

    def _refuse_limit(self) -> None:
        for clause, given in (("LIMIT", self._query.limit), ("OFFSET", self._query.offset)):
            if given is not None:
                raise SoqlProblem("ungrouped_limit", given.at, clause=clause)

    def _items(self) -> Iterator[GroupedItem]:
        seen = set()
        unnamed = 0
        for item in self._query.select:
            if isinstance(item, FieldsItem):
                self._refuse_ungrouped(item)
            if isinstance(item, TypeofItem):
                raise malformed(item.at, "the query answers no records")
            if not isinstance(item, FieldItem):
                raise unsupported("Anything but fields and aggregates in an aggregate query", item.at)
            value = self._selected(item.expression)
            key = item.alias
            field = value.of if isinstance(value, BoundLabel | BoundFormat) else value
            if key is None and not isinstance(field, BoundField):
                key = f"expr{unnamed}"
                unnamed += 1
            key = key or field.field.name
            if key.lower() in seen:
                raise SoqlProblem("duplicate_alias", item.at, alias=key)
            seen.add(key.lower())
            yield GroupedItem(key, value)

    def _refuse_ungrouped(self, item: FieldsItem) -> None:
        for field in spread(item, self._scope.root):
            if not self._is_grouped(field):
                raise SoqlProblem("field_not_grouped", item.at, field=field.field.name)

    def _selected(self, expression: Expression) -> BoundValue:
        """What is answered of each group: texts, too, of what is grouped by, and of aggregates."""
        if isinstance(expression, Call) and is_format(expression):
            return formatted(expression, self._value(argument(expression), "field_not_grouped"))
        if isinstance(expression, Call) and is_label(expression):
            named = label(self._scope, expression)
            if not self._is_grouped(named.of):
                raise SoqlProblem("field_not_grouped", named.at, field=str(expression))
            return named
        return self._value(expression, "field_not_grouped")

    def _value(self, expression: Expression, otherwise: str) -> BoundValue:
        """An aggregate, or what is grouped by; for what is not grouped by the problem `otherwise`."""
        if isinstance(expression, Call) and is_aggregate(expression):
            return self._aggregate(expression)
        if isinstance(expression, Call) and expression.name.upper() == _GROUPING:
            return self._grouping(expression)
        key = self._key(expression)
        if not self._is_grouped(key) and not self._is_of_grouped_date(key):
            raise SoqlProblem(otherwise, key.at, field=str(expression))
        return key

    def _grouping(self, call: Call) -> BoundGrouping:
        of = self._key(call.arguments[0]) if len(call.arguments) == 1 else None
        if of is None or not self._is_grouped(of):
            raise SoqlProblem("grouping_misused", call.at)
        return BoundGrouping(of, Field(str(call), str(call), FieldType.INT), call.at)

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
        return BoundAggregate(function, of, _result(function, of.field, str(call)), call.at)

    def _is_grouped(self, key: BoundKey) -> bool:
        return any(is_same(key, each) for each in self._by)

    def _is_of_grouped_date(self, key: BoundKey) -> bool:
        """Whether a date function is of a date that is grouped by: of a dateTime that does not suffice."""
        if not isinstance(key, BoundDatePart) or key.of.field.type is not FieldType.DATE:
            return False
        return self._is_grouped(key.of)


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


def _refuse_semi_join(join: SemiJoin, above: str) -> InQuery:
    raise SoqlProblem(
        "semi_join_malformed", join.at, reason="Semi join sub-selects are not allowed in HAVING"
    )
