"""Locale formats: numbers, amounts, dates and times as a user's locale writes them.

They are those of the CLDR, in which the platform's own are given: its short forms with all four digits of a
year, and blanks that may break before AM and PM, as the CLDR had them until version 41.
Source: Salesforce Help, Supported Date and Time Formats (ICU), Supported Number Formats (ICU); SOQL and SOSL
Reference, FORMAT().

This module is imported when a query first formats something: the library takes longer to load than most do.
"""

import re
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import parse_pattern
from babel.numbers import NumberPattern

from isthmus.kernel.database import Value
from isthmus.org.schema.currencies import CURRENCY
from isthmus.org.schema.model import INTEGERS, Field, FieldType
from isthmus.org.schema.time_zones import zone_of

_OTHERWISE: Final = "en_US"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SHORT_YEAR: Final = re.compile("(?<!y)yy(?!y)")
_NARROW_BLANK: Final = "\u202f"
_RENAMED: Final = {"no": "nb", "sh": "sr_Latn"}
"""Languages that the platform names otherwise than the CLDR."""


def formatted(field: Field, locale: str, time_zone: str) -> Callable[[Value], Value]:
    """What writes stored values of a field in a locale (`en_US`) and time zone; null stays so.

    A locale that is unknown writes as American English does, an unknown zone is UTC.
    """
    known = _known(locale)
    match field.type:
        case FieldType.DATE:
            write = _instants(known, _date_pattern(known), UTC)
        case FieldType.TIME:
            write = _instants(known, _time_pattern(known), UTC)
        case FieldType.DATETIME:
            joined = str(known.datetime_formats["short"])
            pattern = joined.replace("{1}", _date_pattern(known)).replace("{0}", _time_pattern(known))
            write = _instants(known, pattern, zone_of(time_zone))
        case _:
            write = _numbers(known, field)
    return lambda value: None if value is None else write(value)


@lru_cache(maxsize=256)
def _known(name: str) -> Locale:
    language, *rest = name.split("_")
    renamed = _RENAMED.get(language, language)
    for parts in ((renamed, *rest), (renamed, *rest[:1]), (renamed,)):
        try:
            return Locale.parse("_".join(parts))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(_OTHERWISE)


def _date_pattern(locale: Locale) -> str:
    return _SHORT_YEAR.sub("y", locale.date_formats["short"].pattern)


def _time_pattern(locale: Locale) -> str:
    return str(locale.time_formats["short"].pattern).replace(_NARROW_BLANK, " ")


def _instants(locale: Locale, pattern: str, zone: tzinfo) -> Callable[[Value], str]:
    parsed = parse_pattern(pattern)

    def write(value: Value) -> str:
        assert isinstance(value, int)
        moment = (_EPOCH + timedelta(milliseconds=value)).astimezone(zone)
        return parsed.apply(moment, locale)

    return write


def _numbers(locale: Locale, field: Field) -> Callable[[Value], str]:
    """Numbers have as many decimals as their field, amounts the currency's symbol, percentages their sign."""
    currency, divisor = None, 1
    match field.type:
        case FieldType.CURRENCY:
            pattern, currency = locale.currency_formats["standard"], CURRENCY
        case FieldType.PERCENT:
            pattern, divisor = locale.percent_formats[None], 100
        case _:
            pattern = locale.decimal_formats[None]
    digits = 0 if field.type in INTEGERS else field.scale
    pattern, unit = _with_digits(pattern, digits), Decimal(1).scaleb(-digits)

    def write(value: Value) -> str:
        number = Decimal(repr(value)).quantize(unit, ROUND_HALF_UP) / divisor
        return str(pattern.apply(number, locale, currency=currency, currency_digits=False))

    return write


def _with_digits(pattern: NumberPattern, digits: int) -> NumberPattern:
    pattern = copy(pattern)
    pattern.frac_prec = (digits, digits)
    return pattern
