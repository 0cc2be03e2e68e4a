"""Days: which calendar days a date literal means, and what date functions say of a day.

Written as the reference tells it. Source: SOQL and SOSL Reference, Date Formats and Date Literals in WHERE,
Date Functions; Salesforce Help, Set the Fiscal Year.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

Days: TypeAlias = tuple[date, date]
"""From the first day to the one after the last."""

MONDAY, SATURDAY, SUNDAY = 0, 5, 6
ONE = timedelta(days=1)
FUNCTIONS_OF_DAYS = (
    *("CALENDAR_MONTH", "CALENDAR_QUARTER", "CALENDAR_YEAR", "DAY_IN_MONTH", "DAY_IN_WEEK", "DAY_IN_YEAR"),
    *("FISCAL_MONTH", "FISCAL_QUARTER", "FISCAL_YEAR", "WEEK_IN_MONTH", "WEEK_IN_YEAR"),
)
FUNCTIONS_OF_INSTANTS = ("DAY_ONLY", "HOUR_IN_DAY")


@dataclass(frozen=True)
class Fiscal:
    """In which month fiscal years begin, and whether they have the name of the year in which they do."""

    starts: int = 1
    named_by_start: bool = False


def days_of(name: str, count: int | None, today: date, *, week_starts: int, fiscal: Fiscal) -> Days:
    """The days of `TODAY` or `LAST_N_DAYS` on a day. `week_starts` counts as `date.weekday` does."""
    match name:
        case "TODAY":
            return today, today + ONE
        case "YESTERDAY":
            return today - ONE, today
        case "TOMORROW":
            return today + ONE, today + 2 * ONE
        case "LAST_90_DAYS":
            return today - 90 * ONE, today + ONE
        case "NEXT_90_DAYS":
            return today + ONE, today + 91 * ONE
    if count is None:
        which, unit = name.split("_", 1)
        return _period(unit, today, {"LAST": -1, "THIS": 0, "NEXT": 1}[which], week_starts, fiscal)
    if name.endswith("_AGO"):
        unit = name.removeprefix("N_").removesuffix("S_AGO")
        return _period(unit, today, -count, week_starts, fiscal)
    which, unit = name.removesuffix("S").split("_N_")
    if unit == "DAY":
        return (
            (today - count * ONE, today + ONE)
            if which == "LAST"
            else (today + ONE, today + (count + 1) * ONE)
        )
    first, last = (-count, -1) if which == "LAST" else (1, count)
    start, _ = _period(unit, today, first, week_starts, fiscal)
    _, end = _period(unit, today, last, week_starts, fiscal)
    return start, end


def _period(unit: str, today: date, away: int, week_starts: int, fiscal: Fiscal) -> Days:
    """The day, week, month, quarter or year that lies so many of them away from today's."""
    if unit == "DAY":
        return today + away * ONE, today + (away + 1) * ONE
    if unit == "WEEK":
        start = today
        while start.weekday() != week_starts:
            start -= ONE
        start += 7 * away * ONE
        return start, start + 7 * ONE
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit.removeprefix("FISCAL_")]
    begins = fiscal.starts if unit.startswith("FISCAL_") else 1
    start = today.replace(day=1)
    while (start.month - begins) % months:
        start = _months_on(start, -1)
    start = _months_on(start, months * away)
    return start, _months_on(start, months)


def _months_on(first: date, count: int) -> date:
    """The first day of a month, so many months on."""
    month = first.year * 12 + first.month - 1 + count
    return date(month // 12, month % 12 + 1, 1)


def part_of(function: str, moment: date, fiscal: Fiscal) -> int | date:
    """What a date function says of a day, or of an instant on somebody's clock."""
    match function:
        case "DAY_ONLY":
            return date(moment.year, moment.month, moment.day)
        case "HOUR_IN_DAY":
            assert isinstance(moment, datetime)
            return moment.hour
        case "CALENDAR_YEAR":
            return moment.year
        case "CALENDAR_MONTH":
            return moment.month
        case "CALENDAR_QUARTER":
            return {1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 2, 7: 3, 8: 3, 9: 3}.get(moment.month, 4)
        case "DAY_IN_MONTH":
            return moment.day
        case "DAY_IN_YEAR":
            return moment.timetuple().tm_yday
        case "DAY_IN_WEEK":
            return moment.isoweekday() % 7 + 1
        case "WEEK_IN_MONTH":
            return (moment.day + 6) // 7
        case "WEEK_IN_YEAR":
            return (moment.timetuple().tm_yday + 6) // 7
    months = [(fiscal.starts - 1 + number) % 12 + 1 for number in range(12)]
    month = months.index(moment.month) + 1
    if function == "FISCAL_MONTH":
        return month
    if function == "FISCAL_QUARTER":
        return (month + 2) // 3
    begun = moment.year if moment.month >= fiscal.starts else moment.year - 1
    return begun if fiscal.named_by_start or fiscal.starts == 1 else begun + 1
