"""A small schema of hand-written objects, with every type of field and relationship that a query can meet."""

from isthmus.org.schema.model import (
    Field,
    FieldType,
    ObjectKind,
    PicklistValue,
    Schema,
    SObjectType,
)

ID = Field("Id", "Record ID", FieldType.ID, length=18, nillable=False)
IS_DELETED = Field("IsDeleted", "Deleted", FieldType.BOOLEAN, nillable=False)
CREATED_DATE = Field("CreatedDate", "Created Date", FieldType.DATETIME, nillable=False)


def text(name: str, kind: FieldType = FieldType.STRING, length: int = 80, **more: object) -> Field:
    return Field(name, name, kind, length=length, **more)  # type: ignore[arg-type] # Field's own keywords


def plain(name: str, kind: FieldType, **more: object) -> Field:
    return Field(name, name, kind, **more)  # type: ignore[arg-type] # Field's own keywords


def reference(name: str, *targets: str, children: str | None = None) -> Field:
    relationship = name.removesuffix("Id") if not name.endswith("__c") else name[:-1] + "r"
    return Field(
        name,
        name,
        FieldType.REFERENCE,
        length=18,
        reference_to=targets,
        relationship_name=relationship,
        child_relationship_name=children,
    )


def picklist(
    name: str, *values: str, kind: FieldType = FieldType.PICKLIST, compound: str | None = None
) -> Field:
    """A picklist of values, each with its label after a `=` where that is another."""
    pairs = [(value, label) for value, _, label in (each.partition("=") for each in values)]
    chosen = tuple(PicklistValue(value, label or value) for value, label in pairs)
    return Field(name, name, kind, picklist=chosen, compound=compound)


def sobject(name: str, prefix: str | None, *fields: Field, **more: object) -> SObjectType:
    return SObjectType(name, name, name, prefix, (ID, IS_DELETED, *fields), **more)  # type: ignore[arg-type]


BILLING = tuple(
    text(f"Billing{part}", compound="BillingAddress")
    for part in ("Street", "City", "State", "PostalCode", "Country")
)
ACCOUNT = sobject(
    "Account",
    "001",
    text("Name", nillable=False, name_field=True),
    picklist("Industry", "Media=News", "Banking=Money", "Agriculture=Farms 50%"),
    plain("AnnualRevenue", FieldType.CURRENCY, precision=18, scale=0),
    plain("NumberOfEmployees", FieldType.INT, digits=8),
    text("Description", FieldType.TEXTAREA, 32000),
    *BILLING,
    plain("BillingLatitude", FieldType.DOUBLE, compound="BillingAddress"),
    plain("BillingLongitude", FieldType.DOUBLE, compound="BillingAddress"),
    picklist("BillingGeocodeAccuracy", "Address", "Street", compound="BillingAddress"),
    plain("BillingAddress", FieldType.ADDRESS),
    reference("ParentId", "Account", children="ChildAccounts"),
    reference("OwnerId", "User"),
    CREATED_DATE,
)
CONTACT = sobject(
    "Contact",
    "003",
    text("FirstName"),
    text("LastName", nillable=False),
    text("Name", name_field=True),
    text("Email", FieldType.EMAIL),
    plain("Birthdate", FieldType.DATE),
    plain("HasOptedOutOfEmail", FieldType.BOOLEAN, nillable=False),
    reference("AccountId", "Account", children="Contacts"),
    reference("ReportsToId", "Contact"),
    reference("OwnerId", "User"),
    CREATED_DATE,
)
TASK = sobject(
    "Task",
    "00T",
    text("Subject"),
    reference("WhoId", "Contact", "Lead", children="Tasks"),
    reference("WhatId", "Account", "Thing__c", children="Tasks"),
    reference("OwnerId", "Group", "User"),
)
LEAD = sobject("Lead", "00Q", text("LastName"), text("Company"))
USER = sobject(
    "User",
    "005",
    text("Name", name_field=True),
    text("Username"),
    plain("IsActive", FieldType.BOOLEAN, nillable=False),
    reference("ManagerId", "User"),
)
GROUP = sobject("Group", "00G", text("Name", name_field=True))
NAME = sobject(
    "Name",
    None,
    text("Name", name_field=True),
    text("Type"),
    text("Email"),
    plain("IsActive", FieldType.BOOLEAN, nillable=False),
    queryable=False,
)
THING = sobject(
    "Thing__c",
    "a00",
    text("Name", name_field=True),
    text("Code__c", case_sensitive=True, unique=True, external_id=True),
    picklist("Colours__c", "Red=Rouge", "Green=Blue", "Blue=Bleu", kind=FieldType.MULTIPICKLIST),
    plain("Opens__c", FieldType.TIME),
    plain("Due__c", FieldType.DATE),
    plain("Price__c", FieldType.DOUBLE, precision=18, scale=2),
    plain("Active__c", FieldType.BOOLEAN, nillable=False),
    plain("Place__c", FieldType.LOCATION),
    plain("Place__Latitude__s", FieldType.DOUBLE, precision=18, scale=15, compound="Place__c"),
    plain("Place__Longitude__s", FieldType.DOUBLE, compound="Place__c"),
    text("Body__c", FieldType.TEXTAREA, 32000, html=True),
    reference("Account__c", "Account", children="Things__r"),
    kind=ObjectKind.CUSTOM,
)
SIGNAL = sobject("Signal__e", "e00", text("Text__c"), kind=ObjectKind.PLATFORM_EVENT)

OBJECTS = (ACCOUNT, CONTACT, TASK, LEAD, USER, GROUP, NAME, THING, SIGNAL)
SCHEMA = Schema(OBJECTS)

HUB = sobject(
    "Hub__c",
    "a01",
    text("Name", name_field=True),
    *(reference(f"To{n}__c", "Hub__c", children=f"Kin{n}__r") for n in range(60)),
)
HUBS = Schema((HUB, CONTACT, ACCOUNT, USER))
"""An object with many relationships, to itself."""
