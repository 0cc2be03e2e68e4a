"""System fields: what every record of a kind has, whatever its definition says, in describe order.

Source: Object Reference, System Fields; Platform Events Developer Guide, Platform Event Fields; Custom
Metadata Types Implementation Guide, Custom Metadata Type Fields; Apex Developer Guide, Custom Settings.
"""

from dataclasses import replace
from typing import Final

from isthmus.org.schema.model import DeleteConstraint, Field, FieldType, ObjectKind, PicklistValue

ID: Final = Field(
    "Id",
    "Record ID",
    FieldType.ID,
    length=18,
    nillable=False,
    createable=False,
    updateable=False,
    id_lookup=True,
    defaulted_on_create=True,
)
OWNER: Final = Field(
    "OwnerId",
    "Owner ID",
    FieldType.REFERENCE,
    length=18,
    nillable=False,
    defaulted_on_create=True,
    reference_to=("Group", "User"),
    relationship_name="Owner",
)
IS_DELETED: Final = Field(
    "IsDeleted",
    "Deleted",
    FieldType.BOOLEAN,
    nillable=False,
    createable=False,
    updateable=False,
    defaulted_on_create=True,
)
RECORD_TYPE: Final = Field(
    "RecordTypeId",
    "Record Type ID",
    FieldType.REFERENCE,
    length=18,
    defaulted_on_create=True,
    reference_to=("RecordType",),
    relationship_name="RecordType",
)
MASTER_RECORD_TYPE_ID: Final = "012000000000000AAA"
"""The record type that every record has where its object has none: a constant of the platform."""
NAMESPACE_PREFIX: Final = Field(
    "NamespacePrefix", "Namespace Prefix", FieldType.STRING, length=15, createable=False, updateable=False
)


def stamp(name: str, label: str, *, nillable: bool = False) -> Field:
    """A datetime which only the platform sets."""
    return Field(
        name,
        label,
        FieldType.DATETIME,
        nillable=nillable,
        createable=False,
        updateable=False,
        defaulted_on_create=not nillable,
    )


def user_stamp(name: str, label: str) -> Field:
    """A reference to the user who did something, which only the platform sets."""
    return Field(
        name,
        label,
        FieldType.REFERENCE,
        length=18,
        nillable=False,
        createable=False,
        updateable=False,
        defaulted_on_create=True,
        reference_to=("User",),
        relationship_name=name.removesuffix("Id"),
        delete_constraint=DeleteConstraint.SET_NULL,
    )


AUDIT: Final = (
    stamp("CreatedDate", "Created Date"),
    user_stamp("CreatedById", "Created By ID"),
    stamp("LastModifiedDate", "Last Modified Date"),
    user_stamp("LastModifiedById", "Last Modified By ID"),
    stamp("SystemModstamp", "System Modstamp"),
)
VIEWED: Final = (
    stamp("LastViewedDate", "Last Viewed Date", nillable=True),
    stamp("LastReferencedDate", "Last Referenced Date", nillable=True),
)
LAST_ACTIVITY: Final = Field(
    "LastActivityDate", "Last Activity Date", FieldType.DATE, createable=False, updateable=False
)


def name_field(label: str = "Name", *, display_format: str | None = None, starting_number: int = 1) -> Field:
    """A custom object's `Name`: text of 80 characters, or an auto-number with its display format."""
    numbered = display_format is not None
    return Field(
        "Name",
        label,
        FieldType.STRING,
        length=80,
        nillable=not numbered,
        createable=not numbered,
        updateable=not numbered,
        name_field=True,
        auto_number=numbered,
        display_format=display_format,
        starting_number=starting_number,
        id_lookup=True,
        defaulted_on_create=True,
    )


def custom_object_fields(
    name: Field | None = None,
    *,
    owned: bool = True,
    record_types: bool = False,
    activities: bool = False,
) -> tuple[Field, ...]:
    """What a custom object has besides its own fields: these first, then those.

    `name` is its name field (`name_field(…)`). A master-detail child has no owner (`owned` False). An object
    with record types says which one a record has, one with `enableActivities` when it was last active.
    """
    return (
        ID,
        *((OWNER,) if owned else ()),
        IS_DELETED,
        name or name_field(),
        *((RECORD_TYPE,) if record_types else ()),
        *AUDIT,
        *((LAST_ACTIVITY,) if activities else ()),
        *VIEWED,
    )


def _event_fields() -> tuple[Field, ...]:
    return (
        Field("ReplayId", "Replay ID", FieldType.STRING, length=1000, createable=False, updateable=False),
        replace(stamp("CreatedDate", "Created Date"), defaulted_on_create=False),
        replace(user_stamp("CreatedById", "Created By ID"), defaulted_on_create=False),
        Field("EventUuid", "Event UUID", FieldType.STRING, length=36, createable=False, updateable=False),
    )


def _custom_metadata_fields() -> tuple[Field, ...]:
    return (
        ID,
        Field(
            "DeveloperName",
            "Custom Metadata Record Name",
            FieldType.STRING,
            length=40,
            nillable=False,
            name_field=False,
        ),
        Field("MasterLabel", "Label", FieldType.STRING, length=40, nillable=False, name_field=True),
        Field(
            "Language",
            "Master Language",
            FieldType.PICKLIST,
            length=40,
            nillable=False,
            createable=False,
            updateable=False,
            defaulted_on_create=True,
            default_value="en_US",
            restricted_picklist=True,
            picklist=(PicklistValue("en_US", "English", default=True),),
        ),
        NAMESPACE_PREFIX,
        Field("Label", "Label", FieldType.STRING, length=40, createable=False, updateable=False),
        Field(
            "QualifiedApiName",
            "Qualified API Name",
            FieldType.STRING,
            length=70,
            createable=False,
            updateable=False,
        ),
        stamp("SystemModstamp", "System Modstamp"),
    )


def _custom_setting_fields() -> tuple[Field, ...]:
    owner = Field(
        "SetupOwnerId",
        "Location",
        FieldType.REFERENCE,
        length=18,
        nillable=False,
        updateable=False,
        defaulted_on_create=True,
        reference_to=("Organization", "Profile", "User"),
        relationship_name="SetupOwner",
    )
    name = replace(name_field(), length=38, nillable=True, id_lookup=False)
    return (ID, IS_DELETED, name, owner, *AUDIT)


def _external_object_fields() -> tuple[Field, ...]:
    external_id = Field(
        "ExternalId",
        "External ID",
        FieldType.STRING,
        length=1000,
        nillable=False,
        unique=True,
        external_id=True,
        id_lookup=True,
        name_field=True,
    )
    display_url = Field("DisplayUrl", "Display URL", FieldType.URL, length=1000)
    return (ID, external_id, display_url)


def system_fields(kind: ObjectKind) -> tuple[Field, ...]:
    """The system fields of a kind of object, before its own. For CUSTOM see `custom_object_fields`."""
    match kind:
        case ObjectKind.PLATFORM_EVENT:
            return _event_fields()
        case ObjectKind.CUSTOM_METADATA:
            return _custom_metadata_fields()
        case ObjectKind.CUSTOM_SETTING:
            return _custom_setting_fields()
        case ObjectKind.EXTERNAL:
            return _external_object_fields()
        case ObjectKind.BIG:
            return (ID, AUDIT[0], AUDIT[1])
        case ObjectKind.CUSTOM | ObjectKind.STANDARD:
            return custom_object_fields()
