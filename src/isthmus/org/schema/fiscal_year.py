"""Fiscal year: in which month an org's years begin, and what it calls them.

Standard fiscal years only: twelve months from the first of one, in four quarters of three.
Source: Salesforce Help, Set the Fiscal Year; SOQL and SOSL Reference, Date Functions; Object Reference,
Organization.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from isthmus.kernel.database import Connection
from isthmus.org.schema.model import Schema

MONTHS: Final = 12
QUARTER_MONTHS: Final = 3
_ORGANIZATION: Final = "Organization"
_START: Final = "FiscalYearStartMonth"
_BY_START: Final = "UsesStartDateAsFiscalYearName"


@dataclass(frozen=True, slots=True)
class FiscalYear:
    """`start_month` is that in which a year begins, from 1. A year has the name of the calendar year in which
    it ends; where it is `named_by_start`, of that in which it begins.

    >>> april = FiscalYear(4)
    >>> april.year(date(2026, 3, 31)), april.quarter(date(2026, 3, 31)), april.month(date(2026, 3, 31))
    (2026, 4, 12)
    >>> april.year(date(2026, 4, 1)), FiscalYear(4, named_by_start=True).year(date(2026, 4, 1))
    (2027, 2026)
    """

    start_month: int = 1
    named_by_start: bool = False

    @property
    def years_ahead(self) -> int:
        """What its name is ahead of the calendar year in which it begins: 0 or 1."""
        return int(self.start_month > 1 and not self.named_by_start)

    def month(self, day: date) -> int:
        """The number of the month that holds a day, 1 to 12."""
        return (day.month - self.start_month) % MONTHS + 1

    def quarter(self, day: date) -> int:
        """The number of the quarter that holds a day, 1 to 4."""
        return (self.month(day) - 1) // QUARTER_MONTHS + 1

    def year(self, day: date) -> int:
        """The name of the year that holds a day."""
        return day.year - (day.month < self.start_month) + self.years_ahead


CALENDAR: Final = FiscalYear()
"""Fiscal years that are calendar years."""


def fiscal_year_of(connection: Connection, schema: Schema) -> FiscalYear:
    """The fiscal year of the org whose database this is; calendar years where it says nothing."""
    organization = schema.find(_ORGANIZATION)
    if organization is None or organization.field(_START) is None:
        return CALENDAR
    row = connection.row(f'SELECT "{_START}", "{_BY_START}" FROM "{_ORGANIZATION}" LIMIT 1')
    if row is None or not isinstance(row[0], int) or not 1 <= row[0] <= MONTHS:
        return CALENDAR
    return FiscalYear(row[0], named_by_start=bool(row[1]))
