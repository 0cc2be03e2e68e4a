"""Days: which calendar days a date literal means, written as the reference tells it.

Source: SOQL and SOSL Reference, Date Formats and Date Literals in WHERE.
"""

from datetime import date, timedelta
from typing import TypeAlias

Days: TypeAlias = tuple[date, date]
"""From the first day to the one after the last."""

MONDAY, SATURDAY, SUNDAY = 0, 5, 6
ONE = timedelta(days=1)


def days_of(name: str, count: int | None, today: date, *, week_starts: int, fiscal_starts: int = 1) -> Days:
    """The days of `TODAY` or `LAST_N_DAYS` on a day. `week_starts` counts as `date.weekday` does,
    `fiscal_starts` is a month.
    """
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
        return _period(unit, today, {"LAST": -1, "THIS": 0, "NEXT": 1}[which], week_starts, fiscal_starts)
    if name.endswith("_AGO"):
        unit = name.removeprefix("N_").removesuffix("S_AGO")
        return _period(unit, today, -count, week_starts, fiscal_starts)
    which, unit = name.removesuffix("S").split("_N_")
    if unit == "DAY":
        return (
            (today - count * ONE, today + ONE)
            if which == "LAST"
            else (today + ONE, today + (count + 1) * ONE)
        )
    first, last = (-count, -1) if which == "LAST" else (1, count)
    start, _ = _period(unit, today, first, week_starts, fiscal_starts)
    _, end = _period(unit, today, last, week_starts, fiscal_starts)
    return start, end


def _period(unit: str, today: date, away: int, week_starts: int, fiscal_starts: int) -> Days:
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
    begins = fiscal_starts if unit.startswith("FISCAL_") else 1
    start = today.replace(day=1)
    while (start.month - begins) % months:
        start = _months_on(start, -1)
    start = _months_on(start, months * away)
    return start, _months_on(start, months)


def _months_on(first: date, count: int) -> date:
    """The first day of a month, so many months on."""
    month = first.year * 12 + first.month - 1 + count
    return date(month // 12, month % 12 + 1, 1)
