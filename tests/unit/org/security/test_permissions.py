"""Do rights come out as permission sets grant them, for every kind of object, and nothing beside?"""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from isthmus.org.schema.model import Field, FieldType, ObjectKind, Schema, SObjectType
from isthmus.org.schema.standard import standard_objects
from isthmus.org.schema.system_fields import custom_object_fields, system_fields
from isthmus.org.security.access import Access
from isthmus.org.security.rights.governed import Follows, governor_of, named_objects
from isthmus.org.security.rights.grants import Grants, Right, together
from isthmus.org.security.rights.permissions import permissions_of
from isthmus.org.security.sharing.predicate import RecordAccess

RED = Field("Red__c", "Red", FieldType.STRING, length=20, custom=True, permissionable=True)
PLACE = SObjectType("Place__c", "Place", "Places", "a00", (*custom_object_fields(), RED), ObjectKind.CUSTOM)
SHARE = SObjectType("Place__Share", "Share", "Shares", "a01", custom_object_fields())
PING = SObjectType(
    "Ping__e", "Ping", "Pings", "e00", system_fields(ObjectKind.PLATFORM_EVENT), ObjectKind.PLATFORM_EVENT
)
SETTING = SObjectType("Set__c", "Set", "Sets", "a02", (), ObjectKind.CUSTOM_SETTING)
SCHEMA = Schema((*standard_objects(), PLACE, SHARE, PING, SETTING))
ALL = Right.READ | Right.CREATE | Right.EDIT | Right.DELETE


def given(
    *system: str, objects: Mapping[str, Right] | None = None, fields: Mapping[str, Right] | None = None
) -> Access:
    return permissions_of(Grants(frozenset(system), objects or {}, fields or {}), SCHEMA)


def may(access: Access, sobject: str) -> str:
    """What may be done, as letters: read, create, edit, delete, view all, modify all."""
    asked = (
        ("r", access.may_read(sobject)),
        ("c", access.may_create(sobject)),
        ("e", access.may_edit(sobject)),
        ("d", access.may_delete(sobject)),
        ("V", access.may_view_all(sobject)),
        ("M", access.may_modify_all(sobject)),
    )
    return "".join(letter for letter, allowed in asked if allowed)


@pytest.mark.parametrize("sobject", ["Account", "Place__c", "Ping__e", "Place__Share", "UserLogin", "Set__c"])
def test_who_is_granted_nothing_has_nothing(sobject: str) -> None:
    assert may(given(), sobject) == ""


@pytest.mark.parametrize(
    ("right", "letters"),
    [
        (Right.READ, "r"),
        (Right.READ | Right.CREATE, "rc"),
        (ALL, "rced"),
        (Right.VIEW_ALL, "rV"),
        (Right.MODIFY_ALL, "redVM"),
    ],
)
def test_an_object_is_open_as_far_as_it_is_granted(right: Right, letters: str) -> None:
    access = given(objects={"Place__c": right})
    assert may(access, "Place__c") == letters
    assert may(access, "Account") == ""


@pytest.mark.parametrize(
    ("system", "letters"), [("ViewAllData", "rV"), ("ModifyAllData", "rcedVM"), ("ApiEnabled", "")]
)
@pytest.mark.parametrize("sobject", ["Account", "Place__c"])
def test_a_system_permission_opens_every_object(system: str, sobject: str, letters: str) -> None:
    assert may(given(system), sobject) == letters


@pytest.mark.parametrize(
    ("parent", "child"), [("Opportunity", "OpportunityLineItem"), ("Place__c", "Place__Share")]
)
def test_what_hangs_on_a_record_is_read_with_it_and_written_with_its_edit(parent: str, child: str) -> None:
    assert may(given(objects={parent: Right.READ}), child) == "r"
    assert may(given(objects={parent: Right.READ | Right.EDIT}), child) == "rced"


@pytest.mark.parametrize(
    ("sobject", "without", "permission", "granted"),
    [
        ("User", "r", "ManageUsers", "rced"),
        ("PermissionSet", "", "ViewSetup", "r"),
        ("PermissionSet", "", "ManageProfilesPermissionsets", "ced"),
        ("LoginHistory", "r", "ManageUsers", "rV"),
        ("LoginHistory", "r", "MonitorLoginHistory", "rV"),
        ("LoginHistory", "r", "ModifyAllData", "r"),
        ("OpportunityStage", "r", "ModifyAllData", "rVM"),
        ("Set__c", "", "CustomizeApplication", "rced"),
        ("Task", "r", "EditTask", "rced"),
    ],
)
def test_a_system_permission_decides_over_setup(
    sobject: str, without: str, permission: str, granted: str
) -> None:
    assert may(given(), sobject) == without
    assert may(given(permission), sobject) == granted


def test_a_field_is_seen_and_written_as_it_is_granted() -> None:
    objects = {"Place__c": ALL}
    hidden = given(objects=objects)
    shown = given(objects=objects, fields={"Place__c.Red__c": Right.READ})
    open_ = given(objects=objects, fields={"Place__c.Red__c": Right.EDIT})
    assert [each.may_read("Place__c", "Red__c") for each in (hidden, shown, open_)] == [False, True, True]
    assert [each.may_edit("Place__c", "Red__c") for each in (hidden, shown, open_)] == [False, False, True]
    assert [each.may_create("Place__c", "Red__c") for each in (hidden, shown, open_)] == [False, False, True]


def test_a_field_that_is_granted_with_nothing_else_stays_unseen() -> None:
    access = given(fields={"Account.Phone": Right.EDIT})
    assert not access.may_read("Account", "Phone")
    assert not access.may_read("Account", "Name")


def test_the_parts_of_an_address_are_granted_as_a_whole() -> None:
    fields = {"Account.BillingAddress": Right.READ, "Account.ShippingCity": Right.READ}
    access = given(objects={"Account": Right.READ}, fields=fields)
    assert access.may_read("Account", "BillingCity")
    assert access.may_read("Account", "BillingAddress")
    assert not access.may_read("Account", "ShippingCity")


def test_what_has_no_field_permission_goes_with_its_object() -> None:
    access = given(objects={"Account": Right.READ | Right.EDIT})
    assert access.may_read("Account", "Name")
    assert access.may_edit("Account", "Name")
    assert not access.may_read("Account", "NoSuchField")


def test_sets_add_up_and_what_is_muted_is_taken_away() -> None:
    read = Grants(frozenset({"ApiEnabled"}), {"Account": Right.READ}, {"Account.Phone": Right.READ})
    edit = Grants(frozenset({"ViewSetup"}), {"Account": Right.EDIT}, {"Account.Phone": Right.EDIT})
    both = together([read, edit])
    assert both.objects == {"Account": Right.READ | Right.EDIT}
    assert both.system == {"ApiEnabled", "ViewSetup"}
    assert both.less(edit) == read


@pytest.mark.parametrize(
    ("muted", "letters"),
    [
        (Right.READ, ""),
        (Right.CREATE, "redVM"),
        (Right.EDIT, "rcV"),
        (Right.DELETE, "rceV"),
        (Right.VIEW_ALL, "rced"),
        (Right.MODIFY_ALL, "rcedV"),
    ],
)
def test_what_rests_on_a_right_that_is_muted_goes_with_it(muted: Right, letters: str) -> None:
    every = Grants(frozenset(), {"Place__c": ~Right.NONE}, {"Place__c.Red__c": Right.READ | Right.EDIT})
    left = every.less(Grants(frozenset(), {"Place__c": muted}, {"Place__c.Red__c": muted}))
    access = permissions_of(left, SCHEMA)
    assert may(access, "Place__c") == letters
    assert access.may_read("Place__c", "Red__c") == (muted is not Right.READ)


def test_a_shape_is_that_of_rights_alone() -> None:
    one, same = given("ApiEnabled"), given("ApiEnabled")
    assert one.shape == same.shape
    others = [
        given(),
        given("ViewSetup"),
        given("ApiEnabled", objects={"Account": Right.READ}),
        given("ApiEnabled", objects={"Account": Right.READ}, fields={"Account.Phone": Right.READ}),
        given("ApiEnabled", objects={"Account": Right.READ}, fields={"Account.Phone": Right.EDIT}),
    ]
    assert len({each.shape for each in (one, *others)}) == 6


def test_every_standard_object_has_somebody_who_decides() -> None:
    standard = {each.name for each in standard_objects()}
    assert standard <= named_objects()


def test_what_refers_to_private_records_is_not_open_to_everybody() -> None:
    private = {"Account", "Asset", "Campaign", "Case", "Contact", "Contract", "Individual", "Lead"}
    private |= {"Opportunity", "Order"}
    models = dict.fromkeys(private, "Private")
    private |= {"Quote", "ContentDocument", "FeedItem", "OrderItem", "Task", "Event"}
    schema = Schema([replace(each, sharing_model=models.get(each.name)) for each in standard_objects()])
    records = RecordAccess(schema, given())
    open_to_all = {
        each.name
        for each in schema
        if any(not private.isdisjoint(field.reference_to) for field in each.fields)
        and records.condition(each, "t") is None
    }
    assert open_to_all == {"User", "UserRole"}, "users, and what they stand for, are known to everybody"


def test_what_follows_the_rights_to_a_private_object_is_not_open_to_everybody() -> None:
    private = ("Account", "Campaign", "Case", "Contact", "Contract", "Lead", "Opportunity", "Order", "Quote")
    models = dict.fromkeys(private, "Private")
    schema = Schema([replace(each, sharing_model=models.get(each.name)) for each in standard_objects()])
    records = RecordAccess(schema, given())
    following = [
        each for each in schema if isinstance(it := governor_of(each), Follows) and it.sobject in private
    ]
    assert following
    assert [each.name for each in following if records.condition(each, "t") is None] == []


def test_muting_view_all_data_mutes_modify_all_data() -> None:
    group = Grants(frozenset({"ViewAllData", "ModifyAllData", "ApiEnabled"}), {}, {})
    muted = Grants(frozenset({"ViewAllData"}), {}, {})
    assert group.less(muted).system == {"ApiEnabled"}
