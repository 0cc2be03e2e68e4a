"""Expressions: fields and functions, and the values they are compared with.

Source: SOQL and SOSL Reference, fieldExpression, Date Formats and Date Literals.
"""

from typing import Final

from isthmus.org.query.parser.binds import NO_VALUES
from isthmus.org.query.parser.reader import Reader
from isthmus.org.query.parser.syntax import Boolean, Call, DateRange, Expression, Literal, Null, Path, Value
from isthmus.org.query.problem import SoqlProblem

DATE_RANGES: Final = frozenset(
    {"YESTERDAY", "TODAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"}
    | {
        f"{which}_{unit}"
        for which in ("LAST", "THIS", "NEXT")
        for unit in ("WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR")
    }
)
COUNTED_DATE_RANGES: Final = frozenset(
    pattern.format(unit)
    for unit in ("DAYS", "WEEKS", "MONTHS", "QUARTERS", "YEARS", "FISCAL_QUARTERS", "FISCAL_YEARS")
    for pattern in ("LAST_N_{}", "NEXT_N_{}", "N_{}_AGO")
)
_CONSTANTS: Final = {"TRUE": True, "FALSE": False}


def expression(reader: Reader) -> Path | Call:
    """Parse a field path or a function call. Raises SoqlProblem."""
    if reader.here.is_name and reader.then.text == "(":
        return call(reader)
    return reader.path()


def call(reader: Reader) -> Call:
    """Parse `name(argument, …)`; there may be no arguments. Raises SoqlProblem."""
    name = reader.name()
    reader.expect("(")
    reader.deeper()
    arguments: list[Expression] = []
    if not reader.sees(")"):
        arguments.append(_argument(reader))
        while reader.accept(","):
            arguments.append(_argument(reader))
    reader.expect(")")
    reader.shallower()
    return Call(name.text, tuple(arguments), name.at)


def _argument(reader: Reader) -> Path | Call | Literal:
    return expression(reader) if reader.here.marker is None else reader.literal()


def value(reader: Reader) -> Value:
    """Parse what stands on an operator's right. Raises SoqlProblem."""
    token = reader.here
    if token.marker is not None:
        return reader.literal()
    if token.text == ":":
        raise SoqlProblem("bind_variable")
    if token.word == "NULL":
        reader.take()
        return Null(token.at)
    if token.word in _CONSTANTS:
        reader.take()
        return Boolean(_CONSTANTS[token.word], token.at)
    if token.word in DATE_RANGES:
        reader.take()
        return DateRange(token.word, None, token.at)
    if token.word in COUNTED_DATE_RANGES:
        reader.take()
        if not reader.accept(":"):
            raise SoqlProblem("colon_expected", token=reader.here.text or "<EOF>")
        return DateRange(token.word, reader.integer().slot, token.at)
    return reader.path()


def values(reader: Reader) -> tuple[Value, ...]:
    """Parse a list in parentheses, of a value or more; a bound one may be empty. Raises SoqlProblem."""
    if reader.accept(NO_VALUES):
        return ()
    if reader.sees(":"):
        raise SoqlProblem("bind_variable")
    reader.expect("(")
    found = [value(reader)]
    while reader.accept(","):
        found.append(value(reader))
    reader.expect(")")
    return tuple(found)
