"""Columns: how the values of one field get into a record, with every check that the field alone decides."""

import re
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from isthmus.kernel.errors import RowError, row_error
from isthmus.org.save.referring import permitted_targets
from isthmus.org.schema.model import TEXTS, Field, FieldType, Schema
from isthmus.org.schema.time_zones import find_zone
from isthmus.org.schema.values import BLANKS, PARSERS, BadValue, Reason, Stored

Check: TypeAlias = Callable[[str], RowError | None]
"""What a field demands of a text, beside its length."""

_EMAIL: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\.?"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+",
    re.ASCII,
)
_DEGREES: Final = {"latitude": 90.0, "longitude": 180.0}
_SHOWN_MAX: Final = 1_000
_REFUSALS: Final = {
    Reason.WRONG_TYPE: "wrong_type",
    Reason.NUMBER_OUT_OF_RANGE: "number_out_of_range",
    Reason.DATE_OUT_OF_RANGE: "date_out_of_range",
    Reason.MALFORMED_ID: "malformed_record_id",
    Reason.UNSUPPORTED_TEXT: "unsupported_text",
}


class Column:
    """One writable field, compiled. `put` is called for every value of every record."""

    __slots__ = ("bound", "check", "field", "length", "name", "parse")

    def __init__(self, field: Field, schema: Schema) -> None:
        self.field = field
        self.name = field.name
        self.parse = PARSERS[field.type]
        self.length = field.length if field.type in TEXTS else 0
        self.check = _check(field, schema)
        self.bound = _bound(field)
        """The greatest absolute value, or None."""

    def put(self, values: dict[str, Stored], raw: object, truncate: bool) -> RowError | None:
        """Set the field in `values` to a wire value, or say why that can't be."""
        try:
            value = self.parse(self.field, raw)
        except BadValue as bad:
            return refusal(self.field, bad)
        if isinstance(value, str):
            if self.length and len(value) > self.length:
                if not truncate:
                    return row_error(
                        "string_too_long",
                        self.name,
                        label=self.field.label,
                        value=_shown(value),
                        length=self.length,
                    )
                value = value[: self.length].rstrip(BLANKS) or None
            elif self.check is not None and (error := self.check(value)) is not None:
                return error
        elif self.bound is not None and isinstance(value, float) and not -self.bound <= value <= self.bound:
            return row_error("number_out_of_range", self.name, label=self.field.label, value=raw)
        values[self.name] = value
        return None


def refusal(field: Field, bad: BadValue) -> RowError:
    """The row error for a value that is none of the field's type."""
    raw = str(bad.raw).lower() if isinstance(bad.raw, bool) else bad.raw
    return row_error(_REFUSALS[bad.reason], field.name, label=field.label, value=_shown(raw))


def _shown(value: object) -> str:
    """A value as an error repeats it: not at any length."""
    text = str(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."


def _bound(field: Field) -> float | None:
    """Degrees go so far. Source: Salesforce Help, Geolocation Custom Field."""
    if field.type is not FieldType.DOUBLE or field.compound is None:
        return None
    return _DEGREES.get(_part(field))


def _part(field: Field) -> str:
    """Which part of a compound field a field of degrees is: `latitude`, `longitude`."""
    name = field.name.lower().removesuffix("__s")
    return next((part for part in _DEGREES if name.endswith(part)), "")


def locations(fields: Iterable[Field]) -> tuple[tuple[Field, Field], ...]:
    """The latitudes and longitudes among `fields`, those of one compound field together."""
    found: dict[str, dict[str, Field]] = {}
    for each in fields:
        if each.type is FieldType.DOUBLE and each.compound is not None and _part(each):
            found.setdefault(each.compound, {})[_part(each)] = each
    return tuple((parts["latitude"], parts["longitude"]) for parts in found.values() if len(parts) == 2)


def _check(field: Field, schema: Schema) -> Check | None:
    match field.type:
        case FieldType.BASE64:
            return _file_check(field)
        case FieldType.PICKLIST if field.name == "TimeZoneSidKey":
            return _zone_check(field)
        case FieldType.EMAIL:
            return _email_check(field)
        case FieldType.REFERENCE:
            return _reference_check(field, schema)
        case FieldType.PICKLIST | FieldType.MULTIPICKLIST if field.restricted_picklist and field.picklist:
            return _picklist_check(field)
        case _:
            return None


def _file_check(field: Field) -> Check:
    """Files aren't kept yet: what could not be read back is not taken."""
    return lambda value: row_error("files_not_kept", field.name, label=field.label)


def _zone_check(field: Field) -> Check:
    def check(value: str) -> RowError | None:
        if find_zone(value) is not None:
            return None
        return row_error("bad_picklist_value", field.name, label=field.label, value=value)

    return check


def _email_check(field: Field) -> Check:
    def check(value: str) -> RowError | None:
        if _EMAIL.fullmatch(value):
            return None
        return row_error("invalid_email", field.name, label=field.label, value=value)

    return check


def _picklist_check(field: Field) -> Check:
    allowed = frozenset(each.value for each in field.picklist if each.active)
    several = field.type is FieldType.MULTIPICKLIST

    def check(value: str) -> RowError | None:
        if value in allowed:
            return None
        bad = next((each for each in value.split(";") if each not in allowed), None) if several else value
        if bad is None:
            return None
        return row_error("bad_picklist_value", field.name, label=field.label, value=bad)

    return check


def _reference_check(field: Field, schema: Schema) -> Check | None:
    """An id must begin as the ids of an object to which the field may refer."""
    targets = [schema.find(name) for name in permitted_targets(field)]
    prefixes = frozenset(each.key_prefix for each in targets if each is not None and each.key_prefix)
    if not prefixes or any(each is not None and each.key_prefix is None for each in targets):
        return None

    def check(value: str) -> RowError | None:
        if value[:3] in prefixes:
            return None
        return row_error("reference_of_wrong_type", field.name, label=field.label, value=value)

    return check
