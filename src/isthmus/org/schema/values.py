"""Values: how each field type travels in Python and lies in SQL, the same on both databases.

| type                      | stored as                                                                  |
|---------------------------|----------------------------------------------------------------------------|
| id, reference             | text, 18 characters, binary                                                |
| every text                | text, NFC, trimmed at the end; '' is NULL; where filterable, a *shadow*    |
|                           | column beside it (`"Name~"`) holds `fold(value)`, binary, for search       |
| boolean                   | integer 0 or 1, never NULL                                                 |
| int, long                 | integer                                                                    |
| double, currency, percent | double, rounded half-up to the field's scale when saved                    |
| date                      | integer: milliseconds of its midnight UTC since the epoch                  |
| datetime                  | integer: milliseconds since the epoch, cut to the second                   |
| time                      | integer: milliseconds since midnight                                       |
| base64                    | text: the blob's name                                                      |
| address, location         | not stored: put together from their parts                                  |

A stored value is `None`, `int`, `float` or `str` (`isthmus.kernel.database.Value`). On the way in, every
wire's form is accepted: JSON's own types, and text for each of them as SOAP and CSV carry it.
"""

import re
import unicodedata
from collections.abc import Callable
from enum import Enum
from typing import Final, TypeAlias

from isthmus.kernel.ids import MalformedId, to_18
from isthmus.org.schema.decimals import java_text, to_double, to_integer
from isthmus.org.schema.instants import (
    OutOfRange,
    date_text,
    datetime_text,
    parse_date,
    parse_datetime,
    parse_time,
    time_text,
)
from isthmus.org.schema.model import DECIMALS, IDS, INTEGERS, TEXTS, Field, FieldType

Stored: TypeAlias = int | float | str | None
"""A stored value: `isthmus.kernel.database.Value` without bytes."""

Parser: TypeAlias = Callable[[Field, object], Stored]

_INT_LIMIT: Final = 2**31
_LONG_LIMIT: Final = 2**63
BLANKS: Final = " \t\n\r\f\v"
"""What no text begins or ends with. Source: Apex Developer Guide, Primitive Data Types, String: field values
have neither leading nor trailing white space. Which characters that is, is unconfirmed.
"""
_UNSUPPORTED: Final = re.compile("[\0\ud800-\udfff]")


class Reason(Enum):
    """Why a value was refused. Length and references are checked elsewhere."""

    WRONG_TYPE = "wrong type"
    """INVALID_TYPE_ON_FIELD_IN_RECORD, or JSON_PARSER_ERROR where the wire knows the type."""
    NUMBER_OUT_OF_RANGE = "number out of range"
    """NUMBER_OUTSIDE_VALID_RANGE."""
    DATE_OUT_OF_RANGE = "date out of range"
    """FIELD_INTEGRITY_EXCEPTION."""
    MALFORMED_ID = "malformed id"
    """MALFORMED_ID."""
    UNSUPPORTED_TEXT = "text outside of the supported characters"
    """TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET: a NUL, or half of a surrogate pair."""


class BadValue(ValueError):
    """A value that the field cannot hold; `reason` chooses the error, `raw` is the value as it came."""

    def __init__(self, reason: Reason, raw: object) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.raw = raw


def fold(text: str) -> str:
    """The form in which text is compared: case folded, composed (NFC). What a shadow column holds.

    >>> fold("Straße") == fold("STRASSE")
    True
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def parse_value(field: Field, raw: object) -> Stored:
    """The stored value of a wire value: of JSON, or of the text that SOAP and CSV carry. Raises BadValue.

    None and '' are None, except for a boolean, which is never NULL: they are 0 there. A compound field has no
    value of its own.
    """
    return PARSERS[field.type](field, raw)


def _parse_text(field: Field, raw: object) -> str | None:
    if raw is None:
        return None
    text = raw if isinstance(raw, str) else _scalar_text(raw)
    if text.isascii():
        supported = "\0" not in text
    else:
        text = unicodedata.normalize("NFC", text)
        supported = _UNSUPPORTED.search(text) is None
    if not supported:
        raise BadValue(Reason.UNSUPPORTED_TEXT, raw)
    return text.strip(BLANKS) or None


def _scalar_text(raw: object) -> str:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float):
        return java_text(raw)
    if isinstance(raw, int):
        return str(raw)
    raise BadValue(Reason.WRONG_TYPE, raw)


def _parse_multipicklist(field: Field, raw: object) -> str | None:
    """Chosen values lie in the order in which the field defines them, each once; unknown ones follow."""
    text = _parse_text(field, raw)
    if text is None or ";" not in text:
        return text
    chosen = dict.fromkeys(part for each in text.split(";") if (part := each.strip()))
    order = {each.value: place for place, each in enumerate(field.picklist)}
    return ";".join(sorted(chosen, key=lambda value: order.get(value, len(order)))) or None


def _parse_id(field: Field, raw: object) -> str | None:
    if raw is None or raw == "":
        return None
    if not isinstance(raw, str):
        raise BadValue(Reason.MALFORMED_ID, raw)
    try:
        return to_18(raw.strip())
    except MalformedId:
        raise BadValue(Reason.MALFORMED_ID, raw) from None


_BOOLEANS: Final = {"true": 1, "false": 0, "1": 1, "0": 0, "": 0}


def _parse_boolean(field: Field, raw: object) -> int:
    if raw is None:
        return 0
    if isinstance(raw, str):
        value = _BOOLEANS.get(raw.strip().lower())
        if value is not None:
            return value
    elif isinstance(raw, int) and raw in (0, 1):
        return int(raw)
    raise BadValue(Reason.WRONG_TYPE, raw)


def _number(raw: object) -> int | float | str | None:
    if isinstance(raw, str):
        return raw.strip() or None
    if raw is None or (isinstance(raw, int | float) and not isinstance(raw, bool)):
        return raw
    raise BadValue(Reason.WRONG_TYPE, raw)


def _parse_integer(field: Field, raw: object) -> int | None:
    number = _number(raw)
    if number is None:
        return None
    try:
        value = to_integer(number)
    except OverflowError:
        raise BadValue(Reason.NUMBER_OUT_OF_RANGE, raw) from None
    except ValueError:
        raise BadValue(Reason.WRONG_TYPE, raw) from None
    limit = _LONG_LIMIT if field.type is FieldType.LONG else _INT_LIMIT
    if field.digits:
        limit = min(limit, 10**field.digits)
    if not -limit < value < limit:
        raise BadValue(Reason.NUMBER_OUT_OF_RANGE, raw)
    return value


def _parse_decimal(field: Field, raw: object) -> float | None:
    number = _number(raw)
    if number is None:
        return None
    try:
        value = to_double(number, field.scale)
    except OverflowError:
        raise BadValue(Reason.NUMBER_OUT_OF_RANGE, raw) from None
    except ValueError:
        raise BadValue(Reason.WRONG_TYPE, raw) from None
    if field.precision and abs(value) >= 10.0 ** (field.precision - field.scale):
        raise BadValue(Reason.NUMBER_OUT_OF_RANGE, raw)
    return value


def _parse_instant(parse: Callable[[str], int]) -> Parser:
    def parse_instant(field: Field, raw: object) -> int | None:
        if raw is None:
            return None
        if not isinstance(raw, str):
            raise BadValue(Reason.WRONG_TYPE, raw)
        text = raw.strip()
        if not text:
            return None
        try:
            return parse(text)
        except OutOfRange:
            raise BadValue(Reason.DATE_OUT_OF_RANGE, raw) from None
        except ValueError:
            raise BadValue(Reason.WRONG_TYPE, raw) from None

    return parse_instant


def _parse_blob(field: Field, raw: object) -> str | None:
    if raw is None or isinstance(raw, str):
        return raw or None
    raise BadValue(Reason.WRONG_TYPE, raw)


def _parse_compound(field: Field, raw: object) -> None:
    if raw is not None:
        raise BadValue(Reason.WRONG_TYPE, raw)


PARSERS: Final[dict[FieldType, Parser]] = {
    **dict.fromkeys(TEXTS, _parse_text),
    **dict.fromkeys(IDS, _parse_id),
    **dict.fromkeys(INTEGERS, _parse_integer),
    **dict.fromkeys(DECIMALS, _parse_decimal),
    FieldType.MULTIPICKLIST: _parse_multipicklist,
    FieldType.BOOLEAN: _parse_boolean,
    FieldType.DATE: _parse_instant(parse_date),
    FieldType.DATETIME: _parse_instant(parse_datetime),
    FieldType.TIME: _parse_instant(parse_time),
    FieldType.BASE64: _parse_blob,
    FieldType.ADDRESS: _parse_compound,
    FieldType.LOCATION: _parse_compound,
}
"""`parse_value` by type, for those who parse many values of one field."""


def _identity(stored: Stored) -> object:
    return stored


def _json_boolean(stored: Stored) -> object:
    return bool(stored)


def _json_double(stored: Stored) -> object:
    return None if stored is None else float(stored)


def _json_date(stored: Stored) -> object:
    return None if stored is None else date_text(int(stored))


def _json_datetime(stored: Stored) -> object:
    return None if stored is None else datetime_text(int(stored), "+0000")


def _json_time(stored: Stored) -> object:
    return None if stored is None else time_text(int(stored))


JSON_FORMS: Final[dict[FieldType, Callable[[Stored], object]]] = {
    **dict.fromkeys(FieldType, _identity),
    **dict.fromkeys(DECIMALS, _json_double),
    FieldType.BOOLEAN: _json_boolean,
    FieldType.DATE: _json_date,
    FieldType.DATETIME: _json_datetime,
    FieldType.TIME: _json_time,
}
"""What makes the JSON form of a stored value of a type: None, bool, int, float or str
(`2026-01-09T18:03:21.000+0000`).
"""


def text_value(field: Field, stored: Stored) -> str | None:
    """The text form of a stored value, as SOAP and CSV carry it (`2026-01-09T18:03:21.000Z`), or None."""
    if stored is None:
        return None
    kind = field.type
    if kind is FieldType.BOOLEAN:
        return "true" if stored else "false"
    if kind in DECIMALS:
        return java_text(float(stored))
    if kind is FieldType.DATE:
        return date_text(int(stored))
    if kind is FieldType.DATETIME:
        return datetime_text(int(stored), "Z")
    if kind is FieldType.TIME:
        return time_text(int(stored))
    return str(stored)
