"""Share objects: each custom object whose records are not open to everybody has one, `X__Share`.

Its records say to whom a record of X is shared, how far, and why. Source: Object Reference, Custom Object's
Share Object; Apex Developer Guide, Understanding Sharing.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from isthmus.org.schema.model import (
    DeleteConstraint,
    Field,
    FieldType,
    ObjectKind,
    PicklistValue,
    SObjectType,
)
from isthmus.org.schema.system_fields import ID, IS_DELETED, stamp, user_stamp

SHARE: Final = "Share"
RESTRICTED: Final = frozenset({"Private", "Read"})
"""The organization-wide defaults that leave something to be shared."""
_LEVELS: Final = (
    PicklistValue("Read", "Read Only"),
    PicklistValue("Edit", "Read/Write"),
    PicklistValue("All", "Owner"),
)
_CAUSES: Final = (
    PicklistValue("Owner", "Owner"),
    PicklistValue("Manual", "Manual Sharing", default=True),
    PicklistValue("Rule", "Sharing Rule"),
)


def is_share(sobject: SObjectType) -> bool:
    """Whether the object's records share records of another."""
    return sobject.associate_entity_type == SHARE


def share_name(sobject: str) -> str:
    """The share object of a custom object.

    >>> share_name("Invoice__c")
    'Invoice__Share'
    """
    return f"{sobject.removesuffix('__c')}__Share"


def is_share_name(name: str) -> bool:
    """Whether an object of that name is a custom object's share object."""
    return name.endswith("__Share")


def with_share_objects(objects: Iterable[SObjectType]) -> Iterator[SObjectType]:
    """The objects, in their order, each custom one that needs a share object followed by it."""
    for each in objects:
        yield each
        if each.kind is ObjectKind.CUSTOM and each.sharing_model in RESTRICTED and each.field("OwnerId"):
            yield _share_object(each)


def _share_object(sobject: SObjectType) -> SObjectType:
    return SObjectType(
        name=share_name(sobject.name),
        label=f"Share: {sobject.label}",
        label_plural=f"Share: {sobject.label}",
        key_prefix=None,
        fields=(
            ID,
            _reference("ParentId", "Parent ID", (sobject.name,), children="Shares"),
            _picklist("AccessLevel", "Access Level", _LEVELS),
            _reference("UserOrGroupId", "User/Group ID", ("Group", "User")),
            _picklist("RowCause", "Row Cause", (*_CAUSES, *sobject.sharing_reasons), fixed=True),
            stamp("LastModifiedDate", "Last Modified Date"),
            user_stamp("LastModifiedById", "Last Modified By ID"),
            IS_DELETED,
        ),
        undeletable=False,
        replicateable=False,
        triggerable=False,
        layoutable=False,
        associate_entity_type=SHARE,
        associate_parent=sobject.name,
    )


def _reference(name: str, label: str, targets: tuple[str, ...], children: str | None = None) -> Field:
    return Field(
        name,
        label,
        FieldType.REFERENCE,
        length=18,
        nillable=False,
        updateable=False,
        reference_to=targets,
        relationship_name=name.removesuffix("Id"),
        child_relationship_name=children,
        delete_constraint=DeleteConstraint.CASCADE,
    )


def _picklist(name: str, label: str, values: tuple[PicklistValue, ...], *, fixed: bool = False) -> Field:
    """A restricted picklist; a `fixed` one is given on create, or gets its default."""
    return Field(
        name,
        label,
        FieldType.PICKLIST,
        length=40,
        nillable=fixed,
        updateable=not fixed,
        defaulted_on_create=fixed,
        restricted_picklist=True,
        picklist=values,
    )
