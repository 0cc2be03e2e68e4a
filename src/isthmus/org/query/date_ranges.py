"""Date ranges: what `TODAY` or `LAST_N_QUARTERS:3` means, on a day, to a user.

A range is a run of calendar days [first, end). Days, weeks, months, quarters and years follow one scheme: a
unit knows the start of the period that holds a day, and how to move by n periods. For a date field the
bounds are days; for a datetime field they are the midnights that begin them in the user's time zone. Fiscal
quarters and years begin as the org's fiscal year has it.
Source: SOQL and SOSL Reference, Date Formats and Date Literals.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

from isthmus.kernel.clock import DAY, SECOND
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.fiscal_year import CALENDAR, QUARTER_MONTHS, FiscalYear
from isthmus.org.schema.instants import FIRST, LAST
from isthmus.org.schema.time_zones import zone_of

Days: TypeAlias = tuple[date, date]

_EPOCH: Final = date(1970, 1, 1).toordinal()
_COUNT_DIGITS: Final = 7
MONDAY: Final = 0
SATURDAY: Final = 5
SUNDAY: Final = 6

_SUNDAY_TERRITORIES: Final = (
    "AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MH MM MO MT MX MZ NI NP "
    "PA PE PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW"
)
_SATURDAY_TERRITORIES: Final = "AE AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY"


@dataclass(frozen=True, slots=True)
class Unit:
    """`start(day, first_weekday, fiscal_year)` begins the period that holds a day; `move(start, n)` goes n
    periods on.
    """

    start: Callable[[date, int, FiscalYear], date]
    move: Callable[[date, int], date]


def _add_months(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _fiscal_quarter(day: date, _: int, fiscal: FiscalYear) -> date:
    return _add_months(day, -((fiscal.month(day) - 1) % QUARTER_MONTHS))


def _fiscal_year(day: date, _: int, fiscal: FiscalYear) -> date:
    return _add_months(day, 1 - fiscal.month(day))


DAYS: Final = Unit(lambda day, *_: day, lambda start, n: start + timedelta(n))
WEEKS: Final = Unit(
    lambda day, first, _: day - timedelta((day.weekday() - first) % 7),
    lambda start, n: start + timedelta(7 * n),
)
MONTHS: Final = Unit(lambda day, *_: day.replace(day=1), _add_months)
QUARTERS: Final = Unit(
    lambda day, *_: date(day.year, (day.month - 1) // 3 * 3 + 1, 1),
    lambda start, n: _add_months(start, 3 * n),
)
YEARS: Final = Unit(lambda day, *_: date(day.year, 1, 1), lambda start, n: _add_months(start, 12 * n))
FISCAL_QUARTERS: Final = Unit(_fiscal_quarter, QUARTERS.move)
FISCAL_YEARS: Final = Unit(_fiscal_year, YEARS.move)

FISCAL: Final = "FISCAL"
"""What the names of those ranges have in them that depend on the org's fiscal year."""
UNITS: Final = {
    "DAY": DAYS,
    "WEEK": WEEKS,
    "MONTH": MONTHS,
    "QUARTER": QUARTERS,
    "YEAR": YEARS,
    "FISCAL_QUARTER": FISCAL_QUARTERS,
    "FISCAL_YEAR": FISCAL_YEARS,
}

# name → (unit, first period, number of periods), both relative to the current one.
_FIXED: Final[dict[str, tuple[Unit, int, int]]] = {
    "YESTERDAY": (DAYS, -1, 1),
    "TODAY": (DAYS, 0, 1),
    "TOMORROW": (DAYS, 1, 1),
    "LAST_90_DAYS": (DAYS, -90, 91),
    "NEXT_90_DAYS": (DAYS, 1, 90),
    **{
        f"{which}_{name}": (unit, first, 1)
        for name, unit in UNITS.items()
        for which, first in (("LAST", -1), ("THIS", 0), ("NEXT", 1))
        if name != "DAY"
    },
}


def _counted(name: str, count: int) -> tuple[Unit, int, int]:
    if name.endswith("_AGO"):
        return UNITS[name.removeprefix("N_").removesuffix("S_AGO")], -count, 1
    which, unit_name = name.removesuffix("S").split("_N_")
    unit = UNITS[unit_name]
    if which == "NEXT":
        return unit, 1, count
    return (unit, -count, count + 1) if unit is DAYS else (unit, -count, count)  # days go on through today


def days(
    name: str, count: int | None, today: date, first_weekday: int, fiscal_year: FiscalYear = CALENDAR
) -> Days:
    """The days of the range `name` (in upper case) as [first, end). Raises OverflowError, ValueError.

    >>> days("LAST_N_MONTHS", 2, date(2026, 1, 9), SUNDAY)
    (datetime.date(2025, 11, 1), datetime.date(2026, 1, 1))
    """
    unit, first, periods = _FIXED[name] if count is None else _counted(name, count)
    start = unit.move(unit.start(today, first_weekday, fiscal_year), first)
    return start, unit.move(start, periods)


@lru_cache(maxsize=64)
def first_weekday(locale: str) -> int:
    """The day on which a week begins in a locale (`en_US`), as `date.weekday()` counts.

    Source: Unicode CLDR, supplemental week data.
    """
    territory = locale.partition("_")[2][:2]
    if not territory:
        return MONDAY
    if territory in _SATURDAY_TERRITORIES:
        return SATURDAY
    return SUNDAY if territory in _SUNDAY_TERRITORIES else MONDAY


def bounds(
    name: str,
    count: str | None,
    *,
    now: int,
    zone: str,
    locale: str,
    of_dates: bool,
    fiscal_year: FiscalYear = CALENDAR,
) -> tuple[int, int]:
    """The stored values [first, end) of a range at `now`, to a user of a zone and locale. Raises SoqlProblem.

    `count` is the n of the range, as written. `of_dates` for a date field, else for a datetime field.
    """
    today = datetime.fromtimestamp(now // SECOND, zone_of(zone)).date()
    return _bounds(name, count, today, "" if of_dates else zone, first_weekday(locale), fiscal_year)


@lru_cache(maxsize=1024)
def _bounds(
    name: str, count: str | None, today: date, zone: str, first: int, fiscal_year: FiscalYear
) -> tuple[int, int]:
    number = None if count is None else int(count[:_COUNT_DIGITS])  # more digits are out of range in any case
    try:
        begin, end = (_midnight(day, zone) for day in days(name, number, today, first, fiscal_year))
    except (OverflowError, ValueError):
        begin = end = FIRST - 1
    if begin < FIRST or end > LAST + 1:
        raise SoqlProblem("instant_literal_invalid", kind="date", literal=f"{name}:{count}")
    return begin, end


def _midnight(day: date, zone: str) -> int:
    if not zone:
        return (day.toordinal() - _EPOCH) * DAY
    local = datetime(day.year, day.month, day.day, tzinfo=zone_of(zone))
    since = local.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * DAY + since.seconds * SECOND
