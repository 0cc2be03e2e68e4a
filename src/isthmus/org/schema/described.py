"""Described: an object read back from its describe, whatever org gave it. The inverse of `describe`.

Source of the keys: REST API Developer Guide, sObject Describe.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import msgspec

from isthmus.org.schema.model import (
    DeleteConstraint,
    Field,
    FieldType,
    ObjectKind,
    PicklistValue,
    SObjectType,
)
from isthmus.org.schema.schemes import Encryption

_TYPES: Final = {each.value: each for each in FieldType}
_SUFFIXES: Final = {
    "__c": ObjectKind.CUSTOM,
    "__e": ObjectKind.PLATFORM_EVENT,
    "__mdt": ObjectKind.CUSTOM_METADATA,
    "__x": ObjectKind.EXTERNAL,
    "__b": ObjectKind.BIG,
}
_NAME: Final = re.compile(r"[A-Za-z]\w{0,79}", re.ASCII)
QUERY_FLAGS: Final = ("filterable", "sortable", "groupable", "aggregatable")


class NoDescribe(ValueError):
    """A value that is no describe of an object. The message says where and why."""


class _Value(msgspec.Struct, rename="camel"):
    value: str
    label: str | None = None
    active: bool = True
    default_value: bool = False
    valid_for: str | None = None


class _Field(msgspec.Struct, rename="camel"):
    name: str
    type: str
    label: str = ""
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    custom: bool = False
    name_field: bool = False
    auto_number: bool = False
    calculated: bool = False
    calculated_formula: str | None = None
    formula_treat_null_number_as_zero: bool = False
    unique: bool = False
    case_sensitive: bool = False
    external_id: bool = False
    id_lookup: bool = False
    defaulted_on_create: bool = False
    default_value: object = None
    default_value_formula: str | None = None
    reference_to: list[str] = []
    relationship_name: str | None = None
    relationship_order: int | None = None
    cascade_delete: bool = False
    restricted_delete: bool = False
    write_requires_master_read: bool = False
    reference_target_field: str | None = None
    picklist_values: list[_Value] = []
    restricted_picklist: bool = False
    controller_name: str | None = None
    compound_field_name: str | None = None
    extra_type_info: str | None = None
    html_formatted: bool = False
    encrypted: bool = False
    mask: str | None = None
    mask_type: str | None = None
    permissionable: bool = False
    inline_help_text: str | None = None
    display_location_in_decimal: bool | None = False
    filterable: bool | None = None
    sortable: bool | None = None
    groupable: bool | None = None
    aggregatable: bool | None = None


class _Child(msgspec.Struct, rename="camel"):
    child_s_object: str = msgspec.field(name="childSObject")
    field: str
    relationship_name: str | None = None
    cascade_delete: bool = False
    restricted_delete: bool | None = None


class _Object(msgspec.Struct, rename="camel"):
    name: str
    fields: list[_Field]
    label: str = ""
    label_plural: str = ""
    key_prefix: str | None = None
    child_relationships: list[_Child] = []
    custom_setting: bool = False
    createable: bool = False
    updateable: bool = False
    deletable: bool = False
    queryable: bool = False
    retrieveable: bool = False
    searchable: bool = False
    undeletable: bool = False
    mergeable: bool = False
    replicateable: bool = False
    triggerable: bool = False
    layoutable: bool = False
    feed_enabled: bool = False
    associate_entity_type: str | None = None
    associate_parent_entity: str | None = None


CAPABILITIES: Final = (
    "createable",
    "updateable",
    "deletable",
    "queryable",
    "retrieveable",
    "searchable",
    "undeletable",
    "mergeable",
    "replicateable",
    "triggerable",
    "layoutable",
    "feed_enabled",
)
"""What an object can do, by the names that describe and schema share."""


def read_describes(describes: Iterable[Mapping[str, object]]) -> tuple[SObjectType, ...]:
    """The objects of some describes. How a parent calls its children is known where both are among them.

    Raises NoDescribe.
    """
    told = [_convert(each) for each in describes]
    children = {
        (child.child_s_object.lower(), child.field.lower()): child
        for parent in told
        for child in parent.child_relationships
    }
    return tuple(_object(each, children) for each in told)


def _convert(describe: object) -> _Object:
    try:
        told = msgspec.convert(describe, _Object)
    except msgspec.ValidationError as error:
        name = describe.get("name") if isinstance(describe, Mapping) else None
        raise NoDescribe(f"not the describe of an object ({name or 'no name'}): {error}") from None
    for name in (told.name, *(each.name for each in told.fields)):
        if not _NAME.fullmatch(name):
            raise NoDescribe(f"not the describe of an object: {name!r} is no name")
    return told


def _object(told: _Object, children: Mapping[tuple[str, str], _Child]) -> SObjectType:
    controllers = {each.name.lower(): each for each in told.fields}
    fields = tuple(
        _related(_field(each, controllers), children.get((told.name.lower(), each.name.lower())))
        for each in told.fields
    )
    stem, _, _ = told.name.rpartition("__")
    kind = _SUFFIXES.get(told.name[len(stem) :], ObjectKind.STANDARD) if stem else ObjectKind.STANDARD
    return SObjectType(
        name=told.name,
        label=told.label or told.name,
        label_plural=told.label_plural or told.label or told.name,
        key_prefix=told.key_prefix,
        fields=fields,
        kind=ObjectKind.CUSTOM_SETTING if told.custom_setting else kind,
        associate_entity_type=told.associate_entity_type,
        associate_parent=told.associate_parent_entity,
        **{name: getattr(told, name) for name in CAPABILITIES},
    )


def _field(told: _Field, controllers: Mapping[str, _Field]) -> Field:
    controller = controllers.get((told.controller_name or "").lower())
    made = Field(
        name=told.name,
        label=told.label or told.name,
        type=_TYPES.get(told.type, FieldType.ANY),
        length=told.length,
        precision=told.precision,
        scale=told.scale,
        digits=told.digits,
        nillable=told.nillable,
        createable=told.createable,
        updateable=told.updateable,
        custom=told.custom,
        name_field=told.name_field,
        auto_number=told.auto_number,
        calculated=told.calculated,
        formula=told.calculated_formula,
        blanks_as_zero=told.formula_treat_null_number_as_zero,
        unique=told.unique,
        case_sensitive=told.case_sensitive,
        external_id=told.external_id,
        id_lookup=told.id_lookup,
        defaulted_on_create=told.defaulted_on_create,
        default_value="true" if told.default_value is True else told.default_value_formula,
        reference_to=tuple(told.reference_to),
        relationship_name=told.relationship_name,
        relationship_order=told.relationship_order,
        write_requires_master_read=told.write_requires_master_read,
        reference_target_field=told.reference_target_field,
        picklist=tuple(_value(each, controller) for each in told.picklist_values),
        restricted_picklist=told.restricted_picklist,
        controlling_field=told.controller_name,
        compound=None if told.compound_field_name == told.name else told.compound_field_name,
        extra_type_info=told.extra_type_info,
        html=told.html_formatted,
        encrypted=told.encrypted,
        encryption=Encryption.PROBABILISTIC if told.type == FieldType.ENCRYPTED.value else None,
        mask=told.mask,
        mask_type=told.mask_type,
        permissionable=told.permissionable,
        help_text=told.inline_help_text,
        display_location_in_decimal=bool(told.display_location_in_decimal),
    )
    said = ((flag, getattr(told, flag)) for flag in QUERY_FLAGS)
    exceptions = {(flag, value) for flag, value in said if value is not None and value != getattr(made, flag)}
    return replace(made, exceptions=frozenset(exceptions))


def _related(field: Field, child: _Child | None) -> Field:
    """A lookup with what the parent says of it; a custom one with an order among masters is a detail."""
    if child is None:
        return field
    constraint = DeleteConstraint.SET_NULL
    if child.cascade_delete and child.restricted_delete:
        constraint = DeleteConstraint.CASCADE_UNLESS_ACTIVE
    elif child.cascade_delete:
        constraint = DeleteConstraint.CASCADE
    elif child.restricted_delete:
        constraint = DeleteConstraint.RESTRICT
    return replace(
        field,
        child_relationship_name=child.relationship_name,
        delete_constraint=constraint,
        master_detail=field.custom and child.cascade_delete and field.relationship_order is not None,
    )


def _value(told: _Value, controller: _Field | None) -> PicklistValue:
    return PicklistValue(
        told.value,
        told.label or told.value,
        active=told.active,
        default=told.default_value,
        valid_for=_valid_for(told.valid_for, controller),
    )


def _valid_for(bits: str | None, controller: _Field | None) -> tuple[str, ...]:
    """The controlling field's values whose bits are set; the first is the highest bit of the first byte."""
    if not bits or controller is None:
        return ()
    try:
        data = base64.b64decode(bits, validate=True)
    except binascii.Error:
        raise NoDescribe(f"validFor is no base64: {bits!r}") from None
    if controller.type == FieldType.BOOLEAN.value:
        values = ["false", "true"]
    else:
        values = [each.value for each in controller.picklist_values if each.active]
    return tuple(
        value
        for place, value in enumerate(values)
        if place // 8 < len(data) and data[place // 8] & (0x80 >> place % 8)
    )
