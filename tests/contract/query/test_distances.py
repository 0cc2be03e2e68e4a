"""Distances: does each database measure them as the formula does, wherever on earth?"""

import math
from random import Random

import pytest
from tests.contract.query.world import World

from isthmus.kernel.database import Value
from isthmus.kernel.errors import Fault

RADII = {"km": 6371.0088, "mi": 6371.0088 / 1.609344}
EXTREMES = [
    (90.0, 0.0),
    (-90.0, 180.0),
    (0.0, 180.0),
    (0.0, -180.0),
    (47.5, 8.5),
    (-47.5, -171.5),
    (0.0, 0.0),
]


def apart(one: tuple[float, float], other: tuple[float, float], unit: str) -> float:
    """By the spherical law of cosines in its stable form, which is another formula than the one in SQL."""
    (latitude, longitude), (to_latitude, to_longitude) = one, other
    a, b, d = math.radians(latitude), math.radians(to_latitude), math.radians(to_longitude - longitude)
    across = math.hypot(
        math.cos(b) * math.sin(d), math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(d)
    )
    along = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(d)
    return RADII[unit] * math.atan2(across, along)


@pytest.mark.parametrize("unit", ["km", "mi"])
def test_a_distance_is_that_of_a_great_circle(world: World, unit: str) -> None:
    luck = Random(7)
    places = [*EXTREMES, *((luck.uniform(-90, 90), luck.uniform(-180, 180)) for _ in range(40))]
    world.insert(
        "Thing__c",
        [
            {"Id": f"a00{n:012}AAA", "Name": "at", "Place__Latitude__s": at[0], "Place__Longitude__s": at[1]}
            for n, at in enumerate(places)
        ],
    )
    for center in [*EXTREMES, (51.4778, -0.0014)]:
        latitude, longitude = (f"{each:.4f}" for each in center)
        away = f"DISTANCE(Place__c, GEOLOCATION({latitude}, {longitude}), '{unit}')"
        rows = world.ask(f"SELECT {away} FROM Thing__c WHERE Name = 'at' ORDER BY Id").rows
        found = [float(str(row[1])) for row in rows]
        assert found == pytest.approx([apart(each, center, unit) for each in places], abs=2e-4)
        near = world.ask(f"SELECT Id FROM Thing__c WHERE Name = 'at' AND {away} < 5000 ORDER BY {away}").rows
        within = [(each, str(row[0])) for each, row in zip(found, rows, strict=True) if each < 5000]
        assert [row[0] for row in near] == [record_id for _, record_id in sorted(within)]


@pytest.mark.parametrize(
    ("start", "end", "away"),
    [
        ((-23.72, -40.28), "77.19, 54.43", 12691.49542848),
        ((8.28, 52.75), "-57.92, -23.85", 10008.97424296),
        ((-26.96, -78.29), "43.41, 24.09", 12984.0550765),
    ],
)
def test_a_distance_is_rounded_once(world: World, start: tuple[float, float], end: str, away: float) -> None:
    """To fifteen digits these would end in a five, and then be rounded up."""
    latitude, longitude = start
    place: dict[str, Value] = {"Place__Latitude__s": latitude, "Place__Longitude__s": longitude}
    world.insert("Thing__c", [{"Id": "a00000000000001AAA", "Name": "at", **place}])
    [row] = world.ask(
        f"SELECT DISTANCE(Place__c, GEOLOCATION({end}), 'km') FROM Thing__c WHERE Name = 'at'"
    ).rows
    assert row[1] == away


@pytest.mark.parametrize(
    ("latitude", "longitude", "unit", "column"),
    [("90.001", "0", "km", 62), ("0", "-180.5", "km", 65), ("0", "0", "KM", 69), ("0", "0", "", 69)],
)
def test_what_is_no_position_or_unit_is_refused_where_it_stands(
    world: World, latitude: str, longitude: str, unit: str, column: int
) -> None:
    soql = "SELECT Id FROM Thing__c WHERE DISTANCE(Place__c, GEOLOCATION({}, {}), '{}') > 0.5"
    assert world.ask(soql.format("0", "0", "km")).total_size == 1
    with pytest.raises(Fault) as caught:
        world.ask(soql.format(latitude, longitude, unit))
    assert caught.value.entry.name == "function_misused"
    assert caught.value.position == (1, column)
