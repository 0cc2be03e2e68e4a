"""Overrides: what a project says of fields that standard objects have anyway, and of their picklists."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from isthmus.org.schema.model import Field, FieldType, PicklistValue, SObjectType
from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.encryption import encrypted
from isthmus.org.schema.sfdx.metadata_types import partly
from isthmus.org.schema.sfdx.picklists import StandardValue, read_value_set, standard_value_sets, with_values

_PICKLISTS = frozenset({FieldType.PICKLIST, FieldType.MULTIPICKLIST, FieldType.COMBOBOX})


def override(
    node: Node, sobject: str, field: Field, shared: Mapping[str, tuple[PicklistValue, ...]]
) -> Field:
    """`field` of `sobject` with the help text, label, encryption scheme and values that the project's
    CustomField element gives it.
    """
    for child, name in (("trackHistory", "history"),):
        if node.flag(child) and (sentence := partly(name)):
            node.note(sentence, child)
    if node.node("lookupFilter") is not None and (sentence := partly("lookup_filter")):
        node.warn(sentence, "lookupFilter")
    field = replace(
        field,
        label=node.text("label") or field.label,
        help_text=node.text("inlineHelpText") or field.help_text,
        nillable=field.nillable and not node.flag("required"),
    )
    field = encrypted(node, sobject, field)
    if node.node("valueSet") is None and node.node("picklist") is None:
        return field
    if field.type not in _PICKLISTS:
        node.error(f"{field.name} is no picklist, and can't have a <valueSet>", "valueSet")
        return field
    found = read_value_set(node, shared)
    return field if found is None else with_values(field, found)


def with_standard_values(
    objects: Iterable[SObjectType], sets: Mapping[str, tuple[StandardValue, ...]]
) -> list[SObjectType]:
    """The objects with the fields that the project's standard value sets fill offering their values."""
    filled = {
        path.lower(): tuple(
            PicklistValue(each.value, each.label, each.active, each.default) for each in values
        )
        for name, values in sets.items()
        for path in standard_value_sets().get(name, ())
    }
    return [_filled(each, filled) for each in objects]


def _filled(each: SObjectType, filled: Mapping[str, tuple[PicklistValue, ...]]) -> SObjectType:
    paths = {field.name: f"{each.name}.{field.name}".lower() for field in each.fields}
    if not any(path in filled for path in paths.values()):
        return each
    return replace(
        each,
        fields=tuple(
            replace(field, picklist=filled[paths[field.name]]) if paths[field.name] in filled else field
            for field in each.fields
        ),
    )
