"""Compound fields: a custom location or address, and the fields in which its parts are kept."""

from dataclasses import replace
from typing import Final

from isthmus.org.schema.model import Field, FieldType, PicklistValue
from isthmus.org.schema.sfdx.document import Node

_PRECISION: Final = 18
_GEOCODE_ACCURACY: Final = (
    *("Address", "NearAddress", "Block", "Street", "ExtendedZip", "Zip", "Neighborhood", "City"),
    *("County", "State", "Unknown"),
)


def location(node: Node, field: Field) -> tuple[Field, ...]:
    """`Place__c` with `Place__Latitude__s` and `Place__Longitude__s`, of the scale that is asked for."""
    scale = node.integer("scale", 0, 15) or 0
    decimal = node.flag("displayLocationInDecimal")
    part = replace(field, type=FieldType.DOUBLE, precision=_PRECISION, scale=scale, compound=field.name)
    stem = field.name.removesuffix("__c")
    return (
        replace(part, name=f"{stem}__Latitude__s", label=f"{field.label} (Latitude)"),
        replace(part, name=f"{stem}__Longitude__s", label=f"{field.label} (Longitude)"),
        replace(field, createable=False, updateable=False, display_location_in_decimal=decimal),
    )


def address(field: Field) -> tuple[Field, ...]:
    """`Site__c` with its street, city, postal code, state and country codes, position and accuracy.

    Source: Object Reference, Custom Address Fields.
    """
    stem = field.name.removesuffix("__c")
    text = replace(field, type=FieldType.STRING, compound=field.name)
    degrees = replace(text, type=FieldType.DOUBLE, precision=_PRECISION, scale=15)
    code = replace(text, type=FieldType.PICKLIST, length=10)
    accuracy = tuple(PicklistValue(each, each) for each in _GEOCODE_ACCURACY)
    parts = (
        replace(text, name="Street", type=FieldType.TEXTAREA, length=255, extra_type_info="plaintextarea"),
        replace(text, name="City", length=40),
        replace(text, name="PostalCode", length=20),
        replace(code, name="StateCode"),
        replace(code, name="CountryCode"),
        replace(degrees, name="Latitude"),
        replace(degrees, name="Longitude"),
        replace(code, name="GeocodeAccuracy", length=40, picklist=accuracy, restricted_picklist=True),
    )
    return (
        *(
            replace(part, name=f"{stem}__{part.name}__s", label=f"{field.label} ({part.name})")
            for part in parts
        ),
        replace(field, createable=False, updateable=False),
    )
