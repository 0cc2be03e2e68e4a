"""What date literals mean, on days, in zones and in locales."""

from datetime import UTC, date, datetime

import pytest
from tests.unit.org.query.entries import FIXTURES, Entry, entries

from isthmus.org.query import date_ranges
from isthmus.org.query.parser.expressions import COUNTED_DATE_RANGES, DATE_RANGES
from isthmus.org.schema.fiscal_year import CALENDAR, FiscalYear


@pytest.mark.parametrize("entry", entries(FIXTURES / "date_ranges.txt"))
def test_a_range_is_a_run_of_days(entry: Entry) -> None:
    today, literal, *fiscal = entry.text.split()
    name, _, count = literal.partition(":")
    first, end = date_ranges.days(
        name,
        int(count) if count else None,
        date.fromisoformat(today),
        date_ranges.SUNDAY,
        FiscalYear(int(fiscal[0])) if fiscal else CALENDAR,
    )
    assert (f"{first} {end}",) == entry.expected


@pytest.mark.parametrize("name", sorted(DATE_RANGES))
def test_every_range_has_a_meaning(name: str) -> None:
    first, end = date_ranges.days(name, None, date(2026, 1, 9), date_ranges.SUNDAY)
    assert first < end


@pytest.mark.parametrize("name", sorted(COUNTED_DATE_RANGES))
def test_every_counted_range_has_a_meaning(name: str) -> None:
    first, end = date_ranges.days(name, 2, date(2026, 1, 9), date_ranges.SUNDAY)
    assert first < end


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "zone", "first", "end"),
    [
        ("2026-01-09T07:59:59Z", "America/Los_Angeles", "2026-01-08T08:00:00Z", "2026-01-09T08:00:00Z"),
        ("2026-01-09T08:00:00Z", "America/Los_Angeles", "2026-01-09T08:00:00Z", "2026-01-10T08:00:00Z"),
        ("2026-03-08T20:00:00Z", "America/Los_Angeles", "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
        ("2026-01-09T23:00:00Z", "Asia/Tokyo", "2026-01-09T15:00:00Z", "2026-01-10T15:00:00Z"),
    ],
)
def test_a_day_begins_where_the_user_is(now: str, zone: str, first: str, end: str) -> None:
    found = date_ranges.bounds("TODAY", None, now=instant(now), zone=zone, locale="en_US", of_dates=False)
    assert found == (instant(first), instant(end))


def test_a_zone_that_there_is_not_counts_as_utc() -> None:
    now = instant("2026-01-09T07:00:00Z")
    found = date_ranges.bounds("TODAY", None, now=now, zone="Nowhere/None", locale="en_US", of_dates=False)
    assert found == (instant("2026-01-09T00:00:00Z"), instant("2026-01-10T00:00:00Z"))


def test_a_date_field_holds_days_of_no_zone() -> None:
    now = instant("2026-01-09T07:00:00Z")
    zone = "America/Los_Angeles"
    found = date_ranges.bounds("TODAY", None, now=now, zone=zone, locale="en_US", of_dates=True)
    assert found == (instant("2026-01-08T00:00:00Z"), instant("2026-01-09T00:00:00Z"))


@pytest.mark.parametrize(
    ("locale", "first"),
    [("en_US", "2026-01-04"), ("de_DE", "2026-01-05"), ("ar_EG", "2026-01-03"), ("eo", "2026-01-05")],
)
def test_a_week_begins_as_the_locale_says(locale: str, first: str) -> None:
    now = instant("2026-01-09T12:00:00Z")
    found = date_ranges.bounds("THIS_WEEK", None, now=now, zone="UTC", locale=locale, of_dates=True)
    assert found[0] == instant(f"{first}T00:00:00Z")
