"""Date parts: date functions in SQL, of instants and of days, which are both kept as milliseconds.

Source: SOQL and SOSL Reference, Date Functions.
"""

from typing import Final

from isthmus.org.query.bound import BoundDatePart
from isthmus.org.query.plan import Run
from isthmus.org.query.sql.forms import Forms
from isthmus.org.query.sql.givens import Givens
from isthmus.org.schema.time_zones import known_name

_MONTHS_OF_QUARTER: Final = 3
_DAYS_OF_WEEK: Final = 7


def date_part(part: BoundDatePart, column: str, forms: Forms, givens: Givens) -> str:
    """A date function of a column."""
    moment = forms.moment.format(column=column)
    if part.local:
        moment = forms.local_moment.format(column=column, zone=givens.column("zone", "TEXT", _zone))

    def taken(name: str) -> str:
        return forms.date_parts[name].format(moment=moment)

    match part.function:
        case "DAY_ONLY" | "HOUR_IN_DAY" | "DAY_IN_MONTH" | "DAY_IN_YEAR" | "CALENDAR_MONTH" | "CALENDAR_YEAR":
            return taken(part.function)
        case "DAY_IN_WEEK":
            return f"({taken('DAY_IN_WEEK')} + 1)"
        case "WEEK_IN_MONTH":
            return _nth(taken("DAY_IN_MONTH"), _DAYS_OF_WEEK)
        case "WEEK_IN_YEAR":
            return _nth(taken("DAY_IN_YEAR"), _DAYS_OF_WEEK)
        case "CALENDAR_QUARTER":
            return _nth(taken("CALENDAR_MONTH"), _MONTHS_OF_QUARTER)
    month = taken("CALENDAR_MONTH")
    first = givens.column("fiscal_start", "INTEGER", lambda run: run.fiscal_year.start_month)
    if part.function == "FISCAL_YEAR":
        named = givens.column("fiscal_name", "INTEGER", lambda run: run.fiscal_year.years_ahead)
        return f"({taken('CALENDAR_YEAR')} + CASE WHEN {month} < {first} THEN {named} - 1 ELSE {named} END)"
    fiscal_month = f"(({month} + 12 - {first}) % 12 + 1)"
    return fiscal_month if part.function == "FISCAL_MONTH" else _nth(fiscal_month, _MONTHS_OF_QUARTER)


def _nth(number: str, length: int) -> str:
    """Which piece of that length a number is in: 1 to `length` in the first."""
    return f"(({number} + {length - 1}) / {length})"


def _zone(run: Run) -> str:
    return known_name(run.principal.time_zone)
