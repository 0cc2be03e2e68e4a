"""Relationships: custom fields that refer to other records, of every kind there is."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from isthmus.org.schema.model import DeleteConstraint, Field, FieldType
from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.metadata_types import partly

_DEFINITIONS: Final = frozenset({"EntityDefinition", "FieldDefinition", "EntityParticle"})
"""What a custom metadata type can refer to, and is no object of records: named by text."""
_DEFINITION_LENGTH: Final = 255
_CONSTRAINTS: Final = ("Cascade", "Restrict", "SetNull")


def _related(node: Node, field: Field, target: str | None) -> Field:
    """The parent is called `Name__r`, its children `relationshipName__r`."""
    children = node.text("relationshipName")
    return replace(
        field,
        reference_to=(target,) if target else (),
        relationship_name=field.name.removesuffix("__c") + "__r",
        child_relationship_name=f"{children}__r" if children else None,
        default_value=None,
    )


def _lookup(node: Node, field: Field) -> Field:
    asked = node.choice("deleteConstraint", _CONSTRAINTS)
    if asked is None:
        # A required lookup can't be emptied, so that its parent can't go.
        constraint = DeleteConstraint.SET_NULL if field.nillable else DeleteConstraint.RESTRICT
    else:
        constraint = DeleteConstraint(asked)
    if constraint is DeleteConstraint.SET_NULL and not field.nillable:
        node.error("a required lookup can't be emptied: use Restrict or Cascade", "deleteConstraint")
    return replace(_related(node, field, node.text("referenceTo")), delete_constraint=constraint)


def _hierarchy(node: Node, field: Field) -> Field:
    return _related(node, field, "User")


def _master_detail(node: Node, field: Field) -> Field:
    reparentable = node.flag("reparentableMasterDetail")
    return replace(
        _related(node, field, node.text("referenceTo")),
        master_detail=True,
        nillable=False,
        permissionable=False,
        updateable=reparentable,
        reparentable=reparentable,
        relationship_order=node.integer("relationshipOrder", 0, 1) or 0,
        write_requires_master_read=node.flag("writeRequiresMasterRead"),
        delete_constraint=DeleteConstraint.CASCADE,
    )


def _external_lookup(node: Node, field: Field) -> Field:
    return replace(_related(node, field, node.text("referenceTo")), extra_type_info="externallookup")


def _indirect_lookup(node: Node, field: Field) -> Field:
    return replace(
        _related(node, field, node.text("referenceTo")),
        extra_type_info="indirectlookup",
        reference_target_field=node.text("referenceTargetField"),
    )


def _metadata_relationship(node: Node, field: Field) -> Field:
    target = node.text("referenceTo")
    if target in _DEFINITIONS:
        if sentence := partly("metadata_text", target=target):
            node.note(sentence, "referenceTo")
        return replace(field, type=FieldType.STRING, length=_DEFINITION_LENGTH)
    return replace(_related(node, field, target), nillable=True)


REFERENCES: Final[Mapping[str, Callable[[Node, Field], Field]]] = {
    "ExternalLookup": _external_lookup,
    "Hierarchy": _hierarchy,
    "IndirectLookup": _indirect_lookup,
    "Lookup": _lookup,
    "MasterDetail": _master_detail,
    "MetadataRelationship": _metadata_relationship,
}
"""How each kind of relationship is read, by its metadata type."""
