"""Locale texts: how three locales write numbers, amounts, dates and times, as people there would by hand.

Source: SOQL and SOSL Reference, FORMAT(); Salesforce Help, Supported Date and Time Formats (ICU), Supported
Number Formats (ICU).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from tests.fuzz.tables import Who
from tests.fuzz.values import INTEGERS, Val

from isthmus.org.schema.model import DECIMALS, Field, FieldType


@dataclass(frozen=True)
class _Locale:
    day: str
    clock: str
    thousands: str
    point: str
    amount: str
    percent: str


LOCALES = {
    "en_US": _Locale("{month}/{day}/{year}", "{hour12}:{minute:02} {half}", ",", ".", "${}", "{}%"),
    "en_GB": _Locale("{day:02}/{month:02}/{year}", "{hour:02}:{minute:02}", ",", ".", "US${}", "{}%"),
    "de_DE": _Locale("{day:02}.{month:02}.{year}", "{hour:02}:{minute:02}", ".", ",", "{}\xa0$", "{}\xa0%"),
}
FORMATTED = DECIMALS | INTEGERS | {FieldType.DATE, FieldType.DATETIME, FieldType.TIME}


def formatted(field: Field, value: Val, who: Who) -> str | None:
    """A value of a field as its user's locale writes it; None for null. Raises KeyError for other locales."""
    locale = LOCALES[who.locale]
    if value is None:
        return None
    if isinstance(value, datetime):
        local = value.astimezone(ZoneInfo(who.zone))
        return f"{_day(locale, local)}, {_clock(locale, local)}"
    if isinstance(value, date):
        return _day(locale, value)
    if field.type is FieldType.TIME:
        return _clock(locale, datetime(2000, 1, 1) + timedelta(milliseconds=int(str(value))))
    return _number(locale, field, Decimal(repr(value)))


def _day(locale: _Locale, day: date) -> str:
    return locale.day.format(year=day.year, month=day.month, day=day.day)


def _clock(locale: _Locale, at: datetime) -> str:
    half = "AM" if at.hour < 12 else "PM"
    return locale.clock.format(hour=at.hour, hour12=at.hour % 12 or 12, minute=at.minute, half=half)


def _number(locale: _Locale, field: Field, number: Decimal) -> str:
    digits = 0 if field.type in INTEGERS else field.scale
    rounded = number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    sign = "-" if rounded.is_signed() else ""
    whole, _, fraction = f"{abs(rounded):,.{digits}f}".partition(".")
    text = whole.replace(",", locale.thousands) + (locale.point + fraction if fraction else "")
    if field.type is FieldType.CURRENCY:
        text = locale.amount.format(text)
    if field.type is FieldType.PERCENT:
        text = locale.percent.format(text)
    return sign + text
