"""Date functions: do both databases give the parts of a date that the calendar gives, on every clock?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.contract.query.world import USER, World

from isthmus.org.schema.instants import parse_datetime

ZONES = ["UTC", "America/New_York", "Africa/Monrovia", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]
INSTANTS = [
    *("1700-01-01T00:00:00Z", "1883-11-18T16:59:59Z", "1883-11-18T17:00:01Z", "1969-12-31T23:59:59.999Z"),
    *("1972-01-07T00:44:29Z", "1972-01-07T00:44:31Z", "2000-02-29T23:30:00Z", "2011-12-30T09:59:59Z"),
    *("2011-12-30T10:00:00Z", "2026-03-08T06:59:59.999Z", "2026-03-08T07:00:00Z", "2026-11-01T05:30:00Z"),
    *("2026-11-01T06:30:00Z", "2026-12-31T23:59:59Z", "2400-02-29T12:00:00Z", "4000-12-31T23:59:59Z"),
]
PARTS: dict[str, Callable[[datetime], int]] = {
    "CALENDAR_YEAR": lambda at: at.year,
    "CALENDAR_QUARTER": lambda at: (at.month + 2) // 3,
    "CALENDAR_MONTH": lambda at: at.month,
    "DAY_IN_MONTH": lambda at: at.day,
    "DAY_IN_WEEK": lambda at: at.isoweekday() % 7 + 1,
    "DAY_IN_YEAR": lambda at: at.timetuple().tm_yday,
    "WEEK_IN_MONTH": lambda at: (at.day + 6) // 7,
    "WEEK_IN_YEAR": lambda at: (at.timetuple().tm_yday + 6) // 7,
    "HOUR_IN_DAY": lambda at: at.hour,
}


@pytest.mark.parametrize("zone", ZONES)
def test_parts_of_an_instant_are_those_of_the_users_clock(world: World, zone: str) -> None:
    names = made_at(world)
    user = replace(USER, time_zone=zone)
    for function, part in PARTS.items():
        grouped = f"{function}(convertTimezone(CreatedDate))"
        result = world.ask(
            f"SELECT Name, {grouped} FROM Account WHERE BillingCity = 'dated' GROUP BY Name, {grouped}",
            user=user,
        )
        expected = {name: part(at.astimezone(ZoneInfo(zone))) for name, at in names.items()}
        assert {row[0]: row[1] for row in result.rows} == expected, function


def test_parts_of_an_instant_are_those_in_utc_unless_converted(world: World) -> None:
    names = made_at(world)
    for function, part in PARTS.items():
        for name, at in names.items():
            soql = f"SELECT Name FROM Account WHERE {function}(CreatedDate) = {part(at)}"
            assert name in [row[1] for row in world.ask(soql).rows], (function, name)


def test_an_unknown_zone_is_utc(world: World) -> None:
    soql = "SELECT Name FROM Account WHERE HOUR_IN_DAY(convertTimezone(CreatedDate)) = 8"
    [row] = world.ask(soql, user=replace(USER, time_zone="Mars/Olympus")).rows
    assert row[1] == "Acme"


def made_at(world: World) -> dict[str, datetime]:
    """Accounts made at the instants, and when each was made by its name."""
    at = {f"n{number:02}": parse_datetime(each) for number, each in enumerate(INSTANTS)}
    world.insert(
        "Account",
        [
            {"Id": f"001000000000{name}AAA", "Name": name, "BillingCity": "dated", "CreatedDate": each}
            for name, each in at.items()
        ],
    )
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return {name: epoch + timedelta(milliseconds=each) for name, each in at.items()}
