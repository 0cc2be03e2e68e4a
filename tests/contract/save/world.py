"""World: a small schema in which every rule of the save path has a place, and shorthands for its records."""

from collections.abc import Sequence

from isthmus.kernel.ids import record_id
from isthmus.org.save.result import SaveResult
from isthmus.org.schema.model import (
    DeleteConstraint,
    Field,
    FieldType,
    ObjectKind,
    PicklistValue,
    Schema,
    SObjectType,
)
from isthmus.org.schema.system_fields import (
    AUDIT,
    ID,
    IS_DELETED,
    RECORD_TYPE,
    custom_object_fields,
    name_field,
    system_fields,
)
from isthmus.org.security.principal import Principal

INSTANCE = "7Ab"
USER_ID = record_id("005", INSTANCE, 1)
PRINCIPAL = Principal(
    USER_ID, "ada@example.com", record_id("00D", INSTANCE, 1), record_id("00e", INSTANCE, 1)
)

TEXT = FieldType.STRING


def custom(
    name: str, *fields: Field, prefix: str, owned: bool = True, named: Field | None = None
) -> SObjectType:
    label = name.removesuffix("__c").replace("_", " ")
    system = custom_object_fields(named or name_field(), owned=owned)
    return SObjectType(name, label, f"{label}s", prefix, (*system, *fields), kind=ObjectKind.CUSTOM)


def lookup(name: str, *targets: str, **how: object) -> Field:
    relationship = name.removesuffix("Id") if name.endswith("Id") else name.replace("__c", "__r")
    return Field(
        name,
        name.removesuffix("__c").replace("_", " "),
        FieldType.REFERENCE,
        length=18,
        reference_to=targets,
        relationship_name=relationship,
        **how,  # type: ignore[arg-type] # a shorthand
    )


def choices(*values: str, default: str | None = None) -> tuple[PicklistValue, ...]:
    return tuple(PicklistValue(each, each, default=each == default) for each in values)


NAME = SObjectType(
    "Name",
    "Name",
    "Names",
    None,
    (
        ID,
        IS_DELETED,
        Field("Type", "Type", FieldType.PICKLIST, length=40),
        Field("Name", "Name", TEXT, length=255, name_field=True),
        Field("FirstName", "First Name", TEXT, length=40),
        Field("LastName", "Last Name", TEXT, length=80),
        Field("IsActive", "Active", FieldType.BOOLEAN, nillable=False),
    ),
    queryable=False,
)
USER = SObjectType(
    "User",
    "User",
    "Users",
    "005",
    (
        ID,
        Field("Username", "Username", TEXT, length=80, nillable=False, id_lookup=True),
        Field("FirstName", "First Name", TEXT, length=40, compound="Name"),
        Field("LastName", "Last Name", TEXT, length=80, nillable=False, compound="Name"),
        Field("Name", "Full Name", TEXT, length=121, createable=False, updateable=False, name_field=True),
        Field("IsActive", "Active", FieldType.BOOLEAN, nillable=False, defaulted_on_create=True),
        Field("TimeZoneSidKey", "Time Zone", FieldType.PICKLIST, length=40),
        lookup("ManagerId", "User"),
        *AUDIT,
    ),
    deletable=False,
    undeletable=False,
)
RECORD_TYPES = SObjectType(
    "RecordType",
    "Record Type",
    "Record Types",
    "012",
    (
        ID,
        name_field(),
        Field("DeveloperName", "Record Type Name", TEXT, length=80, nillable=False),
        Field("SobjectType", "SObject Type Name", FieldType.PICKLIST, length=40, nillable=False),
        *AUDIT,
    ),
)
USER_LOGIN = SObjectType(
    "UserLogin",
    "User Login",
    "User Logins",
    "0Yw",
    (
        ID,
        lookup("UserId", "User"),
        Field("IsFrozen", "Frozen", FieldType.BOOLEAN, nillable=False),
        Field("IsPasswordLocked", "Locked", FieldType.BOOLEAN, nillable=False),
    ),
)
GROUP = SObjectType("Group", "Group", "Groups", "00G", (ID, name_field(), *AUDIT))

ORDER = custom(
    "Order__c",
    Field("Ext__c", "External", TEXT, length=20, unique=True, external_id=True, id_lookup=True, custom=True),
    Field(
        "Code__c", "Code", TEXT, length=20, unique=True, case_sensitive=True, external_id=True, custom=True
    ),
    Field("Key__c", "Key", TEXT, length=20, external_id=True, custom=True),
    Field("Email__c", "Contact Email", FieldType.EMAIL, length=80, custom=True),
    Field("Amount__c", "Amount", FieldType.CURRENCY, precision=10, scale=2, custom=True),
    Field("Count__c", "Count", FieldType.INT, digits=5, default_value="7", custom=True),
    Field("Paid__c", "Paid", FieldType.BOOLEAN, nillable=False, default_value="true", custom=True),
    Field("Due__c", "Due", FieldType.DATE, default_value="TODAY()", custom=True),
    Field(
        "Status__c",
        "Status",
        FieldType.PICKLIST,
        length=40,
        restricted_picklist=True,
        picklist=(*choices("Open", "Done", default="Open"), PicklistValue("Old", "Old", active=False)),
        custom=True,
    ),
    Field(
        "Tags__c",
        "Tags",
        FieldType.MULTIPICKLIST,
        length=200,
        restricted_picklist=True,
        picklist=choices("red", "green", "blue"),
        custom=True,
    ),
    Field(
        "Number__c",
        "Number",
        TEXT,
        length=30,
        auto_number=True,
        display_format="O-{YYYY}-{0000}",
        starting_number=5,
        nillable=False,
        createable=False,
        updateable=False,
        custom=True,
    ),
    Field(
        "Total__c",
        "Total",
        FieldType.DOUBLE,
        precision=18,
        scale=2,
        calculated=True,
        formula="1",
        custom=True,
    ),
    RECORD_TYPE,
    lookup("Parent__c", "Order__c", custom=True),
    lookup("Related__c", "Order__c", "Place__c", custom=True),
    lookup("Place__c", "Place__c", delete_constraint=DeleteConstraint.RESTRICT, custom=True),
    prefix="a00",
)
LINE = custom(
    "Line__c",
    Field("Serial__c", "Serial", TEXT, length=20, unique=True, custom=True),
    Field("Quantity__c", "Quantity", FieldType.DOUBLE, precision=10, scale=2, nillable=False, custom=True),
    lookup(
        "Order__c",
        "Order__c",
        nillable=False,
        master_detail=True,
        delete_constraint=DeleteConstraint.CASCADE,
        custom=True,
    ),
    prefix="a01",
    owned=False,
    named=name_field("Line Number", display_format="L-{000}"),
)
PLACE = custom(
    "Place__c", Field("Note__c", "Note", FieldType.TEXTAREA, length=5000, custom=True), prefix="a02"
)
VISIT = custom(
    "Visit__c",
    lookup("Place__c", "Place__c", nillable=False, delete_constraint=DeleteConstraint.RESTRICT, custom=True),
    lookup("Next__c", "Place__c", delete_constraint=DeleteConstraint.RESTRICT, custom=True),
    prefix="a04",
)
STOP = custom(
    "Stop__c",
    *(
        lookup(
            f"{master}__c",
            f"{master}__c",
            nillable=False,
            master_detail=True,
            delete_constraint=DeleteConstraint.CASCADE,
            custom=True,
        )
        for master in ("Order", "Place")
    ),
    prefix="a05",
    owned=False,
)
SHARE = SObjectType(
    "Order__Share",
    "Order Share",
    "Order Shares",
    "a03",
    (
        ID,
        lookup("ParentId", "Order__c", nillable=False, delete_constraint=DeleteConstraint.CASCADE),
        Field("RowCause", "Row Cause", TEXT, length=40),
    ),
)


def event(name: str, prefix: str, publish: str, volume: str = "HighVolume") -> SObjectType:
    fields = (
        *system_fields(ObjectKind.PLATFORM_EVENT),
        Field("Text__c", "Text", TEXT, length=20, custom=True),
        Field("Must__c", "Must", TEXT, length=255, nillable=False, custom=True),
        Field("Number__c", "Number", FieldType.DOUBLE, precision=18, scale=2, custom=True),
        Field("Flag__c", "Flag", FieldType.BOOLEAN, nillable=False, custom=True),
        Field("Day__c", "Day", FieldType.DATE, custom=True),
        Field("Moment__c", "Moment", FieldType.DATETIME, custom=True),
        *(
            Field(f"Long_{n}__c", f"Long {n}", FieldType.TEXTAREA, length=131_072, custom=True)
            for n in range(9)
        ),
    )
    return SObjectType(
        name,
        name.removesuffix("__e"),
        f"{name.removesuffix('__e')}s",
        prefix,
        fields,
        kind=ObjectKind.PLATFORM_EVENT,
        updateable=False,
        deletable=False,
        queryable=False,
        retrieveable=False,
        undeletable=False,
        publish_behavior=publish,
        event_type=volume,
    )


EVENT = event("Ping__e", "e00", "PublishAfterCommit")
AT_ONCE = event("Now__e", "e01", "PublishImmediately")
OLD_EVENT = event("Old__e", "e02", "PublishAfterCommit", "StandardVolume")
REMOTE = SObjectType("Remote__x", "Remote", "Remotes", "x00", (), kind=ObjectKind.EXTERNAL)
HISTORY = SObjectType(
    "Order__History", "Order History", "Order Histories", None, (ID,), createable=False, updateable=False
)

SCHEMA = Schema(
    (
        NAME,
        USER,
        USER_LOGIN,
        GROUP,
        RECORD_TYPES,
        ORDER,
        LINE,
        PLACE,
        VISIT,
        STOP,
        SHARE,
        HISTORY,
        EVENT,
        AT_ONCE,
        OLD_EVENT,
        REMOTE,
    )
)


def codes(results: Sequence[SaveResult]) -> list[str]:
    """The first error's code of each row, `ok` where there is none."""
    return [each.errors[0].code if each.errors else "ok" for each in results]


def messages(result: SaveResult) -> list[str]:
    """What a row is told."""
    return [each.message for each in result.errors]
