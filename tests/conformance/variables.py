"""Variables: what `{{…}}` in a case stands for.

    {{tag}}                  a word of this run and file, to tell its records from all others
    {{unique}}               a word of this run and case
    {{acme}}                 what a step captured under that name
    {{acme|15}}              with a filter: 15 (short id), lower, upper, url, base64, wire (an instant as
                             answers write it), http (as an HTTP header does), path (of a URL),
                             offset (+00:00 for Z), 4000 (the first 4,000 characters)
    {{today}} {{today-1d}}   dates in the running user's time zone; anchors today, week, month, quarter, year
                             (their first day), steps in d, w, M, y
    {{month+1M-1d}}          more than one step
    {{today-1d 23:59:59}}    an instant: that wall-clock time in the user's time zone, as UTC
    {{now}} {{now-2h}}       an instant; steps in s, m, h, d

Today and now are the org's, whose clock needn't be ours: the session asks it.
"""

import base64
import re
import urllib.parse
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Final
from zoneinfo import ZoneInfo

_PLACE: Final = re.compile(r"\{\{([^{}]+)\}\}")
_DATE: Final = re.compile(r"(now|today|week|month|quarter|year)((?:[+-]\d+[a-zA-Z])*)(?: (\d\d:\d\d:\d\d))?")
_INSTANT_STEPS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class UnknownVariable(Exception):
    """A case uses a variable that nothing has set."""


class Variables:
    """Values by name, and dates relative to `now`, which gives the org's time as an aware datetime."""

    def __init__(self, values: Mapping[str, str], now: Callable[[], datetime], zone: str = "UTC") -> None:
        self.values = dict(values)
        self._now = now
        self._zone = zone

    def within(self, **values: str) -> "Variables":
        """These variables and more, of their own."""
        return Variables(self.values | values, self._now, self._zone)

    def expand(self, text: str) -> str:
        """`text` with every `{{…}}` replaced. Raises UnknownVariable."""
        return _PLACE.sub(lambda place: self._value(place[1].strip()), text)

    def _value(self, expression: str) -> str:
        name, *filters = expression.split("|")
        if name in self.values:
            value = self.values[name]
        elif found := _DATE.fullmatch(name):
            value = self._moment(*found.groups(default=""))
        else:
            raise UnknownVariable(f"nothing has set {{{{{name}}}}}")
        for each in filters:
            value = _FILTERS[each](value)
        return value

    def _moment(self, anchor: str, steps: str, clock: str) -> str:
        if anchor == "now":
            instant = self._now()
            for count, unit in re.findall(r"([+-]\d+)([a-zA-Z])", steps):
                instant += timedelta(**{_INSTANT_STEPS[unit]: int(count)})
            return _instant(instant)
        zone = ZoneInfo(self._zone)
        day = _first_day(anchor, self._now().astimezone(zone).date())
        for count, unit in re.findall(r"([+-]\d+)([a-zA-Z])", steps):
            day = _step(day, int(count), unit)
        if not clock:
            return day.isoformat()
        return _instant(datetime.combine(day, time.fromisoformat(clock), zone))


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _first_day(anchor: str, today: date) -> date:
    """The first day of the period that `today` lies in. Weeks begin on Sunday (needs = ["en_US"])."""
    match anchor:
        case "week":
            return today - timedelta(days=today.isoweekday() % 7)
        case "month":
            return today.replace(day=1)
        case "quarter":
            return today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return today.replace(month=1, day=1)
        case _:
            return today


def _step(day: date, count: int, unit: str) -> date:
    if unit in "dw":
        return day + timedelta(days=count * (7 if unit == "w" else 1))
    months = day.year * 12 + day.month - 1 + count * {"M": 1, "y": 12}[unit]
    return day.replace(year=months // 12, month=months % 12 + 1)


_FILTERS: Final[Mapping[str, Callable[[str], str]]] = {
    "15": lambda value: value[:15],
    "4000": lambda value: value[:4_000],
    "lower": str.lower,
    "upper": str.upper,
    "url": lambda value: urllib.parse.quote(value, safe=""),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "offset": lambda value: value.removesuffix("Z") + "+00:00",
    "path": lambda value: urllib.parse.urlsplit(value).path,
    "http": lambda value: format_datetime(datetime.fromisoformat(value), usegmt=True),
    "wire": lambda value: value.removesuffix("Z") + ".000+0000",
}
