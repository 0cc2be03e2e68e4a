"""Binding FORMAT(): values as the user's locale writes them.

Source: SOQL and SOSL Reference, FORMAT(); convertCurrency(), which takes several currencies in an org.
"""

from dataclasses import replace
from typing import Final

from isthmus.org.query.bound import BoundAggregate, BoundField, BoundFormat, BoundValue
from isthmus.org.query.parser.syntax import Call, Expression
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import DECIMALS, INTEGERS, Field, FieldType

FORMAT: Final = "FORMAT"
CONVERT_CURRENCY: Final = "convertCurrency"
_FORMATTED: Final = DECIMALS | INTEGERS | {FieldType.DATE, FieldType.DATETIME, FieldType.TIME}
_COUNTS: Final = frozenset({"COUNT", "COUNT_DISTINCT"})


def is_format(expression: Expression) -> bool:
    """Whether an expression is FORMAT(), of whatever."""
    return isinstance(expression, Call) and expression.name.upper() == FORMAT


def argument(call: Call) -> Expression:
    """What is to be formatted. Raises SoqlProblem where that is not one thing."""
    if len(call.arguments) != 1:
        raise misformatted(call)
    [inner] = call.arguments
    refuse_conversion(inner)
    return inner


def formatted(call: Call, of: BoundValue) -> BoundFormat:
    """A value as it is to be written. Raises SoqlProblem where no locale has a form for it."""
    if not isinstance(of, BoundField | BoundAggregate) or of.field.type not in _FORMATTED:
        raise misformatted(call)
    like = of.field
    if isinstance(of, BoundAggregate) and of.function not in _COUNTS:
        like = of.of.field
    if isinstance(of, BoundAggregate) and of.function == "AVG" and like.type in INTEGERS:
        like = replace(like, type=FieldType.DOUBLE)
    written = Field(str(call), str(call), FieldType.STRING)
    return BoundFormat(of, like, written, call.at)


def refuse_conversion(expression: Expression) -> None:
    """Raises SoqlProblem where an amount is to be converted: the org has one currency."""
    if isinstance(expression, Call) and expression.name.lower() == CONVERT_CURRENCY.lower():
        raise SoqlProblem("single_currency", expression.at, what=f"{CONVERT_CURRENCY}()")


def misformatted(call: Call) -> SoqlProblem:
    """The problem that FORMAT() is of something else, to be raised."""
    rule = "takes a number, an amount, a date, a dateTime, a time, or an aggregate of one"
    return SoqlProblem("function_misused", call.at, function=FORMAT, rule=rule)
