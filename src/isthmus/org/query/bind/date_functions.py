"""Binding date functions: parts of the dates and times that fields hold.

Source: SOQL and SOSL Reference, Date Functions, convertTimezone().
"""

from typing import Final

from isthmus.org.query.bind.scope import Scope
from isthmus.org.query.bound import BoundDatePart
from isthmus.org.query.parser.syntax import Call, Expression, Path
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import Field, FieldType

_OF_TIMES: Final = frozenset({"DAY_ONLY", "HOUR_IN_DAY"})
DATE_FUNCTIONS: Final = (
    _OF_TIMES
    | {f"{calendar}_{part}" for calendar in ("CALENDAR", "FISCAL") for part in ("MONTH", "QUARTER", "YEAR")}
    | {"DAY_IN_MONTH", "DAY_IN_WEEK", "DAY_IN_YEAR", "WEEK_IN_MONTH", "WEEK_IN_YEAR"}
)
_TO_LOCAL: Final = "convertTimezone"


def is_date_function(expression: Expression) -> bool:
    """Whether an expression is a date function, of whatever."""
    return isinstance(expression, Call) and expression.name.upper() in DATE_FUNCTIONS


def refuse_ungrouped(call: Call) -> None:
    """Raises SoqlProblem where a query that groups nothing selects a date function."""
    if is_date_function(call):
        raise SoqlProblem("field_not_grouped", call.at, field=str(call))
    if call.name.lower() == _TO_LOCAL.lower():
        raise SoqlProblem("date_function_misused", call.at, function=_TO_LOCAL)


def date_part(scope: Scope, call: Call) -> BoundDatePart:
    """A date function bound. Raises SoqlProblem where what it is of has no such part."""
    function = call.name.upper()
    inner, local = _converted(call)
    if not isinstance(inner, Path):
        raise SoqlProblem("date_function_misused", call.at, function=function)
    of = scope.field(inner)
    of_time = of.field.type is FieldType.DATETIME
    if not of_time and (of.field.type is not FieldType.DATE or local or function in _OF_TIMES):
        raise SoqlProblem("field_not_aggregatable", of.at, field=of.field.name, function=function)
    kind = FieldType.DATE if function == "DAY_ONLY" else FieldType.INT
    return BoundDatePart(function, of, local, Field(str(call), str(call), kind), call.at)


def _converted(call: Call) -> "tuple[Expression | None, bool]":
    """What a date function is of, and whether by the user's clock; None: not of one thing."""
    [inner, *more] = call.arguments or (None,)
    if not isinstance(inner, Call):
        return None if more else inner, False
    if more or inner.name.lower() != _TO_LOCAL.lower() or len(inner.arguments) != 1:
        return None, False
    return inner.arguments[0], True
