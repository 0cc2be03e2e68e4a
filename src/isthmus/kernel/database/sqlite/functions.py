"""Functions that SQLite lacks and PostgreSQL has, for the statements of both."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import apsw

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN: Final = 900_000
_REGULAR_SINCE: Final = 94_694_400_000 // _SPAN
"""Since 1973 clocks are set anew at quarters of an hour only, so that a span has one offset."""


def add_functions(connection: apsw.Connection) -> None:
    """Let a connection call `local_time(milliseconds, zone)`.

    It gives what the zone's clock shows then, as the instant at which a clock in UTC shows the same; null of
    null.
    """
    connection.create_scalar_function("local_time", _local_time, 2, deterministic=True)


def _local_time(*arguments: Any) -> int | None:
    instant, zone = arguments
    if instant is None:
        return None
    span = instant // _SPAN
    offset = _of_span(span, zone) if span >= _REGULAR_SINCE else _offset(instant, zone)
    return int(instant + offset)


@lru_cache(maxsize=65_536)
def _of_span(span: int, zone: str) -> int:
    return _offset(span * _SPAN, zone)


def _offset(instant: int, zone: str) -> int:
    """What a zone's clock is ahead of UTC, in milliseconds."""
    local = (_EPOCH + timedelta(milliseconds=instant)).astimezone(ZoneInfo(zone))
    offset = local.utcoffset()
    assert offset is not None
    return round(offset / timedelta(milliseconds=1))
