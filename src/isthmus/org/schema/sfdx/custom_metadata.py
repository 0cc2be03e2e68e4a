"""Custom metadata records: `customMetadata/Type.Record.md-meta.xml`, as wire values of the type's fields."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from isthmus.org.schema.instants import parse_date, parse_datetime
from isthmus.org.schema.model import DECIMALS, Field, FieldType, ObjectKind, SObjectType
from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.elements import check_elements
from isthmus.org.schema.sfdx.scan import Component

LABEL_LENGTH: Final = 40
_RECORD_NAME: Final = re.compile(r"[A-Za-z](?!\w*__)\w{0,39}(?<!_)", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)


def metadata_records(
    documents: Iterable[tuple[Component, Node]], objects: Mapping[str, SObjectType]
) -> dict[str, tuple[Mapping[str, object], ...]]:
    """The records of every custom metadata type; types that others refer to come before those.

    `objects` by lower-case name. A record that refers to another custom metadata record names it as wire
    values do: `{"Parent__r": {"DeveloperName": "North"}}`.
    """
    records: dict[str, list[Mapping[str, object]]] = {}
    roots: list[tuple[Node, SObjectType, Mapping[str, object]]] = []
    seen: dict[str, str] = {}
    for component, root in documents:
        type_name, _, name = component.name.partition(".")
        owner = objects.get(f"{type_name}__mdt".lower())
        if owner is None or owner.kind is not ObjectKind.CUSTOM_METADATA:
            if "__" in type_name:
                root.warn(f"{type_name}__mdt is an installed package's: the record is left out")
            else:
                root.error(f"there is no custom metadata type {type_name}__mdt")
            continue
        if not _RECORD_NAME.fullmatch(name):
            root.error(f"{name!r} is no name for a custom metadata record")
        elif (other := seen.setdefault(component.name.lower(), root.source.file)) != root.source.file:
            root.error(f"{component.name} is declared in {other} too")
        else:
            records.setdefault(owner.name, []).append(_record(root, owner, name))
            roots.append((root, owner, records[owner.name][-1]))
    names = {name.lower(): {str(each["DeveloperName"]) for each in made} for name, made in records.items()}
    for root, owner, record in roots:
        _check_references(root, owner, record, names)
    return {name: tuple(records[name]) for name in _parents_first(records, objects)}


def _check_references(
    root: Node, owner: SObjectType, record: Mapping[str, object], names: Mapping[str, set[str]]
) -> None:
    """A record that is referred to must be one of the project's."""
    for field in owner.fields:
        named = record.get(field.relationship_name or "")
        if isinstance(named, Mapping) and field.reference_to:
            target = field.reference_to[0]
            if named["DeveloperName"] not in names.get(target.lower(), ()):
                root.error(f"{field.name}: there is no {target} record {named['DeveloperName']}")


def _parents_first(records: Mapping[str, object], objects: Mapping[str, SObjectType]) -> list[str]:
    """The types in an order in which each comes after those it refers to (but for circles)."""
    ordered: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in ordered or name in path or name not in records:
            return
        for field in objects[name.lower()].fields:
            for target in field.reference_to:
                visit(target, (*path, name))
        ordered.append(name)

    for name in records:
        visit(name, ())
    return ordered


def _record(root: Node, owner: SObjectType, name: str) -> Mapping[str, object]:
    check_elements(root, "CustomMetadata")
    label = root.needed("label") or name
    if len(label) > LABEL_LENGTH:
        root.error(f"<label> has at most {LABEL_LENGTH} characters, not {len(label)}", "label")
    record: dict[str, object] = {"DeveloperName": name, "MasterLabel": label}
    given: set[str] = set()
    for node in root.nodes("values"):
        path = node.needed("field")
        if path is None:
            continue
        field = owner.field(path)
        if field is None or not field.custom:
            node.error(f"{owner.name} has no field {path}", "field")
            continue
        if field.name in given:
            node.error(f"{field.name} has a value already", "field")
            continue
        given.add(field.name)
        value = _value(node, field)
        if value is not None and field.type is FieldType.REFERENCE:
            record[field.relationship_name or field.name] = {"DeveloperName": value}
        else:
            record[field.name] = value
    for field in owner.fields:
        blank = record.get(field.name) is None and not (field.type is FieldType.BOOLEAN or field.calculated)
        if (
            field.custom
            and not field.nillable
            and blank
            and record.get(field.relationship_name or "") is None
        ):
            root.error(f"the required field {field.name} has no value")
    return record


def _value(node: Node, field: Field) -> object:
    """The value as JSON has it: a text, a number, a boolean, None. What the field can't hold is an error."""
    given = node.node("value")
    if given is None or given.attribute("nil") == "true" or not given.value:
        return None
    text = given.value
    try:
        return _parsed(field, text)
    except ValueError:
        given.error(f"{text!r} is no value for {field.name}, a {field.type.value} field")
    except OverflowError as error:
        given.error(f"{field.name}: {error}")
    return None


def _parsed(field: Field, text: str) -> object:
    """Raises ValueError: no value of the field's type; OverflowError: one that does not fit."""
    if field.type is FieldType.BOOLEAN:
        if text not in ("true", "false"):
            raise ValueError(text)
        return text == "true"
    if field.type in DECIMALS:
        return _number(field, text)
    if field.type is FieldType.DATE:
        parse_date(text)
    elif field.type is FieldType.DATETIME:
        parse_datetime(text)
    elif field.length and len(text) > field.length:
        raise OverflowError(f"{len(text)} characters, more than {field.length}")
    elif field.restricted_picklist and text not in {each.value for each in field.picklist}:
        raise OverflowError(f"{text!r} is none of its values")
    return text


def _number(field: Field, text: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    number = float(text)
    if abs(number) >= 10 ** (field.precision - field.scale):
        raise OverflowError(f"{text} has more than {field.precision - field.scale} digits before the point")
    return int(number) if number.is_integer() else number
