"""Binding conditions: fields resolved, operators and values checked against their types, NOT pushed down.

Source of the messages: see the catalogue; of what each type allows: SOQL and SOSL Reference, Comparison
Operators, and Querying Multi-Select Picklists.
"""

import re
from collections.abc import Callable
from typing import Final

from isthmus.org.query.bind.date_functions import date_part, is_date_function
from isthmus.org.query.bind.functions import refuse_selected
from isthmus.org.query.bind.labels import filtered_label, is_label
from isthmus.org.query.bind.locations import COMPARISONS, distance, is_distance
from isthmus.org.query.bind.scope import Scope
from isthmus.org.query.bound import (
    All,
    AnyOf,
    BoundCondition,
    BoundDistance,
    BoundLabel,
    BoundValue,
    Contains,
    InQuery,
    Operand,
    Some,
    Test,
)
from isthmus.org.query.parser.syntax import (
    And,
    Boolean,
    Call,
    Comparison,
    Condition,
    DateRange,
    Expression,
    Literal,
    Membership,
    Not,
    Null,
    Or,
    Path,
    SemiJoin,
    SetComparison,
    Value,
)
from isthmus.org.query.parser.tokens import DATE, DATETIME, NUMBERS, TEXTS, TIME
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import COMPOUNDS, DECIMALS, IDS, FieldType
from isthmus.org.schema.model import TEXTS as TEXT_TYPES

_CURRENCY: Final = re.compile(r"[A-Za-z]{3}\d+", re.ASCII)
_QUOTED: Final = {**dict.fromkeys(TEXT_TYPES, "string"), **dict.fromkeys(IDS, "ID")}
_UNQUOTED: Final = {
    **dict.fromkeys(DECIMALS, "double"),
    FieldType.INT: "int",
    FieldType.LONG: "long",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.DATETIME: "dateTime",
    FieldType.TIME: "time",
}
_MARKERS: Final = {
    **dict.fromkeys(_QUOTED, TEXTS),
    **dict.fromkeys([*DECIMALS, FieldType.INT, FieldType.LONG], NUMBERS),
    FieldType.BOOLEAN: frozenset[str](),
    FieldType.DATE: frozenset({DATE}),
    FieldType.DATETIME: frozenset({DATETIME}),
    FieldType.TIME: frozenset({TIME}),
}
_DATED: Final = frozenset({FieldType.DATE, FieldType.DATETIME})
_OF_LABELS: Final = frozenset({"=", "!=", "LIKE"})
_ORDERLESS: Final = frozenset({FieldType.BOOLEAN, FieldType.MULTIPICKLIST})


class ConditionBinder:
    """Binds the conditions of one clause: their left sides by `left`, their semi-joins by `semi_join`."""

    def __init__(
        self, left: Callable[[Expression], BoundValue], semi_join: Callable[[SemiJoin, str], InQuery]
    ) -> None:
        self._left = left
        self._semi_join = semi_join

    def bind(self, condition: Condition, negated: bool = False, above: str = "") -> BoundCondition:
        """The bound condition. `above`: what joins it to others, `nested` where that is joined itself."""
        match condition:
            case Not():
                return self.bind(condition.condition, not negated, "nested" if above else "NOT")
            case And() | Or():
                joined = isinstance(condition, And)
                above = "nested" if above else "AND" if joined else "OR"
                parts = tuple(self.bind(part, negated, above) for part in condition.conditions)
                return All(parts) if joined != negated else Some(parts)
            case Comparison():
                return self._comparison(condition, negated)
            case Membership():
                field = self._left(condition.left)
                if isinstance(field, BoundDistance):
                    raise _wrong_operator(field)
                operands = tuple(self._operand(field, value) for value in condition.values)
                return AnyOf(field, operands, condition.negated != negated)
            case SetComparison():
                return self._contains(condition, negated)
            case SemiJoin():
                return self._semi_join(condition, above)

    def _comparison(self, comparison: Comparison, negated: bool) -> Test:
        field = self._left(comparison.left)
        operand = self._operand(field, comparison.right)
        operator, kind = comparison.operator, field.field.type
        if operator == "LIKE":
            allowed = kind in TEXT_TYPES and kind is not FieldType.MULTIPICKLIST
            allowed = allowed and field.field.encryption is None
        else:
            ordered = kind not in _ORDERLESS and field.field.encryption is None
            allowed = operator in ("=", "!=") or ordered
        allowed = allowed and (not isinstance(field, BoundLabel) or operator in _OF_LABELS)
        if not allowed or (isinstance(field, BoundDistance) and operator not in COMPARISONS):
            raise _wrong_operator(field)
        if operator == "!=":
            return Test(field, "=", operand, not negated)
        return Test(field, operator, operand, negated)

    def _contains(self, comparison: SetComparison, negated: bool) -> Contains:
        field = self._left(comparison.left)
        if field.field.type is not FieldType.MULTIPICKLIST:
            raise _wrong_operator(field)
        literals = []
        for value in comparison.values:
            operand = self._operand(field, value)
            if not isinstance(operand, Literal):
                raise SoqlProblem("filter_value_unquoted", field.at, field=field.field.name, type="string")
            literals.append(operand)
        return Contains(field, tuple(literals), comparison.excludes != negated)

    def _operand(self, field: BoundValue, value: Value) -> Operand:
        kind = field.field.type
        match value:
            case Null():
                return value
            case Boolean() if kind is FieldType.BOOLEAN:
                return value
            case DateRange() if kind in _DATED:
                return value
            case Literal() if value.marker in _MARKERS[kind]:
                return value
            case Path() if kind in DECIMALS and _CURRENCY.fullmatch(str(value)):
                raise SoqlProblem("single_currency", value.at, what="An amount with its currency")
        if kind in _QUOTED:
            raise SoqlProblem("filter_value_unquoted", field.at, field=field.field.name, type=_QUOTED[kind])
        raise SoqlProblem("filter_value_quoted", field.at, field=field.field.name, type=_UNQUOTED[kind])


def filtered(scope: Scope, expression: Expression) -> BoundValue:
    """What WHERE compares: a field that can be filtered, or a function of one. Raises SoqlProblem."""
    if isinstance(expression, Call) and is_date_function(expression):
        part = date_part(scope, expression)
        if not part.of.field.filterable:
            raise SoqlProblem("field_not_filterable", part.of.at, field=part.of.field.name)
        return part
    if isinstance(expression, Call) and is_label(expression):
        return filtered_label(scope, expression)
    if isinstance(expression, Call):
        if is_distance(expression):
            return distance(scope, expression)
        refuse_selected(expression, "WHERE")
        raise SoqlProblem("query_feature_unsupported", expression.at, feature=f"{expression.name}()")
    if isinstance(expression, Literal):
        raise SoqlProblem("query_feature_unsupported", expression.at, feature="A literal on the left")
    field = scope.field(expression)
    if field.field.type in COMPOUNDS or not field.field.filterable:
        raise SoqlProblem("field_not_filterable", field.at, field=field.field.name)
    return field


def _wrong_operator(field: BoundValue) -> SoqlProblem:
    kind = "id" if field.field.type in IDS else field.field.type.value
    return SoqlProblem("filter_operator_not_for_type", field.at, type=kind)
