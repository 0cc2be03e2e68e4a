"""Setup facts: what of a definition the setup audit trail tells when it changes, as plain values to compare.

Custom objects and fields, organization-wide defaults, sharing rules, what profiles say of logins, flows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from isthmus.org.provision.declared import Declared
from isthmus.org.schema.model import Field, FieldType, ObjectKind, Schema, SObjectType
from isthmus.org.schema.recorded import checksum
from isthmus.org.security.metadata.rights import Day, Profile
from isthmus.org.security.metadata.sharing_rules import CriteriaRule, OwnerRule, SharingRules
from isthmus.org.security.sharing.model import sharing_model

Fact: TypeAlias = dict[str, Any]
"""What is known of one thing, as JSON has it."""

Facts: TypeAlias = dict[str, dict[str, Fact]]
"""Every fact, by what kind of thing it is of, and that thing's name."""

ALL_DAY: Final = "All Day"
_NO_LOGIN: Final = "No Access"
_MINUTES_OF_DAY: Final = 24 * 60
_TYPES: Final[Mapping[FieldType, str]] = {
    FieldType.BOOLEAN: "Checkbox",
    FieldType.CURRENCY: "Currency",
    FieldType.DATE: "Date",
    FieldType.DATETIME: "Date/Time",
    FieldType.DOUBLE: "Number",
    FieldType.EMAIL: "Email",
    FieldType.ENCRYPTED: "Text (Encrypted)",
    FieldType.INT: "Number",
    FieldType.LOCATION: "Geolocation",
    FieldType.MULTIPICKLIST: "Picklist (Multi-Select)",
    FieldType.PERCENT: "Percent",
    FieldType.PHONE: "Phone",
    FieldType.PICKLIST: "Picklist",
    FieldType.STRING: "Text",
    FieldType.TEXTAREA: "Text Area",
    FieldType.TIME: "Time",
    FieldType.URL: "URL",
}
"""What Setup calls types. Source: Salesforce Help, Custom Field Types."""


def setup_facts(schema: Schema, declared: Declared) -> Facts:
    """The facts of what is put into force."""
    return {
        "object": {each.name: _of_object(each) for each in schema if each.custom},
        "field": {
            f"{sobject.name}.{field.name}": _of_field(schema, sobject, field)
            for sobject in schema
            for field in sobject.fields
            if field.custom and field.compound is None
        },
        "default": _defaults(schema),
        "rule": {
            f"{each.sobject}.{rule['name']}": rule
            for each in declared.security.sharing_rules
            for rule in _rules(schema, each)
        },
        "profile": {each.name: _of_profile(each) for each in declared.security.profiles},
        "flow": {
            each.name: {"label": each.label, "sum": each.checksum, "version": 1} for each in declared.flows
        },
    }


def _of_object(sobject: SObjectType) -> Fact:
    return {"label": sobject.label, "metadata": sobject.kind is ObjectKind.CUSTOM_METADATA}


def _of_field(schema: Schema, sobject: SObjectType, field: Field) -> Fact:
    target = schema.find(field.reference_to[0]) if field.reference_to else None
    return {
        "object": sobject.label,
        "section": _section(sobject),
        "custom": sobject.custom,
        "label": field.label,
        "type": _type(field),
        "target": None if target is None else target.label,
        "length": field.length or field.precision - field.scale,
        "scale": field.scale,
        "required": not field.nillable and field.type is not FieldType.BOOLEAN,
        "unique": field.unique,
        "help": field.help_text,
        "default": field.default_value,
        "formula": field.formula,
        "encryption": None if field.encryption is None else field.encryption.value,
        "values": [each.label for each in field.picklist if each.active],
    }


def _section(sobject: SObjectType) -> str:
    if sobject.kind is ObjectKind.CUSTOM_METADATA:
        return "Custom Metadata Types"
    return "Custom Objects" if sobject.custom else f"Customize {sobject.label_plural}"


def _type(field: Field) -> str:
    if field.auto_number:
        return "Auto Number"
    if field.type is FieldType.REFERENCE:
        return "Master-Detail" if field.master_detail else "Lookup"
    if field.html:
        return "Rich Text Area"
    return "Long Text Area" if field.long_text else _TYPES.get(field.type, field.type.value)


def _defaults(schema: Schema) -> dict[str, Fact]:
    model = sharing_model(schema)
    found = ((each, model.default(each)) for each in schema)
    return {each.name: {"object": each.label, "model": said} for each, said in found if said}


def _rules(schema: Schema, rules: SharingRules) -> list[Fact]:
    sobject = schema.find(rules.sobject)
    label = rules.sobject if sobject is None else sobject.label
    said: tuple[OwnerRule | CriteriaRule, ...] = (*rules.owner_rules, *rules.criteria_rules)
    return [
        {
            "name": each.name,
            "label": each.label,
            "object": label,
            "kind": "Owner" if isinstance(each, OwnerRule) else "Criteria-Based",
            "sum": checksum(repr(each)),
        }
        for each in said
    ]


def _of_profile(profile: Profile) -> Fact:
    hours = None if profile.login_hours is None else profile.login_hours.by_day
    return {
        "hours": None
        if hours is None
        else {day.value.capitalize(): _period(hours[day]) if day in hours else _NO_LOGIN for day in Day},
        "ranges": [[each.start, each.end] for each in profile.login_ip_ranges],
    }


def _period(period: Sequence[int]) -> str:
    """As lines say it.

    >>> _period((0, 60)), _period((480, 1050)), _period((0, 1440))
    ('12:00 AM - 1:00 AM', '8:00 AM - 5:30 PM', 'All Day')
    """
    start, end = period
    return ALL_DAY if (start, end) == (0, _MINUTES_OF_DAY) else f"{_time(start)} - {_time(end)}"


def _time(minutes: int) -> str:
    hour, minute = divmod(minutes % _MINUTES_OF_DAY, 60)
    return f"{hour % 12 or 12}:{minute:02} {'AM' if hour < 12 else 'PM'}"
