"""Auto-numbers: `A-{0000}`, with the date where the format has `{YYYY}`, `{YY}`, `{MM}` or `{DD}`.

Source: Metadata API Developer Guide, CustomField, displayFormat; Salesforce Help, Custom Field Types,
Auto-Number.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from isthmus.org.schema.model import Field

STANDARD: Final[Mapping[tuple[str, str], tuple[str, int]]] = {
    ("Case", "CaseNumber"): ("{00000000}", 1000),
    ("Contract", "ContractNumber"): ("{00000000}", 100),
    ("Order", "OrderNumber"): ("{00000000}", 100),
    ("OrderItem", "OrderItemNumber"): ("{0000000000}", 1),
    ("Quote", "QuoteNumber"): ("{00000000}", 1),
    ("QuoteLineItem", "LineNumber"): ("{00000000}", 1),
    ("Solution", "SolutionNumber"): ("{00000000}", 1),
}
"""Format and first number of standard fields, as a new org has them."""

_PLACE: Final = re.compile(r"\{(0+|YYYY|YY|MM|DD)\}")


def display_format(sobject: str, field: Field) -> tuple[str, int]:
    """The field's format and its first number."""
    return STANDARD.get((sobject, field.name)) or (field.display_format or "{0}", field.starting_number)


def formatted(pattern: str, number: int, local_now: int) -> str:
    """The text of one number. `local_now` is the wall clock in milliseconds, as if it were UTC.

    >>> formatted("A-{YYYY}-{0000}", 7, 1767225600000)
    'A-2026-0007'
    """
    today = datetime.fromtimestamp(local_now / 1000, UTC)

    def fill(place: re.Match[str]) -> str:
        match place[1]:
            case "YYYY":
                return f"{today.year:04}"
            case "YY":
                return f"{today.year % 100:02}"
            case "MM":
                return f"{today.month:02}"
            case "DD":
                return f"{today.day:02}"
            case zeros:
                return str(number).zfill(len(zeros))

    return _PLACE.sub(fill, pattern)
