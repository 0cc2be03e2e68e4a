"""Custom metadata records: their values, and what a type can't hold."""

import pytest
from tests.unit.org.schema.sfdx.conftest import HEAD, METADATA, ProjectFolder

from isthmus.org.schema.sfdx.custom_metadata import RecordReference

NAMESPACES = (
    f'{METADATA} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)
FIELDS = {
    "Flag__c": "<defaultValue>false</defaultValue><type>Checkbox</type>",
    "At__c": "<type>DateTime</type>",
    "On__c": "<type>Date</type>",
    "Rate__c": "<precision>5</precision><scale>2</scale><type>Number</type>",
    "Text__c": "<length>5</length><type>Text</type>",
    "Kind__c": "<type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition>"
    "<value><fullName>A</fullName></value></valueSetDefinition></valueSet>",
    "Parent__c": "<referenceTo>Area__mdt</referenceTo><relationshipName>Rules</relationshipName>"
    "<type>MetadataRelationship</type>",
    "Object__c": "<referenceTo>EntityDefinition</referenceTo><relationshipName>Rules</relationshipName>"
    "<type>MetadataRelationship</type>",
}


@pytest.fixture
def typed(folder: ProjectFolder) -> ProjectFolder:
    """A project with the types Rule__mdt and Area__mdt."""
    for name in ("Rule__mdt", "Area__mdt"):
        folder.object(name, "<label>R</label><pluralLabel>R</pluralLabel><visibility>Public</visibility>")
    for name, body in FIELDS.items():
        folder.field("Rule__mdt", name, f"<label>F</label>{body}")
    return folder


def record(folder: ProjectFolder, name: str, values: dict[str, str], label: str = "One") -> str:
    """Write a record; each value is on a line of its own, from line 4 on."""
    body = "\n".join(
        f"<values><field>{field}</field><value {value}</value></values>" for field, value in values.items()
    )
    text = f"{HEAD}<CustomMetadata {NAMESPACES}>\n<label>{label}</label>\n{body}\n</CustomMetadata>"
    return folder.put(f"customMetadata/{name}.md-meta.xml", text)


def test_values_of_every_type(typed: ProjectFolder) -> None:
    record(typed, "Area.North", {})
    record(
        typed,
        "Rule.First",
        {
            "Flag__c": 'xsi:type="xsd:boolean">true',
            "At__c": 'xsi:type="xsd:dateTime">2026-01-09T18:03:21.000Z',
            "On__c": 'xsi:type="xsd:date">2026-01-09',
            "Rate__c": 'xsi:type="xsd:double">12.5',
            "Text__c": 'xsi:type="xsd:string">hello',
            "Kind__c": 'xsi:nil="true">',
            "Parent__c": 'xsi:type="xsd:string">North',
            "Object__c": 'xsi:type="xsd:string">Account',
        },
    )
    project = typed.load()
    assert not project.errors
    assert list(project.metadata_records) == ["Area__mdt", "Rule__mdt"]
    assert project.metadata_records["Rule__mdt"] == (
        {
            "DeveloperName": "First",
            "MasterLabel": "One",
            "Flag__c": True,
            "At__c": "2026-01-09T18:03:21.000Z",
            "On__c": "2026-01-09",
            "Rate__c": 12.5,
            "Text__c": "hello",
            "Kind__c": None,
            "Parent__c": None,
            "Object__c": "Account",
        },
    )
    assert project.metadata_references == (
        RecordReference("Rule__mdt", "First", "Parent__c", "Area__mdt", "North"),
    )
    assert typed.warnings() == []
    assert typed.loaded_field("Rule__mdt", "Object__c").type.value == "string"


BROKEN = [
    ("Flag__c", ">yes", "'yes' is no value for Flag__c, a boolean field"),
    ("At__c", ">soon", "'soon' is no value for At__c, a datetime field"),
    ("On__c", ">2026-02-30", "'2026-02-30' is no value for On__c, a date field"),
    ("Rate__c", ">many", "'many' is no value for Rate__c, a double field"),
    ("Rate__c", ">1000", "Rate__c: 1000 has more than 3 digits before the point"),
    ("Rate__c", ">1e400", "'1e400' is no value"),
    ("Text__c", ">toolong", "Text__c: 7 characters, more than 5"),
    ("Kind__c", ">B", "Kind__c: 'B' is none of its values"),
    ("Nope__c", ">B", "Rule__mdt has no field Nope__c"),
    ("MasterLabel", ">B", "Rule__mdt has no field MasterLabel"),
]


@pytest.mark.parametrize(("field", "value", "message"), BROKEN)
def test_a_value_that_does_not_fit(typed: ProjectFolder, field: str, value: str, message: str) -> None:
    file = record(typed, "Rule.First", {field: value})
    [error] = typed.errors()
    assert error.startswith(f"{file}:4: ")
    assert message.replace("'1e400' is no value", "Rate__c: 1e400 has more") in error


def test_what_else_a_record_can_have_wrong(typed: ProjectFolder) -> None:
    typed.field("Area__mdt", "Must__c", "<label>M</label><required>true</required><type>Date</type>")
    area = record(typed, "Area.North", {})
    lost = record(typed, "Nope.North", {})
    named = record(typed, "Rule.No__Name", {})
    label = record(typed, "Rule.Label", {}, label="x" * 41)
    parent = record(typed, "Rule.Parent", {"Parent__c": ">South"})
    record(typed, "pkg__Rule.One", {})
    assert typed.errors() == [
        f"{area}:2: the required field Must__c has no value",
        f"{lost}:2: there is no custom metadata type Nope__mdt",
        f"{label}:3: <label> has at most 40 characters, not 41",
        f"{named}:2: 'No__Name' is no name for a custom metadata record",
        f"{parent}:4: Parent__c: there is no Area__mdt record South",
    ]
    assert "pkg__Rule__mdt is an installed package's" in "".join(typed.warnings())


def test_a_record_that_is_declared_twice(typed: ProjectFolder) -> None:
    first = record(typed, "Rule.One", {})
    text = (typed.root / first).read_text("utf-8")
    second = typed.put("z/customMetadata/Rule.One.md-meta.xml", text)
    assert typed.errors() == [f"{second}:2: Rule.One is declared in {first} too"]
