"""Broken projects: every error, with its file and line, and all of them at once."""

import pytest
from tests.unit.org.schema.sfdx.conftest import HEAD, OBJECT, ProjectFolder

from isthmus.org.schema.sfdx.document import METADATA
from isthmus.org.schema.sfdx.project import ProjectBroken, load_whole
from isthmus.org.schema.standard import standard_objects

LABEL = "<label>X</label>\n"

# what is wrong with the field Thing__c.X__c: its elements, from line 4 · the line · what is said
FIELDS = [
    ("<label>X</label>", 2, "<type> is missing"),
    ("<label></label>\n<type>Date</type>", 4, "<label> is empty"),
    ("<type>Date</type>", 2, "<label> is missing"),
    (LABEL + "<type>Txt</type>", 5, "Txt is no type of a custom field"),
    (LABEL + "<type>Text</type>", 2, "<length> is missing"),
    (LABEL + "<length>256</length>\n<type>Text</type>", 5, "<length> must be from 1 to 255, not 256"),
    (LABEL + "<length>0</length>\n<type>Text</type>", 5, "<length> must be from 1 to 255, not 0"),
    (LABEL + "<length>ten</length>\n<type>Text</type>", 5, "<length> must be a whole number, not 'ten'"),
    (
        LABEL + "<length>9</length>\n<length>8</length>\n<type>Text</type>",
        6,
        "<length> stands more than once",
    ),
    (LABEL + "<length>255</length>\n<type>LongTextArea</type>", 2, "<visibleLines> is missing"),
    (
        LABEL + "<length>131073</length>\n<type>Html</type>",
        5,
        "<length> must be from 256 to 131072, not 131073",
    ),
    (
        LABEL + "<precision>19</precision>\n<scale>2</scale><type>Number</type>",
        5,
        "<precision> must be from 1 to 18",
    ),
    (LABEL + "<scale>2</scale>\n<type>Currency</type>", 2, "<precision> is missing"),
    (LABEL + "<precision>9</precision>\n<type>Percent</type>", 2, "<scale> is missing"),
    (
        LABEL + "<precision>2</precision>\n<scale>3</scale><type>Number</type>",
        6,
        "<scale> 3 is more than <precision> 2",
    ),
    (LABEL + "<type>Checkbox</type>", 2, "<defaultValue> is missing"),
    (
        LABEL + "<defaultValue>yes</defaultValue>\n<type>Checkbox</type>",
        5,
        "<defaultValue> must be one of false, true, not 'yes'",
    ),
    (
        LABEL + "<defaultValue>true</defaultValue>\n<required>true</required><type>Checkbox</type>",
        6,
        "a boolean field can't be required",
    ),
    (LABEL + "<required>1</required>\n<type>Date</type>", 5, "<required> must be true or false, not '1'"),
    (LABEL + "<unique>true</unique>\n<type>Date</type>", 5, "a Date field can't be unique"),
    (LABEL + "<externalId>true</externalId>\n<type>Phone</type>", 5, "a Phone field can't be an external id"),
    (LABEL + "<formula>1</formula>\n<type>Email</type>", 5, "a formula can't give a Email"),
    (
        LABEL + "<formula>1</formula>\n<formulaTreatBlanksAs>Zero</formulaTreatBlanksAs><type>Date</type>",
        6,
        "<formulaTreatBlanksAs> must be one of BlankAsBlank, BlankAsZero, not 'Zero'",
    ),
    (
        LABEL + "<displayFormat>A-0000</displayFormat>\n<type>AutoNumber</type>",
        5,
        "<displayFormat> needs a place for the number, such as {0000}, in 'A-0000'",
    ),
    (LABEL + "<type>Location</type>", 2, "<scale> is missing"),
    (
        LABEL + "<length>9</length><maskChar>X</maskChar>\n<type>EncryptedText</type>",
        2,
        "<maskType> is missing",
    ),
    (LABEL + "<type>Lookup</type>", 2, "<referenceTo> is missing"),
    (
        LABEL + "<referenceTo>Acount</referenceTo>\n<type>Lookup</type>",
        5,
        "there is no object Acount; is Account meant?",
    ),
    (
        LABEL
        + "<deleteConstraint>Keep</deleteConstraint>\n<referenceTo>Account</referenceTo><type>Lookup</type>",
        5,
        "<deleteConstraint> must be one of Cascade, Restrict, SetNull, not 'Keep'",
    ),
    (
        LABEL + "<deleteConstraint>SetNull</deleteConstraint>\n<referenceTo>Account</referenceTo>"
        "<required>true</required><type>Lookup</type>",
        5,
        "a required lookup can't be emptied: use Restrict or Cascade",
    ),
    (
        LABEL + "<referenceTo>Account</referenceTo>\n<type>MasterDetail</type>",
        2,
        "<relationshipName> is missing",
    ),
    (
        LABEL + "<referenceTo>Account</referenceTo>\n<type>ExternalLookup</type>",
        5,
        "Account is no external object",
    ),
    (
        LABEL + "<referenceTo>EntityDefinition</referenceTo>\n<type>MetadataRelationship</type>",
        6,
        "a custom object can't have a field of type MetadataRelationship",
    ),
    (LABEL + "<type>Picklist</type>", 2, "a picklist needs a <valueSet>"),
    (
        LABEL + "<valueSet>\n</valueSet><type>Picklist</type>",
        5,
        "a <valueSet> needs a <valueSetDefinition> or a <valueSetName>",
    ),
    (
        LABEL + "<valueSet>\n<valueSetName>Nope</valueSetName></valueSet><type>Picklist</type>",
        6,
        "there is no global value set Nope in the project",
    ),
    (
        LABEL + "<valueSet><valueSetDefinition>\n<value><fullName>A</fullName></value>\n"
        "<value><fullName>a</fullName></value></valueSetDefinition></valueSet><type>Picklist</type>",
        7,
        "the value 'a' stands more than once",
    ),
    (
        LABEL
        + "<valueSet><valueSetDefinition>\n<value><label>A</label></value></valueSetDefinition></valueSet>"
        "<type>Picklist</type>",
        6,
        "<fullName> is missing",
    ),
    (
        LABEL
        + "<valueSet><valueSetDefinition>\n<value><fullName>A</fullName><default>true</default></value>\n"
        "<value><fullName>B</fullName><default>true</default></value></valueSetDefinition></valueSet>"
        "<type>Picklist</type>",
        7,
        "both 'A' and 'B' are the default",
    ),
    (
        LABEL + "<valueSet>\n<controllingField>Y__c</controllingField><valueSetDefinition/></valueSet>"
        "<type>Picklist</type>",
        6,
        "there is no field Thing__c.Y__c",
    ),
    (
        LABEL + "<valueSet>\n<controllingField>OwnerId</controllingField><valueSetDefinition/></valueSet>"
        "<type>Picklist</type>",
        6,
        "OwnerId is no picklist and no checkbox: it can't control one",
    ),
    (
        LABEL + "<valueSet><valueSetDefinition/>\n<valueSettings><valueName>A</valueName></valueSettings>"
        "</valueSet><type>Picklist</type>",
        6,
        "<valueSettings> needs a <controllingField> beside it",
    ),
    (
        LABEL + "<summaryOperation>count</summaryOperation>\n<type>Summary</type>",
        2,
        "<summaryForeignKey> is missing",
    ),
    (
        LABEL + "<summaryForeignKey>Contact.AccountId</summaryForeignKey>\n"
        "<summaryOperation>count</summaryOperation><type>Summary</type>",
        5,
        "Contact.AccountId is no master-detail field to Thing__c",
    ),
]


@pytest.mark.parametrize(("body", "line", "message"), FIELDS)
def test_a_broken_field(folder: ProjectFolder, body: str, line: int, message: str) -> None:
    folder.object("Thing__c")
    file = folder.field("Thing__c", "X__c", body)
    assert f"{file}:{line}: {message}" in "\n".join(folder.errors())


# what is wrong with the object Thing__c: its elements, from line 3 · the line · what is said
OBJECTS = [
    (OBJECT.replace("<label>Thing</label>", ""), 2, "<label> is missing"),
    (OBJECT.replace("<pluralLabel>Things</pluralLabel>", ""), 2, "<pluralLabel> is missing"),
    ("<label>T</label><pluralLabel>T</pluralLabel>", 2, "<nameField> is missing"),
    (
        OBJECT.replace("<type>Text</type>", "<type>Number</type>"),
        4,
        "<type> must be one of AutoNumber, Text, not 'Number'",
    ),
    (OBJECT.replace("<type>Text</type>", "<type>AutoNumber</type>"), 4, "<displayFormat> is missing"),
    (OBJECT.replace(">ReadWrite<", ">Open<"), 6, "<sharingModel> must be one of"),
    (OBJECT + "\n<fields><label>X</label></fields>", 7, "<fullName> is missing"),
    (
        OBJECT + "\n<fields>\n<fullName>Bad Name__c</fullName><label>X</label><type>Date</type></fields>",
        8,
        "'Bad Name__c' is no name for a custom field",
    ),
]


@pytest.mark.parametrize(("body", "line", "message"), OBJECTS)
def test_a_broken_object(folder: ProjectFolder, body: str, line: int, message: str) -> None:
    file = folder.object("Thing__c", body)
    assert f"{file}:{line}: {message}" in "\n".join(folder.errors())


def test_a_file_that_is_not_well_formed(folder: ProjectFolder) -> None:
    file = folder.put("layouts/L.layout-meta.xml", f"{HEAD}<Layout xmlns='{METADATA}'>\n<a>\n</Layout>")
    [error] = folder.errors()
    assert error.startswith(
        f"{file}:4: not well-formed XML: Opening and ending tag mismatch: a line 3 and Layout"
    )


def test_a_document_type_is_refused(folder: ProjectFolder) -> None:
    file = folder.put("flows/F.flow-meta.xml", f"{HEAD}<!DOCTYPE Flow [<!ENTITY a 'b'>]><Flow>&a;</Flow>")
    [error] = folder.errors()
    assert error.startswith(f"{file}:2: not well-formed XML: a document type")


def test_a_wrong_root_element(folder: ProjectFolder) -> None:
    file = folder.xml("flows/F.flow-meta.xml", "Layout", "")
    other = folder.put("flows/G.flow-meta.xml", "<Flow/>")
    assert folder.errors() == [
        f"{file}:2: the root element is <Layout>, where <Flow> is expected",
        f'{other}:1: the root element needs xmlns="{METADATA}"',
    ]


def test_types_without_a_part_in_any_wire_are_let_off(folder: ProjectFolder) -> None:
    folder.xml("layouts/L.layout-meta.xml", "Lay", "")
    assert not folder.errors()
    assert "where <Layout> is expected" in folder.warnings()[0]


def test_a_name_that_is_not_its_files(folder: ProjectFolder) -> None:
    file = folder.xml(
        "objects/Account/fields/A__c.field-meta.xml", "CustomField", "<fullName>B__c</fullName>"
    )
    assert folder.errors() == [f"{file}:3: <fullName> is B__c, but the file is named A__c"]


def test_a_field_that_is_declared_twice(folder: ProjectFolder) -> None:
    body = "<label>X</label><type>Date</type>"
    first = folder.field("Account", "X__c", body)
    second = "more/objects/Account/fields/X__c.field-meta.xml"
    second = folder.xml(second, "CustomField", f"<fullName>X__c</fullName>{body}")
    first, second = sorted((first, second))
    assert folder.errors() == [f"{second}:3: Account.X__c is declared twice: in {first}:2 too"]


def test_an_object_that_is_declared_twice(folder: ProjectFolder) -> None:
    first = folder.object("Thing__c")
    second = folder.xml("other/objects/Thing__c/Thing__c.object-meta.xml", "CustomObject", OBJECT)
    assert folder.errors() == [f"{second}:2: the object Thing__c is declared in {first} too"]


def test_fields_of_an_object_that_is_not_there(folder: ProjectFolder) -> None:
    file = folder.field("Thing__c", "X__c", "<label>X</label><type>Date</type>")
    assert folder.errors() == [f"{file}:2: there is no Thing__c.object-meta.xml for the object"]


def test_two_lists_of_children_of_one_name(folder: ProjectFolder) -> None:
    body = "<label>X</label><referenceTo>Account</referenceTo>\n<relationshipName>Xs</relationshipName>"
    folder.field("Contact", "X__c", body + "<type>Lookup</type>")
    file = folder.field("Lead", "X__c", body + "<type>Lookup</type>")
    assert folder.errors() == [f"{file}:5: Account has children called Xs already, by Contact.X__c"]


def test_three_master_details(folder: ProjectFolder) -> None:
    folder.object("Thing__c")
    for name in "ABC":
        body = (
            f"<label>X</label><referenceTo>Account</referenceTo><relationshipName>{name}</relationshipName>"
        )
        folder.field("Thing__c", f"{name}__c", body + "<type>MasterDetail</type>")
    assert "Thing__c has 3 master-detail fields, more than two" in folder.errors()[0]


def test_every_error_is_said_at_once_and_stops_the_load(folder: ProjectFolder) -> None:
    folder.object("Thing__c", "<label>Thing</label>")
    folder.field("Thing__c", "X__c", "<label>X</label><type>Text</type>")
    folder.put("flows/F.flow-meta.xml", "<Flow")
    with pytest.raises(ProjectBroken, match="4 errors, and is not loaded") as caught:
        load_whole(folder.root, standard_objects())
    assert len(caught.value.findings) == 4
    assert all(str(each) in str(caught.value) for each in caught.value.findings)


def test_what_is_known_to_the_platform_but_not_here_is_left_out(folder: ProjectFolder) -> None:
    folder.field("WorkOrder", "X__c", "<label>X</label><type>Date</type>")
    folder.field("pkg__Thing__c", "X__c", "<label>X</label><type>Date</type>")
    folder.field("Knowledge__kav", "X__c", "<label>X</label><type>Date</type>")
    lookup = "<label>X</label><type>Lookup</type><referenceTo>{}</referenceTo>"
    folder.field("Account", "Order__c", lookup.format("WorkOrder"))
    folder.field("Account", "Packaged__c", lookup.format("pkg__Thing__c"))
    folder.field("Account", "Blob__c", "<label>X</label><type>File</type>")
    folder.field("Account", "Tier", "<type>Picklist</type>")
    account = folder.loaded("Account")
    assert not any(account.field(name) for name in ("Order__c", "Packaged__c", "Blob__c", "Tier"))
    assert len([each for each in folder.warnings() if "left out" in each]) == 7


def test_a_standard_field_that_is_no_picklist_has_no_values(folder: ProjectFolder) -> None:
    values = (
        "<valueSet><valueSetDefinition><value><fullName>A</fullName></value></valueSetDefinition></valueSet>"
    )
    file = folder.field("Account", "Phone", values)
    assert folder.errors() == [f"{file}:4: Phone is no picklist, and can't have a <valueSet>"]
