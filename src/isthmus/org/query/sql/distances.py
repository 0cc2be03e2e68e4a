"""Distances in SQL: along a great circle of a ball, by the haversine formula.

Which ball the platform measures on is not published: this one has the earth's mean radius. Both databases
round to what they agree on.
Source of the formula: Salesforce Help, DISTANCE and GEOLOCATION in formulas.
"""

from typing import Final

from isthmus.kernel.database import Value
from isthmus.org.query import literals
from isthmus.org.query.bound import BoundDistance, BoundField, Coordinate
from isthmus.org.query.parser.syntax import Literal
from isthmus.org.query.plan import Run
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.sql.forms import Forms
from isthmus.org.query.sql.givens import Givens
from isthmus.org.schema.tables import column

RADII: Final = {"km": 6371.0088, "mi": 6371.0088 / 1.609344}
"""The earth's mean radius (IUGG), in each unit."""
_BOUNDS: Final = (90, 180)
"""Degrees that a latitude and a longitude have at most."""
_NUMBER: Final = "DOUBLE PRECISION"


def distance(value: BoundDistance, forms: Forms, givens: Givens) -> str:
    """A distance; null where one of the positions is not known."""
    latitude, longitude = (_coordinate(*each, givens) for each in zip(value.start, _BOUNDS, strict=True))
    to_latitude, to_longitude = (_coordinate(*each, givens) for each in zip(value.end, _BOUNDS, strict=True))
    unit = value.unit
    radius = givens.column(f"radius_{unit.slot}", _NUMBER, lambda run: _radius(run, unit), unit.at)
    haversine = (
        f"(power(sin(radians({to_latitude} - {latitude}) / 2), 2) + cos(radians({latitude}))"
        f" * cos(radians({to_latitude})) * power(sin(radians({to_longitude} - {longitude}) / 2), 2))"
    )
    # Of opposite points it may come out as a little more than 1.
    return forms.rounded.format(value=f"2 * {radius} * atan2(sqrt({haversine}), sqrt(abs(1 - {haversine})))")


def _coordinate(coordinate: Coordinate, most: int, givens: Givens) -> str:
    if isinstance(coordinate, BoundField):
        return f"{coordinate.table.alias}.{column(coordinate.field)}"

    def degrees(run: Run) -> Value:
        found = literals.number(str(run.slots[coordinate.slot]))
        if abs(found) > most:
            rule = "takes a latitude of at most 90 degrees and a longitude of at most 180"
            raise SoqlProblem("function_misused", function="GEOLOCATION", rule=rule)
        return found

    return givens.column(f"degrees_{coordinate.slot}", _NUMBER, degrees, coordinate.at)


def _radius(run: Run, unit: Literal) -> Value:
    found = RADII.get(literals.text(str(run.slots[unit.slot])))
    if found is None:
        raise SoqlProblem("function_misused", function="DISTANCE", rule="is in 'mi' or 'km'")
    return found
