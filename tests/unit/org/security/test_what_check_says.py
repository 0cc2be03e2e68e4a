"""Does a check say what of sharing and rights comes to nothing, and what a slip may have meant?"""

from pathlib import Path

import pytest
from tests.unit.org.schema.sfdx.conftest import OBJECT, ProjectFolder

from isthmus.definition import load_to_check
from isthmus.org.schema.sfdx.findings import Severity
from isthmus.org.schema.standard import standard_objects

MASTER = (
    "<label>Account</label><referenceTo>Account</referenceTo><relationshipName>Things</relationshipName>"
    "<type>MasterDetail</type>"
)
SHARED = "<sharedTo><allInternalUsers/></sharedTo>"


def shared(model: str) -> str:
    """An object with that organization-wide default."""
    return OBJECT.replace("ReadWrite", model)


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder(tmp_path)
    made.object("Thing__c", shared("Private"))
    made.field(
        "Thing__c",
        "Amount__c",
        "<label>Amount</label><precision>9</precision><scale>2</scale><type>Number</type>",
    )
    made.field("Thing__c", "Size__c", "<label>Size</label><length>9</length><type>Text</type>")
    made.field(
        "Thing__c", "Paid__c", "<label>Paid</label><defaultValue>false</defaultValue><type>Checkbox</type>"
    )
    made.field("Thing__c", "Due__c", "<label>Due</label><type>Date</type>")
    return made


def said(folder: ProjectFolder) -> list[tuple[Severity, str]]:
    project = load_to_check(folder.root, standard_objects())
    return [(each.severity, each.message) for each in project.findings if each.severity is not Severity.NOTE]


def rule(folder: ProjectFolder, condition: str, sobject: str = "Thing__c") -> None:
    field, operation, value = condition.split(" ", 2)
    folder.xml(
        f"sharingRules/{sobject}.sharingRules-meta.xml",
        "SharingRules",
        f"<sharingCriteriaRules><fullName>Some</fullName><accessLevel>Read</accessLevel><label>Some</label>{SHARED}"
        f"<criteriaItems><field>{field}</field><operation>{operation}</operation><value>{value}</value>"
        "</criteriaItems><includeRecordsOwnedByAll>true</includeRecordsOwnedByAll></sharingCriteriaRules>",
    )


@pytest.mark.parametrize(
    ("condition", "wrong"),
    [
        ("Amount__c equals lots", "can't have the value 'lots'"),
        ("Amount__c equals 1, lots", "can't have the value 'lots'"),
        ("Amount__c greaterThan 1, 2", "is compared by greaterThan with one value, not with '1, 2'"),
        ("Amount__c contains 1", "is no text: contains asks for one"),
        ("Size__c includes a", "is no multi-select picklist: includes asks for one"),
        ("Paid__c equals perhaps", "can't have the value 'perhaps'"),
        ("Due__c lessThan soon", "can't have the value 'soon'"),
    ],
)
def test_a_condition_that_is_never_met(folder: ProjectFolder, condition: str, wrong: str) -> None:
    rule(folder, condition)
    assert said(folder) == [(Severity.ERROR, f"Thing__c.{condition.split()[0]} {wrong}")]


@pytest.mark.parametrize(
    "condition",
    [
        "Amount__c equals 1, 2.5",
        "Amount__c greaterOrEqual 1",
        "Size__c contains a,b",
        "Size__c equals lots",
        "Paid__c equals True",
        "Paid__c notEqual 1",
        "Due__c lessThan 2026-01-31",
    ],
)
def test_a_condition_that_can_be_met(folder: ProjectFolder, condition: str) -> None:
    rule(folder, condition)
    assert said(folder) == []


def test_rules_that_give_nothing(folder: ProjectFolder) -> None:
    rule(folder, "Amount__c equals 1")
    folder.object("Thing__c", shared("ReadWrite"))
    assert said(folder) == [
        (Severity.WARNING, "Thing__c is public (ReadWrite): everyone has what its rules give")
    ]
    folder.object("Thing__c", shared("ControlledByParent"))
    folder.field("Thing__c", "Account__c", MASTER)
    assert said(folder) == [
        (Severity.WARNING, "Thing__c is shared as its parent is (ControlledByParent): its rules give nothing")
    ]


def test_rules_on_what_is_public_by_the_platforms_default(folder: ProjectFolder) -> None:
    rule(folder, "Name equals x", "Account")
    assert said(folder) == [
        (Severity.WARNING, "Account is public (ReadWrite): everyone has what its rules give")
    ]


def test_a_default_that_the_object_cannot_have(folder: ProjectFolder) -> None:
    folder.object("Thing__c", shared("ControlledByParent"))
    assert said(folder) == [(Severity.ERROR, "Thing__c has no master-detail field: no parent controls it")]
    folder.object("Thing__c", shared("Private"))
    folder.field("Thing__c", "Account__c", MASTER)
    [(severity, message)] = said(folder)
    assert severity is Severity.WARNING
    assert message.endswith("shared as their masters are, by ControlledByParent, not Private")


def test_a_slip_in_a_name_of_the_platforms_is_told_with_what_is_meant(folder: ProjectFolder) -> None:
    names = ("ApiEnabld", "FlyToTheMoon")
    granted = "".join(
        f"<userPermissions><enabled>true</enabled><name>{each}</name></userPermissions>" for each in names
    )
    right = "<allowRead>true</allowRead><object>Acount</object>"
    body = f"<label>Set</label><objectPermissions>{right}</objectPermissions>{granted}"
    folder.xml("permissionsets/Set.permissionset-meta.xml", "PermissionSet", body)
    assert said(folder) == [
        (
            Severity.WARNING,
            "not known here, and left out: Acount (is Account meant?), ApiEnabld (is ApiEnabled meant?), "
            "FlyToTheMoon",
        )
    ]
