"""Are the standard objects what the platform has?"""

import pytest

from isthmus.org.schema.field_lines import BadLine, label_of, parse_fields, parse_value_line
from isthmus.org.schema.model import DeleteConstraint, Field, FieldType, PicklistValue, Schema
from isthmus.org.schema.share_objects import is_share
from isthmus.org.schema.standard import FEATURES, standard_objects, standard_records
from isthmus.org.schema.values import parse_value

SCHEMA = Schema(standard_objects())


def field(path: str) -> Field:
    sobject, name = path.split(".")
    found = SCHEMA[sobject].field(name)
    assert found is not None, path
    return found


def one(line: str) -> Field:
    [parsed] = parse_fields(line, {"Colour": (PicklistValue("Red", "Red"),)}, frozenset())
    return parsed


def test_a_line_without_words_is_a_field_that_may_be_empty_and_written() -> None:
    assert one("BillingCity  string(40)") == Field(
        "BillingCity", "Billing City", FieldType.STRING, length=40, permissionable=True
    )


def test_words_say_what_differs() -> None:
    parsed = one(
        'WhatId  reference(Account,Case)  "Related To ID" create-only required cascade children=Tasks'
    )
    assert parsed.label == "Related To ID"
    assert parsed.reference_to == ("Account", "Case")
    assert parsed.relationship_name == "What"
    assert parsed.child_relationship_name == "Tasks"
    assert parsed.delete_constraint is DeleteConstraint.CASCADE
    assert (parsed.nillable, parsed.createable, parsed.updateable) == (False, True, False)
    assert one("Hue  picklist(40)  set=Colour").picklist == (PicklistValue("Red", "Red"),)
    assert one("Hue  picklist(40)\n    *A => Aa |\n    B").picklist[0] == PicklistValue(
        "A", "Aa", default=True
    )
    assert not one("Note  string(9)  -sortable").sortable
    assert parse_fields("Odd  boolean  when=moonlight", {}, frozenset()) == ()
    assert parse_fields("Odd  boolean  when=moonlight", {}, {"moonlight"}) != ()


@pytest.mark.parametrize(
    "line", ["Name", "Name  sting(40)", "Name  string(40)  sometimes", "Name  string(4)  by=me"]
)
def test_a_line_that_says_nothing_known_is_refused(line: str) -> None:
    with pytest.raises(BadLine):
        one(line)


def test_values_and_labels_are_read() -> None:
    assert parse_value_line("*New") == PicklistValue("New", "New", default=True)
    assert parse_value_line("Matched => In Sync") == PicklistValue("Matched", "In Sync")
    assert label_of("SBQQField") == "SBQQ Field"


def test_a_plain_org_has_so_many_objects_and_the_name_registry() -> None:
    assert len(SCHEMA) == 113
    assert not SCHEMA["Name"].queryable
    assert SCHEMA["Name"].key_prefix is None


def test_an_unknown_feature_is_refused() -> None:
    with pytest.raises(ValueError, match="moonlight"):
        standard_objects(frozenset({"moonlight"}))


def test_features_add_fields_and_take_none_away() -> None:
    everything = Schema(standard_objects(FEATURES))
    for sobject in SCHEMA:
        assert {each.name for each in sobject.fields} <= {
            each.name for each in everything[sobject.name].fields
        }
    assert SCHEMA["Account"].field("RecordTypeId") is None
    assert everything["Account"].field("RecordTypeId") is not None
    assert everything["Opportunity"].field("CurrencyIsoCode") is not None


@pytest.mark.parametrize("sobject", [each.name for each in SCHEMA])
def test_an_object_is_consistent(sobject: str) -> None:
    found = SCHEMA[sobject]
    names = [each.name for each in found.fields]
    assert names[0] == "Id"
    assert len({name.lower() for name in names}) == len(names), "a field is there once"
    assert sum(each.name_field for each in found.fields) <= 1
    for each in found.fields:
        assert each.compound is None or any(other.name == each.compound for other in found.fields)
        assert len({value.value for value in each.picklist}) == len(each.picklist)
        assert sum(value.default for value in each.picklist) <= 1
        assert bool(each.reference_to) == (each.type is FieldType.REFERENCE)
        holds_ids = (found.name, each.name) == ("UserRecordAccess", "RecordId")
        assert not each.restricted_picklist or each.picklist or holds_ids
        assert each.type is not FieldType.BOOLEAN or not each.nillable
    assert found.key_prefix or not is_share(found), "a00 and what follows are the project's"
    for group in found.required_on_create:
        assert all(found.field(name) is not None for name in group)


# source: Object Reference, each object's page; "Quick facts" of the platform's required fields
REQUIRED = {
    "Account": {"Name"},
    "Contact": {"LastName"},
    "Lead": {"LastName", "Company"},
    "Opportunity": {"Name", "StageName", "CloseDate"},
    "Case": set[str](),
    "Task": set[str](),
    "User": {
        "Username", "LastName", "Email", "Alias", "TimeZoneSidKey", "LocaleSidKey",
        "EmailEncodingKey", "LanguageLocaleKey", "ProfileId",
    },
    "Product2": {"Name"},
    "PricebookEntry": {"Pricebook2Id", "Product2Id", "UnitPrice"},
    "OpportunityLineItem": {"OpportunityId", "Quantity"},
    "Order": {"EffectiveDate", "Status"},
    "OrderItem": {"OrderId", "Quantity", "PricebookEntryId"},
    "Contract": {"AccountId"},
    "Campaign": {"Name"},
    "CampaignMember": {"CampaignId"},
    "ContentVersion": set[str](),
    "ContentDocumentLink": {"ContentDocumentId", "LinkedEntityId"},
    "Attachment": {"Name", "Body", "ParentId"},
    "Note": {"Title", "ParentId"},
    "CaseComment": {"ParentId"},
    "Asset": {"Name"},
    "Quote": {"Name", "OpportunityId"},
    "ObjectPermissions": {"ParentId", "SobjectType"},
    "FieldPermissions": {"ParentId", "SobjectType", "Field"},
    "PermissionSetGroup": {"DeveloperName", "MasterLabel"},
    "PermissionSetGroupComponent": {"PermissionSetGroupId", "PermissionSetId"},
    "MutingPermissionSet": {"DeveloperName", "MasterLabel"},
    "PermissionSetAssignment": {"AssigneeId"},
    "SetupEntityAccess": {"ParentId", "SetupEntityId"},
    "CustomPermission": set[str](),
}  # fmt: skip


@pytest.mark.parametrize(("sobject", "names"), REQUIRED.items())
def test_what_must_be_given_on_create(sobject: str, names: set[str]) -> None:
    required = {
        each.name
        for each in SCHEMA[sobject].fields
        if each.createable and not each.nillable and not each.defaulted_on_create
    }
    assert required == names


def test_some_objects_want_one_of_several_fields() -> None:
    assert SCHEMA["Asset"].required_on_create == (("AccountId", "ContactId"),)
    assert ("UnitPrice", "TotalPrice") in SCHEMA["OpportunityLineItem"].required_on_create


@pytest.mark.parametrize(
    ("prefix", "sobject"),
    [("001", "Account"), ("003", "Contact"), ("00Q", "Lead"), ("006", "Opportunity"), ("500", "Case"),
     ("005", "User"), ("00T", "Task"), ("00U", "Event"), ("068", "ContentVersion"),
     ("0PS", "PermissionSet"), ("801", "Order"), ("110", "ObjectPermissions"), ("01k", "FieldPermissions"),
     ("0PG", "PermissionSetGroup"), ("0PM", "PermissionSetGroupComponent"), ("0QM", "MutingPermissionSet"),
     ("0J0", "SetupEntityAccess"), ("0CP", "CustomPermission")],
)  # fmt: skip
def test_ids_begin_with_the_platforms_key_prefixes(prefix: str, sobject: str) -> None:
    assert [each.name for each in SCHEMA.with_prefix(prefix + "000000000001AAA")] == [sobject]


@pytest.mark.parametrize(
    ("path", "flags"),
    [
        # filterable, sortable, groupable, aggregatable; source: describes of real orgs
        ("Account.Name", "TTTT"),
        ("Account.AnnualRevenue", "TTFT"),
        ("Account.Description", "FFFF"),
        ("Account.BillingStreet", "TTTT"),
        ("Account.BillingAddress", "TFFF"),
        ("Account.IsDeleted", "TTTF"),
        ("Account.CreatedDate", "TTFT"),
        ("Account.ChannelProgramName", "FFFF"),
        ("Case.CaseNumber", "TTFT"),
        ("Event.ActivityDate", "TTTF"),
        ("Event.Subject", "TTFT"),
        ("Attachment.Body", "FFFF"),
    ],
)
def test_what_a_query_may_do_follows_from_the_type(path: str, flags: str) -> None:
    found = field(path)
    told = (found.filterable, found.sortable, found.groupable, found.aggregatable)
    assert "".join("T" if flag else "F" for flag in told) == flags


def test_a_muting_set_can_mute_what_a_permission_set_can_grant() -> None:
    def permissions(sobject: str) -> set[str]:
        return {each.name for each in SCHEMA[sobject].fields if each.name.startswith("Permissions")}

    assert permissions("MutingPermissionSet") == permissions("PermissionSet")


def test_deleting_a_parent_is_told_by_its_children() -> None:
    children = {(each.child, each.field): each for each in SCHEMA.children("Account")}
    contacts = children["Contact", "AccountId"]
    assert (contacts.name, contacts.cascade_delete, contacts.restricted_delete) == ("Contacts", True, False)
    cases = children["Case", "AccountId"]
    assert (cases.name, cases.cascade_delete, cases.restricted_delete) == ("Cases", False, True)
    orders = children["Order", "AccountId"]
    assert (orders.cascade_delete, orders.restricted_delete) == (True, True)
    assert children["Lead", "ConvertedAccountId"].name is None


def test_the_records_of_a_new_org_are_whole_and_match_the_picklists() -> None:
    for sobject, records in standard_records().items():
        for record in records:
            for name, value in record.items():
                parse_value(field(f"{sobject}.{name}"), value)
    values = {
        "OpportunityStage": "Opportunity.StageName",
        "CaseStatus": "Case.Status",
        "LeadStatus": "Lead.Status",
        "TaskStatus": "Task.Status",
        "TaskPriority": "Task.Priority",
        "ContractStatus": "Contract.Status",
        "OrderStatus": "Order.Status",
    }
    assert values.keys() == standard_records().keys()
    for sobject, path in values.items():
        rows = standard_records()[sobject]
        assert [row["MasterLabel"] for row in rows] == [each.value for each in field(path).picklist]
        default = [row["MasterLabel"] for row in rows if row.get("IsDefault")]
        assert default == [each.value for each in field(path).picklist if each.default]
    assert standard_records()["OpportunityStage"][8] == {
        "ApiName": "Closed Won", "MasterLabel": "Closed Won", "SortOrder": 9, "DefaultProbability": 100,
        "IsActive": True, "IsClosed": True, "IsWon": True, "ForecastCategory": "Closed",
        "ForecastCategoryName": "Closed",
    }  # fmt: skip


@pytest.mark.parametrize("sobject", [each.name for each in SCHEMA])
def test_a_path_leads_one_way(sobject: str) -> None:
    children = [each.name for each in SCHEMA.children(sobject) if each.name]
    parents = [each.relationship_name for each in SCHEMA[sobject].fields if each.relationship_name]
    assert len(set(children)) == len(children)
    assert len(set(parents)) == len(parents)
