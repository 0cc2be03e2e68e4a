"""Describe fields: a field as describes show it.

Source for keys, their order and what types give: REST API Developer Guide, sObject Describe; recorded
describes of real orgs (github.com/SFDO-Tooling/CumulusCI, cumulusci/tests/shared_cassettes).
"""

import base64
from typing import Any, Final, TypeAlias

from isthmus.org.schema.model import (
    COMPOUNDS,
    IDS,
    TEXTS,
    DeleteConstraint,
    Field,
    FieldType,
    PicklistValue,
    SObjectType,
)
from isthmus.org.schema.rights import Rights

Described: TypeAlias = dict[str, Any]
"""Plain values in the wire's order."""

SOAP_TYPES: Final = {
    FieldType.ID: "tns:ID",
    FieldType.REFERENCE: "tns:ID",
    FieldType.BOOLEAN: "xsd:boolean",
    FieldType.INT: "xsd:int",
    FieldType.LONG: "xsd:long",
    FieldType.DOUBLE: "xsd:double",
    FieldType.CURRENCY: "xsd:double",
    FieldType.PERCENT: "xsd:double",
    FieldType.DATE: "xsd:date",
    FieldType.DATETIME: "xsd:dateTime",
    FieldType.TIME: "xsd:time",
    FieldType.BASE64: "xsd:base64Binary",
    FieldType.ADDRESS: "urn:address",
    FieldType.LOCATION: "urn:location",
    FieldType.ANY: "xsd:anyType",
}
"""Every other type is `xsd:string`."""


def describe_field(sobject: SObjectType, field: Field, rights: Rights) -> Described:
    """The field, as someone with `rights` may use it."""
    return _first_half(sobject, field, rights) | _second_half(sobject, field, rights)


def _first_half(sobject: SObjectType, field: Field, rights: Rights) -> Described:
    """From `aggregatable` to `extraTypeInfo`."""
    return {
        "aggregatable": field.aggregatable,
        "aiPredictionField": False,
        "autoNumber": field.auto_number,
        "byteLength": _byte_length(field),
        "calculated": field.calculated,
        "calculatedFormula": field.formula,
        "cascadeDelete": _cascades(field),
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": _compound(field),
        "controllerName": field.controlling_field,
        "createable": field.createable and rights.may_create(sobject.name, field.name),
        "custom": field.custom,
        "defaultValue": _default(field),
        "defaultValueFormula": _default_formula(field),
        "defaultedOnCreate": field.defaulted_on_create,
        "dependentPicklist": field.controlling_field is not None,
        "deprecatedAndHidden": False,
        "digits": field.digits,
        "displayLocationInDecimal": field.display_location_in_decimal,
        "encrypted": field.encrypted,
        "externalId": field.external_id,
        "extraTypeInfo": field.extra_type_info,
    }


def _second_half(sobject: SObjectType, field: Field, rights: Rights) -> Described:
    """From `filterable` to `writeRequiresMasterRead`."""
    return {
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": field.blanks_as_zero,
        "groupable": field.groupable,
        "highScaleNumber": False,
        "htmlFormatted": field.html,
        "idLookup": field.id_lookup,
        "inlineHelpText": field.help_text,
        "label": field.label,
        "length": field.length,
        "mask": field.mask,
        "maskType": field.mask_type,
        "name": field.name,
        "nameField": field.name_field,
        "namePointing": field.polymorphic,
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "picklistValues": _picklist(sobject, field),
        "polymorphicForeignKey": field.polymorphic,
        "precision": field.precision,
        "queryByDistance": field.type in COMPOUNDS,
        "referenceTargetField": field.reference_target_field,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship_name,
        "relationshipOrder": field.relationship_order,
        "restrictedDelete": _restricts(field),
        "restrictedPicklist": field.restricted_picklist,
        "scale": field.scale,
        "searchPrefilterable": field.type is FieldType.REFERENCE and field.permissionable,
        "soapType": SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": field.sortable,
        "type": field.type.value,
        "unique": field.unique,
        "updateable": field.updateable and rights.may_edit(sobject.name, field.name),
        "writeRequiresMasterRead": field.write_requires_master_read,
    }


def _byte_length(field: Field) -> int:
    """A character takes up to three bytes, one of an id takes one."""
    if field.type in IDS:
        return field.length
    return 3 * field.length if field.type in TEXTS else 0


def _cascades(field: Field) -> bool:
    """A standard lookup does not say so itself, whatever the parent says of its children."""
    return field.master_detail or (field.custom and field.delete_constraint is DeleteConstraint.CASCADE)


def _restricts(field: Field) -> bool:
    return field.custom and field.delete_constraint is DeleteConstraint.RESTRICT


def _compound(field: Field) -> str | None:
    """A name that may be a person's is a compound of itself."""
    return field.name if field.extra_type_info == "switchablepersonname" else field.compound


def _default(field: Field) -> bool | None:
    """Of checkboxes alone; a picklist's default is among its values."""
    if field.type is not FieldType.BOOLEAN or field.calculated:
        return None
    return field.default_value == "true"


def _default_formula(field: Field) -> str | None:
    return field.default_value if field.custom and field.type is not FieldType.BOOLEAN else None


def _picklist(sobject: SObjectType, field: Field) -> list[Described]:
    controller = sobject.field(field.controlling_field) if field.controlling_field else None
    places = None if controller is None else _places(controller)
    return [_value(each, places) for each in field.picklist if each.active]


def _value(value: PicklistValue, places: dict[str, int] | None) -> Described:
    return {
        "active": True,
        "defaultValue": value.default,
        "label": value.label,
        "validFor": None if places is None else valid_for(value.valid_for, places),
        "value": value.value,
    }


def _places(controller: Field) -> dict[str, int]:
    """Where each value of a controlling field stands: a checkbox is a list of false and true."""
    if controller.type is FieldType.BOOLEAN:
        return {"false": 0, "unchecked": 0, "true": 1, "checked": 1}
    active = (each.value for each in controller.picklist if each.active)
    return {value: place for place, value in enumerate(active)}


def valid_for(values: tuple[str, ...], places: dict[str, int]) -> str:
    """A set of the controlling field's values: a bit each, the first one highest, in groups of three bytes.

    >>> valid_for(("Red",), {"Red": 0, "Green": 1}), valid_for(("Green",), {"Red": 0, "Green": 1})
    ('gAAA', 'QAAA')
    """
    bits = bytearray(3 * (max(places.values(), default=0) // 24 + 1))
    for value in values:
        if value in places:
            bits[places[value] // 8] |= 0x80 >> places[value] % 8
    return base64.b64encode(bits).decode()
