"""Custom metadata records: `customMetadata/Type.Record.md-meta.xml`, as wire values of the type's fields."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from isthmus.org.schema.instants import parse_date, parse_datetime
from isthmus.org.schema.model import DECIMALS, Field, FieldType, ObjectKind, SObjectType
from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.elements import check_elements
from isthmus.org.schema.sfdx.scan import Component

LABEL_LENGTH: Final = 40
_RECORD_NAME: Final = re.compile(r"[A-Za-z](?!\w*__)\w{0,39}(?<!_)", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class RecordReference:
    """The record `record` of the custom metadata type `sobject` refers by `field` to `parent` of `target`."""

    sobject: str
    record: str
    field: str
    target: str
    parent: str


@dataclass(slots=True)
class CustomMetadataRecords:
    """The records of every custom metadata type, as wire values in the order of their files.

    What they refer to stands apart, in `references`: a parent may come later, or be of the same type.
    """

    records: dict[str, tuple[Mapping[str, object], ...]] = field(default_factory=dict)
    references: list[RecordReference] = field(default_factory=list)


def read_records(
    documents: Iterable[tuple[Component, Node]], objects: Mapping[str, SObjectType]
) -> CustomMetadataRecords:
    """The records that the documents hold. `objects` by lower-case name."""
    made = CustomMetadataRecords()
    places: dict[RecordReference, Node] = {}
    seen: dict[str, str] = {}
    for component, root in documents:
        type_name, _, name = component.name.partition(".")
        owner = objects.get(f"{type_name}__mdt".lower())
        if owner is None or owner.kind is not ObjectKind.CUSTOM_METADATA:
            if "__" in type_name:
                root.warn(f"{type_name}__mdt is an installed package's: the record is left out")
            else:
                root.error(f"there is no custom metadata type {type_name}__mdt")
        elif not _RECORD_NAME.fullmatch(name):
            root.error(f"{name!r} is no name for a custom metadata record")
        elif (other := seen.setdefault(component.name.lower(), root.source.file)) != root.source.file:
            root.error(f"{component.name} is declared in {other} too")
        else:
            record = _record(root, owner, name, places)
            made.records[owner.name] = (*made.records.get(owner.name, ()), record)
    made.references = list(places)
    _check_references(made, places)
    return made


def _check_references(made: CustomMetadataRecords, places: Mapping[RecordReference, Node]) -> None:
    """A record that is referred to must be one of the project's."""
    names = {name: {each["DeveloperName"] for each in records} for name, records in made.records.items()}
    for each, node in places.items():
        if each.parent not in names.get(each.target, ()):
            node.error(f"{each.field}: there is no {each.target} record {each.parent}")


def _record(
    root: Node, owner: SObjectType, name: str, places: dict[RecordReference, Node]
) -> Mapping[str, object]:
    check_elements(root, "CustomMetadata")
    label = root.needed("label") or name
    if len(label) > LABEL_LENGTH:
        root.error(f"<label> has at most {LABEL_LENGTH} characters, not {len(label)}", "label")
    record: dict[str, object] = {"DeveloperName": name, "MasterLabel": label}
    for node in root.nodes("values"):
        path = node.needed("field")
        if path is None:
            continue
        found = owner.field(path)
        if found is None or not found.custom:
            node.error(f"{owner.name} has no field {path}", "field")
        elif found.name in record:
            node.error(f"{found.name} has a value already", "field")
        else:
            record[found.name] = value = _value(node, found)
            if found.type is FieldType.REFERENCE and isinstance(value, str) and found.reference_to:
                reference = RecordReference(owner.name, name, found.name, found.reference_to[0], value)
                places[reference] = node
                record[found.name] = None
    for each in owner.fields:
        optional = each.nillable or each.type is FieldType.BOOLEAN or each.type is FieldType.REFERENCE
        if each.custom and not optional and record.get(each.name) is None:
            root.error(f"the required field {each.name} has no value")
    return record


def _value(node: Node, of: Field) -> object:
    """The value as JSON has it: a text, a number, a boolean, None. What the field can't hold is an error."""
    given = node.node("value")
    if given is None or given.attribute("nil") == "true" or not given.value:
        return None
    text = given.value
    try:
        return _parsed(of, text)
    except ValueError:
        given.error(f"{text!r} is no value for {of.name}, a {of.type.value} field")
    except OverflowError as error:
        given.error(f"{of.name}: {error}")
    return None


def _parsed(of: Field, text: str) -> object:
    """Raises ValueError: no value of the field's type; OverflowError: one that does not fit."""
    if of.type is FieldType.BOOLEAN:
        if text not in ("true", "false"):
            raise ValueError(text)
        return text == "true"
    if of.type in DECIMALS:
        return _number(of, text)
    if of.type is FieldType.DATE:
        parse_date(text)
    elif of.type is FieldType.DATETIME:
        parse_datetime(text)
    elif of.length and len(text) > of.length:
        raise OverflowError(f"{len(text)} characters, more than {of.length}")
    elif of.restricted_picklist and text not in {each.value for each in of.picklist}:
        raise OverflowError(f"{text!r} is none of its values")
    return text


def _number(of: Field, text: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    number = float(text)
    if abs(number) >= 10 ** (of.precision - of.scale):
        raise OverflowError(f"{text} has more than {of.precision - of.scale} digits before the point")
    return int(number) if number.is_integer() else number
