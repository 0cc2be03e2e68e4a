"""Instants as text: dates, datetimes and times between their wire forms and the integers they are stored as.

A date is the milliseconds of its midnight UTC since the epoch, a datetime milliseconds since the epoch, a
time milliseconds since midnight. What is valid lies between 1700-01-01 and 4000-12-31; a datetime is kept to
the second.

>>> datetime_text(parse_datetime("2026-01-09T10:03:21.5-08:00"), "+0000")
'2026-01-09T18:03:21.000+0000'
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from isthmus.kernel.clock import DAY, SECOND

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
FIRST_YEAR: Final = 1700
LAST_YEAR: Final = 4000
FIRST: Final = (date(FIRST_YEAR, 1, 1).toordinal() - _EPOCH_ORDINAL) * DAY
"""The first instant that is valid. Source: SOAP API Developer Guide, Primitive Data Types, date."""
LAST: Final = (date(LAST_YEAR + 1, 1, 1).toordinal() - _EPOCH_ORDINAL) * DAY - 1
"""The last instant that is valid."""

_ZONE: Final = r"(?:Z|[+-]\d\d:?[0-5]\d)?"
_CLOCK: Final = r"\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?"
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d" + _ZONE, re.ASCII)
_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\dT" + _CLOCK + _ZONE, re.ASCII)
_TIME: Final = re.compile(_CLOCK + _ZONE, re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1)
_EPOCH_UTC: Final = datetime(1970, 1, 1, tzinfo=UTC)


class OutOfRange(ValueError):
    """A date that exists, but not on the platform: before 1700 or after 4000."""


def parse_date(text: str) -> int:
    """`2026-01-09`; a zone may follow and says nothing (a date has none). Raises ValueError, OutOfRange."""
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return _in_range((date.fromisoformat(text[:10]).toordinal() - _EPOCH_ORDINAL) * DAY)


def parse_datetime(text: str) -> int:
    """`2026-01-09T18:03:21.000Z` and its variants, cut to the second. Raises ValueError, OutOfRange.

    The zone is `Z`, `+hh:mm` or `+hhmm`, and UTC where it is absent; fractions of a second, the seconds, and
    the time as a whole may be left out. Source: REST API Developer Guide, Valid Date and DateTime Formats.
    """
    if len(text) == 10:
        return parse_date(text)
    if not _DATETIME.fullmatch(text):
        raise ValueError(text)
    return _in_range(_since_epoch(text) // SECOND * SECOND)


def parse_time(text: str) -> int:
    """`09:30:00.000Z` and its variants, to the millisecond, in UTC. Raises ValueError."""
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    return _since_epoch(f"2000-01-01T{text}") % DAY


def whole_second(instant: int) -> int:
    """`instant` cut to the second, as the platform keeps every datetime."""
    return instant - instant % SECOND


def _since_epoch(text: str) -> int:
    moment = datetime.fromisoformat(text)
    delta = moment - (_EPOCH if moment.tzinfo is None else _EPOCH_UTC)
    return delta.days * DAY + delta.seconds * SECOND + delta.microseconds // 1000


def _in_range(instant: int) -> int:
    if not FIRST <= instant <= LAST:
        raise OutOfRange(instant)
    return instant


def date_text(instant: int) -> str:
    """`2026-01-09`."""
    return date.fromordinal(instant // DAY + _EPOCH_ORDINAL).isoformat()


@lru_cache(maxsize=4096)  # records that were saved together carry the same stamps
def datetime_text(instant: int, zone: str) -> str:
    """`2026-01-09T18:03:21.000` and `zone`: `+0000` in JSON, `Z` in XML and CSV."""
    return (_EPOCH + timedelta(0, 0, 0, instant)).isoformat("T", "milliseconds") + zone


def instant_text(instant: int) -> str:
    """`2026-01-09T18:03:21.517Z`, and `2026-01-09T18:03:21Z` where no fraction is left: as events have it."""
    text = datetime_text(instant, "Z")
    return text if instant % SECOND else text.removesuffix(".000Z") + "Z"


def time_text(instant: int) -> str:
    """`09:30:00.000Z`."""
    return (_EPOCH + timedelta(0, 0, 0, instant)).time().isoformat("milliseconds") + "Z"
