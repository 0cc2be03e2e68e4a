"""Distances: how far two positions lie apart, along a great circle of a ball of the earth's mean radius.

Source: Salesforce Help, DISTANCE and GEOLOCATION in formulas; docs/decisions/0181-distances.md.
"""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

KILOMETERS = 6371.0088
MILE = 1.609344
_NEAR = 1e-6


@dataclass(frozen=True)
class Near:
    """A number that is known so far."""

    value: float

    def is_like(self, other: object) -> bool:
        return isinstance(other, float) and abs(other - self.value) <= _NEAR


def between(start: tuple[float, float], end: tuple[float, float], unit: str) -> float:
    """The distance between two positions (latitude and longitude, in degrees), in `km` or `mi`."""
    (latitude, longitude), (to_latitude, to_longitude) = start, end
    half = sin(radians(to_latitude - latitude) / 2) ** 2
    half += (
        cos(radians(latitude)) * cos(radians(to_latitude)) * sin(radians(to_longitude - longitude) / 2) ** 2
    )
    kilometers = 2 * KILOMETERS * asin(min(sqrt(half), 1.0))
    return round(kilometers if unit == "km" else kilometers / MILE, 8)
