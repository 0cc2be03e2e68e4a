"""Binding DISTANCE() and GEOLOCATION().

Source: SOQL and SOSL Reference, Location-Based SOQL Queries: the field stands before the position, units are
miles and kilometers, and only < and > compare distances.
"""

from typing import Final

from isthmus.org.query.bind.scope import Scope
from isthmus.org.query.bound import BoundDistance, BoundField, Coordinate, Position
from isthmus.org.query.parser.syntax import Call, Expression, Literal, Path
from isthmus.org.query.parser.tokens import NUMBERS, TEXTS
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import DECIMALS, INTEGERS, Field, FieldType

DISTANCE: Final = "DISTANCE"
GEOLOCATION: Final = "GEOLOCATION"
COMPARISONS: Final = frozenset({"<", ">"})
"""What compares distances."""
_PLACES: Final = frozenset({FieldType.LOCATION, FieldType.ADDRESS})
_ARGUMENTS: Final = 3
_COORDINATES: Final = 2


def is_distance(expression: Expression) -> bool:
    """Whether an expression is DISTANCE(), of whatever."""
    return isinstance(expression, Call) and expression.name.upper() == DISTANCE


def distance(scope: Scope, call: Call) -> BoundDistance:
    """A distance bound. Raises SoqlProblem."""
    if len(call.arguments) != _ARGUMENTS:
        raise _misused(call)
    first, second, unit = call.arguments
    if not isinstance(first, Path) or not isinstance(unit, Literal) or unit.marker not in TEXTS:
        raise _misused(call)
    of, start = _place(scope, call, first)
    if isinstance(second, Path):
        other, end = _place(scope, call, second)
        others: tuple[BoundField, ...] = (other,)
    else:
        end = _position(scope, call, second)
        others = tuple(each for each in end if isinstance(each, BoundField))
    written = f"{DISTANCE}({first})"
    return BoundDistance(of, start, end, unit, others, Field(written, written, FieldType.DOUBLE), call.at)


def refuse_position(call: Call) -> None:
    """Raises SoqlProblem where a position stands alone."""
    if call.name.upper() == GEOLOCATION:
        raise SoqlProblem("function_misused", call.at, function=GEOLOCATION, rule="stands in DISTANCE() only")


def _place(scope: Scope, call: Call, path: Path) -> tuple[BoundField, Position]:
    """A location or address, and the fields of its latitude and longitude."""
    of = scope.field(path)
    parts = [
        next((each for each in of.table.sobject.fields if _is_part(each, of.field, name)), None)
        for name in ("latitude", "longitude")
    ]
    latitude, longitude = parts
    if of.field.type not in _PLACES or latitude is None or longitude is None:
        raise _misused(call)
    return of, (BoundField(of.table, latitude, path.at), BoundField(of.table, longitude, path.at))


def _is_part(field: Field, compound: Field, name: str) -> bool:
    return field.compound == compound.name and field.name.lower().removesuffix("__s").endswith(name)


def _position(scope: Scope, call: Call, expression: Expression) -> Position:
    if not isinstance(expression, Call) or expression.name.upper() != GEOLOCATION:
        raise _misused(call)
    if len(expression.arguments) != _COORDINATES:
        raise _misplaced(expression)
    latitude, longitude = (_coordinate(scope, expression, each) for each in expression.arguments)
    return latitude, longitude


def _coordinate(scope: Scope, call: Call, expression: Expression) -> Coordinate:
    if isinstance(expression, Literal) and expression.marker in NUMBERS and not expression.run:
        return expression
    if isinstance(expression, Path):
        field = scope.field(expression)
        if field.field.type in DECIMALS | INTEGERS:
            return field
    raise _misplaced(call)


def _misused(call: Call) -> SoqlProblem:
    rule = "takes a location or address field, another or GEOLOCATION(), and 'mi' or 'km'"
    return SoqlProblem("function_misused", call.at, function=DISTANCE, rule=rule)


def _misplaced(call: Call) -> SoqlProblem:
    rule = "takes a latitude and a longitude"
    return SoqlProblem("function_misused", call.at, function=GEOLOCATION, rule=rule)
