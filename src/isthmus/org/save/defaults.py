"""Defaults: what a new record has in the fields that nobody set.

A picklist's default value, `false` for a boolean, a literal that the field's metadata gives, `TODAY()` and
`NOW()`, and what the platform presets on a few standard fields. Other formulas wait for the formula language:
the field stays empty.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from isthmus.kernel.clock import DAY
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.instants import whole_second
from isthmus.org.schema.model import Field, FieldType, Schema, SObjectType
from isthmus.org.schema.values import PARSERS, BadValue, Stored

Preset: TypeAlias = Callable[[UnitOfWork], Stored]

STANDARD: Final[Mapping[str, Mapping[str, Stored]]] = {
    "User": {"IsActive": 1, "DigestFrequency": "D", "DefaultGroupNotificationFrequency": "N"},
    "Event": {"ShowAs": "Busy"},
    "ContentDocumentLink": {"ShareType": "V"},
    "Order": {"Status": "Draft"},
}
"""Source: Object Reference, the fields' own descriptions; describes of real orgs."""

_QUOTED: Final = re.compile(r"""(?P<quote>["'])(?P<text>.*)(?P=quote)""", re.DOTALL)
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")


def fixed_defaults(sobject: SObjectType) -> dict[str, Stored]:
    """The values with which every new record of the object begins."""
    values: dict[str, Stored] = {}
    for field in sobject.fields:
        if field.calculated and field.type is not FieldType.BOOLEAN:
            continue
        default = STANDARD.get(sobject.name, {}).get(field.name)
        if default is None:
            default = _literal(field)
        if default is None:
            default = next((each.value for each in field.picklist if each.default and each.active), None)
        if default is None and field.type is FieldType.BOOLEAN:
            default = 0
        if default is not None:
            values[field.name] = default
    return values


def presets(schema: Schema, sobject: SObjectType) -> dict[str, Preset]:
    """The defaults that depend on who saves and when, by field name."""
    found: dict[str, Preset] = {}
    for field in sobject.fields:
        if field.name == "OwnerId" and "User" in field.reference_to:
            found[field.name] = _user
        elif field.default_value is not None:
            formula = field.default_value.replace(" ", "").upper()
            if formula == "TODAY()":
                found[field.name] = _today
            elif formula == "NOW()":
                found[field.name] = _now
    return found


def _user(unit: UnitOfWork) -> Stored:
    return unit.principal.user_id


def _now(unit: UnitOfWork) -> Stored:
    return whole_second(unit.now)


def _today(unit: UnitOfWork) -> Stored:
    return unit.local_now // DAY * DAY


def _literal(field: Field) -> Stored:
    """The default that the metadata gives as a literal, as a stored value."""
    if field.default_value is None:
        return None
    text = field.default_value.strip()
    if quoted := _QUOTED.fullmatch(text):
        text = quoted["text"]
    elif not (_NUMBER.fullmatch(text) or text.lower() in ("true", "false") or _is_choice(field, text)):
        return None
    try:
        return PARSERS[field.type](field, text)
    except BadValue:
        return None


def _is_choice(field: Field, text: str) -> bool:
    return any(each.value == text for each in field.picklist)
