"""Kinds: what a value in a flow can be, how kinds turn into each other, and how values are compared.

Values are stored ones (`isthmus.org.schema.values`): an instant is an integer of milliseconds, a boolean 0 or
1, the empty text None. A record is a mapping from canonical field names to values.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias

from isthmus.kernel.clock import DAY
from isthmus.org.schema.instants import date_text, datetime_text, time_text
from isthmus.org.schema.model import DECIMALS, IDS, INTEGERS, TEXTS, Field, FieldType
from isthmus.org.schema.tables import is_stored
from isthmus.org.schema.time_zones import zone_of
from isthmus.org.schema.values import Stored, fold

Value: TypeAlias = Any
"""A stored value, or a record."""
RecordValues: TypeAlias = Mapping[str, Stored]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(Enum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "date/time"
    TIME = "time"
    RECORD = "record"


DATA_TYPES: Final[Mapping[str, Kind]] = {
    "String": Kind.TEXT,
    "Picklist": Kind.TEXT,
    "Multipicklist": Kind.TEXT,
    "Number": Kind.NUMBER,
    "Currency": Kind.NUMBER,
    "Boolean": Kind.BOOLEAN,
    "Date": Kind.DATE,
    "DateTime": Kind.DATETIME,
    "Time": Kind.TIME,
    "SObject": Kind.RECORD,
}
"""Kinds by FlowDataType. Source: npm @salesforce/types, `FlowDataType`."""

_FIELD_KINDS: Final[Mapping[FieldType, Kind]] = {
    **dict.fromkeys(TEXTS | IDS, Kind.TEXT),
    **dict.fromkeys(INTEGERS | DECIMALS, Kind.NUMBER),
    FieldType.BOOLEAN: Kind.BOOLEAN,
    FieldType.DATE: Kind.DATE,
    FieldType.DATETIME: Kind.DATETIME,
    FieldType.TIME: Kind.TIME,
}


def kind_of(field: Field) -> Kind | None:
    """The kind of a field's values; None where it has none here (formulas, summaries, compounds, files)."""
    uncalculated = field.calculated and (field.custom or field.formula is not None)
    return _FIELD_KINDS.get(field.type) if is_stored(field) and not uncalculated else None


def wire(kind: Kind, value: Value) -> object:
    """The value as JSON carries it, which is how a save takes it."""
    if value is None:
        return None
    match kind:
        case Kind.BOOLEAN:
            return bool(value)
        case Kind.DATE:
            return date_text(value)
        case Kind.DATETIME:
            return datetime_text(value, "Z")
        case Kind.TIME:
            return time_text(value)
        case _:
            return value


def display(kind: Kind, value: Value, time_zone: str) -> str:
    """The value within a text, as a user in the United States reads it: `1/28/2025, 3:19 PM`.

    Source: the interview label in Salesforce Help, Orchestration Error Emails. Other locales read the same.
    """
    if value is None:
        return ""
    match kind:
        case Kind.BOOLEAN:
            return "true" if value else "false"
        case Kind.NUMBER:
            return number_text(value)
        case Kind.DATE:
            return _day(_EPOCH + timedelta(milliseconds=value))
        case Kind.DATETIME:
            moment = _local(value, time_zone)
            return f"{_day(moment)}, {_hour(moment)}"
        case Kind.TIME:
            return _hour(_EPOCH + timedelta(milliseconds=value))
        case _:
            return str(value)


def formula_text(kind: Kind, value: Value) -> str:
    """The value as the formula function TEXT() writes it. Source: github.com/salesforce/formula-engine."""
    if value is None:
        return ""
    match kind:
        case Kind.NUMBER:
            return number_text(value)
        case Kind.DATE:
            return date_text(value)
        case Kind.DATETIME:
            return datetime_text(value, "")[:19].replace("T", " ") + "Z"
        case Kind.TIME:
            return time_text(value).removesuffix("Z")
        case _:
            return str(value)


def number_text(value: float) -> str:
    """A number without an exponent, and without zeros at its end."""
    shown = format(Decimal(repr(float(value))), "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def converter(source: Kind, target: Kind) -> Callable[[Value, str], Value] | None:
    """What makes a value of one kind one of another, given the user's time zone; None: nothing does.

    Source: Salesforce Help, Flow Resource: Variable, compatible data types.
    """
    if source is target:
        return lambda value, time_zone: value
    if Kind.RECORD in (source, target):
        return None
    if target is Kind.TEXT:
        return lambda value, time_zone: display(source, value, time_zone) or None
    if (source, target) == (Kind.DATETIME, Kind.DATE):
        return lambda value, time_zone: None if value is None else _local_day(value, time_zone)
    if (source, target) == (Kind.DATE, Kind.DATETIME):
        return lambda value, time_zone: value
    return None


def comparable(kind: Kind, value: Value) -> Value:
    """The form in which two values of one kind are equal, or one is the greater; case does not matter."""
    return fold(value) if kind is Kind.TEXT and isinstance(value, str) else value


def _local(instant: int, time_zone: str) -> datetime:
    return (_EPOCH + timedelta(milliseconds=instant)).astimezone(zone_of(time_zone))


def _local_day(instant: int, time_zone: str) -> int:
    moment = _local(instant, time_zone)
    return (moment.date() - _EPOCH.date()).days * DAY


def _day(moment: datetime) -> str:
    return f"{moment.month}/{moment.day}/{moment.year}"


def _hour(moment: datetime) -> str:
    return f"{moment.hour % 12 or 12}:{moment.minute:02} {'AM' if moment.hour < 12 else 'PM'}"
