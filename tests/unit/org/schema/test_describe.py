"""Does the org describe its objects as the platform does?

Keys, their order and the sample values: recorded describes of real orgs
(github.com/SFDO-Tooling/CumulusCI, cumulusci/tests/shared_cassettes), and the REST API Developer Guide.
"""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from isthmus.kernel.errors import Fault
from isthmus.org.schema.describe import describe_global, describe_sobject
from isthmus.org.schema.describe_fields import valid_for
from isthmus.org.schema.model import (
    DeleteConstraint,
    Field,
    FieldType,
    ObjectKind,
    PicklistValue,
    RecordType,
    Schema,
    SObjectType,
)
from isthmus.org.schema.standard import standard_objects
from isthmus.org.schema.system_fields import custom_object_fields, system_fields
from isthmus.org.security.access import EVERYTHING

PREFIX = "/services/data/v65.0"
ORIGIN = "https://localhost:8443"
GLOBAL_KEYS = (
    "activateable associateEntityType associateParentEntity createable custom customSetting deepCloneable "
    "deletable deprecatedAndHidden feedEnabled hasSubtypes isInterface isSubtype keyPrefix label labelPlural "
    "layoutable mergeable mruEnabled name queryable replicateable retrieveable searchable triggerable "
    "undeletable updateable urls"
)
OBJECT_KEYS = (
    "actionOverrides activateable associateEntityType associateParentEntity childRelationships "
    "compactLayoutable createable custom customSetting deepCloneable defaultImplementation deletable "
    "deprecatedAndHidden extendedBy extendsInterfaces feedEnabled fields hasSubtypes implementedBy "
    "implementsInterfaces isInterface isSubtype keyPrefix label labelPlural layoutable listviewable "
    "lookupLayoutable mergeable mruEnabled name namedLayoutInfos networkScopeFieldName queryable "
    "recordTypeInfos replicateable retrieveable searchLayoutable searchable sobjectDescribeOption "
    "supportedScopes triggerable undeletable updateable urls"
)
FIELD_KEYS = (
    "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete "
    "caseSensitive compoundFieldName controllerName createable custom defaultValue defaultValueFormula "
    "defaultedOnCreate dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted "
    "externalId extraTypeInfo filterable filteredLookupInfo formulaTreatNullNumberAsZero groupable "
    "highScaleNumber htmlFormatted idLookup inlineHelpText label length mask maskType name nameField "
    "namePointing nillable permissionable picklistValues polymorphicForeignKey precision queryByDistance "
    "referenceTargetField referenceTo relationshipName relationshipOrder restrictedDelete "
    "restrictedPicklist scale searchPrefilterable soapType sortable type unique updateable "
    "writeRequiresMasterRead"
)

COLOURS = tuple(PicklistValue(each, each) for each in ("Red", "Green"))
ORDER = SObjectType(
    "Invoice__c",
    "Invoice",
    "Invoices",
    "a00",
    (
        *custom_object_fields(owned=False),
        Field(
            "Account__c",
            "Account",
            FieldType.REFERENCE,
            length=18,
            custom=True,
            reference_to=("Account",),
            relationship_name="Account__r",
            child_relationship_name="Invoices__r",
            master_detail=True,
            relationship_order=0,
            delete_constraint=DeleteConstraint.CASCADE,
        ),
        Field("Colour__c", "Colour", FieldType.PICKLIST, length=255, custom=True, picklist=COLOURS),
        Field(
            "Shade__c",
            "Shade",
            FieldType.PICKLIST,
            length=255,
            custom=True,
            controlling_field="Colour__c",
            picklist=(
                PicklistValue("Pink", "Pink", valid_for=("Red",)),
                PicklistValue("Lime", "Lime", valid_for=("Green",), default=True),
                PicklistValue("Old", "Old", active=False),
            ),
        ),
        Field("Paid__c", "Paid", FieldType.BOOLEAN, nillable=False, custom=True, default_value="true"),
        Field("Due__c", "Due", FieldType.DATE, custom=True, default_value="TODAY() + 30"),
    ),
    kind=ObjectKind.CUSTOM,
    record_types=(RecordType("Old", "Old", active=False), RecordType("Big", "Big One")),
)
TOLD = SObjectType(
    "Told__e",
    "Told",
    "Tolds",
    "e00",
    system_fields(ObjectKind.PLATFORM_EVENT),
    kind=ObjectKind.PLATFORM_EVENT,
    layoutable=False,
)
SCHEMA = Schema((*standard_objects(), ORDER, TOLD))


def described(sobject: str, **more: Any) -> dict[str, Any]:
    return describe_sobject(SCHEMA, sobject, EVERYTHING, PREFIX, ORIGIN, **more)


def field(sobject: str, name: str) -> dict[str, Any]:
    return next(each for each in described(sobject)["fields"] if each["name"] == name)


def brief(sobject: str) -> dict[str, Any]:
    every = describe_global(SCHEMA, EVERYTHING, PREFIX)["sobjects"]
    return next(each for each in every if each["name"] == sobject)


def test_the_list_of_objects_is_as_on_the_platform() -> None:
    found = describe_global(SCHEMA, EVERYTHING, PREFIX)
    assert list(found) == ["encoding", "maxBatchSize", "sobjects"]
    names = [each["name"] for each in found["sobjects"]]
    assert names == sorted(names)
    assert "Name" not in names
    assert all(" ".join(each) == GLOBAL_KEYS for each in found["sobjects"])


def test_an_object_lists_its_resources() -> None:
    base = f"{PREFIX}/sobjects/Account"
    assert list(brief("Account")["urls"].items()) == [
        ("compactLayouts", f"{base}/describe/compactLayouts"),
        ("rowTemplate", f"{base}/{{ID}}"),
        ("approvalLayouts", f"{base}/describe/approvalLayouts"),
        ("listviews", f"{base}/listviews"),
        ("describe", f"{base}/describe"),
        ("quickActions", f"{base}/quickActions"),
        ("layouts", f"{base}/describe/layouts"),
        ("sobject", base),
    ]


@pytest.mark.parametrize(
    ("sobject", "urls"),
    [
        ("Organization", "rowTemplate describe sobject"),
        ("Told__e", "rowTemplate eventSchema describe sobject"),
        ("OpportunityContactRole", "compactLayouts rowTemplate describe quickActions layouts sobject"),
        (
            "User",
            "compactLayouts rowTemplate namedLayouts passwordUtilities describe quickActions layouts sobject",
        ),
        (
            "Case",
            "compactLayouts rowTemplate approvalLayouts caseArticleSuggestions caseRowArticleSuggestions "
            "listviews describe quickActions layouts sobject",
        ),
    ],
)
def test_objects_differ_in_their_resources(sobject: str, urls: str) -> None:
    assert " ".join(brief(sobject)["urls"]) == urls


def test_associates_name_their_parents() -> None:
    for name, kind in (("AccountHistory", "History"), ("AccountShare", "Share")):
        assert brief(name)["associateEntityType"] == kind
        assert brief(name)["associateParentEntity"] == "Account"
    assert brief("AccountHistory")["keyPrefix"] is None
    assert brief("LoginHistory")["associateEntityType"] is None


def test_custom_objects_say_so() -> None:
    assert (brief("Invoice__c")["custom"], brief("Account")["custom"]) == (True, False)
    setting = replace(ORDER, name="Setting__c", kind=ObjectKind.CUSTOM_SETTING)
    [entry] = describe_global(Schema([setting]), EVERYTHING, PREFIX)["sobjects"]
    assert entry["customSetting"] is True


@pytest.mark.parametrize("sobject", [each.name for each in SCHEMA])
def test_every_describe_has_the_platforms_keys_in_its_order(sobject: str) -> None:
    found = described(sobject)
    assert " ".join(found) == OBJECT_KEYS
    assert all(" ".join(each) == FIELD_KEYS for each in found["fields"])


def test_a_describe_in_full() -> None:
    found = described("account")
    assert found["name"] == "Account"
    assert found["sobjectDescribeOption"] == "FULL"
    assert {
        "cascadeDelete": True,
        "childSObject": "Contact",
        "deprecatedAndHidden": False,
        "field": "AccountId",
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": "Contacts",
        "restrictedDelete": False,
    } in found["childRelationships"]
    assert found["recordTypeInfos"] == [
        {
            "active": True,
            "available": True,
            "defaultRecordTypeMapping": True,
            "developerName": "Master",
            "master": True,
            "name": "Master",
            "recordTypeId": "012000000000000AAA",
            "urls": {"layout": f"{PREFIX}/sobjects/Account/describe/layouts/012000000000000AAA"},
        }
    ]
    assert {"label": "All accounts", "name": "everything"} in found["supportedScopes"]
    assert " ".join(found["urls"]) == (
        "compactLayouts rowTemplate approvalLayouts uiDetailTemplate uiEditTemplate listviews describe "
        "uiNewRecord quickActions layouts sobject"
    )
    assert found["urls"]["uiNewRecord"] == "https://localhost:8443/001/e"
    assert found["urls"]["uiEditTemplate"] == "https://localhost:8443/{ID}/e"


def test_an_object_that_is_only_a_link_has_no_record_types() -> None:
    assert described("OpportunityContactRole")["recordTypeInfos"] == []
    assert described("OpportunityContactRole")["supportedScopes"] == [
        {"label": "All opportunity contact role", "name": "everything"}
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "Account.Id",
            {"type": "id", "soapType": "tns:ID", "length": 18, "byteLength": 18, "idLookup": True},
        ),
        (
            "Account.Name",
            {"byteLength": 765, "compoundFieldName": "Name", "nameField": True, "idLookup": False},
        ),
        (
            "Account.IsDeleted",
            {"defaultValue": False, "length": 0, "byteLength": 0, "soapType": "xsd:boolean"},
        ),
        (
            "Account.AnnualRevenue",
            {"soapType": "xsd:double", "precision": 18, "digits": 0, "groupable": False},
        ),
        ("Account.NumberOfEmployees", {"soapType": "xsd:int", "digits": 8, "precision": 0}),
        ("Account.BillingAddress", {"soapType": "urn:address", "type": "address", "permissionable": True}),
        ("Account.BillingCity", {"compoundFieldName": "BillingAddress", "length": 40, "byteLength": 120}),
        ("Case.CaseNumber", {"autoNumber": True, "byteLength": 90, "length": 30, "groupable": False}),
        (
            "Contact.AccountId",
            {"cascadeDelete": False, "searchPrefilterable": True, "relationshipName": "Account"},
        ),
        ("Contact.MasterRecordId", {"searchPrefilterable": False, "referenceTo": ["Contact"]}),
        (
            "Event.WhoId",
            {"polymorphicForeignKey": True, "namePointing": True, "referenceTo": ["Contact", "Lead"]},
        ),
        (
            "Event.Subject",
            {"type": "combobox", "soapType": "xsd:string", "nameField": True, "groupable": False},
        ),
        ("Invoice__c.Account__c", {"cascadeDelete": True, "relationshipOrder": 0, "custom": True}),
        ("Invoice__c.Paid__c", {"defaultValue": True, "defaultValueFormula": None}),
        ("Invoice__c.Due__c", {"defaultValue": None, "defaultValueFormula": "TODAY() + 30"}),
        ("Invoice__c.Shade__c", {"dependentPicklist": True, "controllerName": "Colour__c"}),
    ],
)
def test_a_field_is_described(path: str, expected: dict[str, object]) -> None:
    found = field(*path.split("."))
    assert {key: found[key] for key in expected} == expected


def test_a_dependent_picklist_says_for_what_each_value_is_valid() -> None:
    assert field("Invoice__c", "Shade__c")["picklistValues"] == [
        {"active": True, "defaultValue": False, "label": "Pink", "validFor": "gAAA", "value": "Pink"},
        {"active": True, "defaultValue": True, "label": "Lime", "validFor": "QAAA", "value": "Lime"},
    ]
    assert field("Invoice__c", "Colour__c")["picklistValues"][0]["validFor"] is None
    places = {str(place): place for place in range(30)}
    assert valid_for(("0", "8", "29"), places) == "gIAABAAA"


def test_record_types_come_with_the_ids_they_were_given() -> None:
    ids = {("Invoice__c", "Old"): "012000000000001AAA", ("Invoice__c", "Big"): "012000000000002AAA"}
    found = described("Invoice__c", record_type_ids=lambda *key: ids.get(key))["recordTypeInfos"]
    assert [
        (each["developerName"], each["name"], each["available"], each["defaultRecordTypeMapping"])
        for each in found
    ] == [("Old", "Old", False, False), ("Big", "Big One", True, True), ("Master", "Master", True, False)]
    assert found[1]["recordTypeId"] == "012000000000002AAA"


@dataclass(frozen=True)
class Reader:
    """Someone who reads accounts and their names, and changes nothing but the phone."""

    shape: str = "reader"

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return sobject == "Account" and field in (None, "Id", "Name", "Phone")

    def may_create(self, sobject: str, field: str | None = None) -> bool:
        return False

    def may_edit(self, sobject: str, field: str | None = None) -> bool:
        return sobject == "Account" and field in (None, "Phone")

    def may_delete(self, sobject: str) -> bool:
        return False


def test_a_describe_shows_what_its_reader_may_do() -> None:
    [account] = describe_global(SCHEMA, Reader(), PREFIX)["sobjects"]
    assert (account["createable"], account["updateable"], account["deletable"]) == (False, True, False)
    found = describe_sobject(SCHEMA, "Account", Reader(), PREFIX, ORIGIN)
    assert [each["name"] for each in found["fields"]] == ["Id", "Name", "Phone"]
    assert [each["updateable"] for each in found["fields"]] == [False, False, True]
    assert [each["createable"] for each in found["fields"]] == [False, False, False]
    assert found["childRelationships"] == []


@pytest.mark.parametrize("sobject", ["Nothing", "Contact"])
def test_what_may_not_be_read_is_not_there(sobject: str) -> None:
    with pytest.raises(Fault, match="The requested resource does not exist"):
        describe_sobject(SCHEMA, sobject, Reader(), PREFIX, ORIGIN)
