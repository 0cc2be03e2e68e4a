"""Does the setup audit trail tell what a project's change changes, newest first, and not the first one?"""

from pathlib import Path

import pytest
from tests.unit.org.automation.flow_xml import create, document, start
from tests.unit.org.provision.test_security import THING, World
from tests.unit.org.provision.test_sharing import rule

from isthmus.org.provision import ProvisionFailed

TRAIL = "SELECT Section, Action, Display FROM SetupAuditTrail ORDER BY CreatedDate DESC, Id DESC"
OBJECT = "objects/Thing__c/Thing__c.object-meta.xml"
RULES = "sharingRules/Thing__c.sharingRules-meta.xml"
FLOW = "flows/Win.flow-meta.xml"
PROFILE = "profiles/Standard.profile-meta.xml"


def field(name: str, inner: str) -> str:
    return f"<fields><fullName>{name}</fullName>{inner}</fields>"


def told(world: World) -> list[tuple[object, ...]]:
    """The lines that weren't there when this was asked before, oldest first."""
    lines = world.ask(TRAIL)[::-1]
    known, world.known = getattr(world, "known", 0), len(lines)  # type: ignore[attr-defined]
    return lines[known:]


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    assert told(world) == []
    return world


def test_objects_and_fields(world: World) -> None:
    size = "<label>Size</label><length>9</length><type>Text</type>"
    lookup = (
        "<label>Whole</label><referenceTo>Account</referenceTo><relationshipName>Parts</relationshipName>"
        "<type>Lookup</type>"
    )
    changed = THING.replace(
        size, "<label>How big</label><length>12</length><required>true</required><type>Text</type>"
    )
    world.write(OBJECT, "CustomObject", changed + field("Whole__c", lookup))
    number = "<label>Weight</label><precision>5</precision><scale>0</scale><type>Number</type>"
    world.write(
        "objects/Account/fields/Weight__c.field-meta.xml",
        "CustomField",
        f"<fullName>Weight__c</fullName>{number}",
    )
    other = THING.replace("Thing", "Other")
    world.write("objects/Other__c/Other__c.object-meta.xml", "CustomObject", other)
    assert told(world) == [
        ("Custom Objects", "createdCustEnt", "Created custom object: Other"),
        ("Customize Accounts", "createdCF", "Created custom field: Weight (Number)"),
        ("Custom Objects", "createdCFCustom", "Created custom field Size (Text) on Other"),
        ("Custom Objects", "createdCFFormulaCustom", "Created custom formula field Twice (Text) on Other"),
        ("Custom Objects", "changedCFCustom", "Changed label of custom field on Thing from Size to How big"),
        (
            "Custom Objects",
            "changedCFLengthCustom",
            "Changed length of How big custom field on Thing from 9 to 12",
        ),
        (
            "Custom Objects",
            "changedCFOptionOffOnCustom",
            "The custom field option Required for How big on object Thing has changed from off to on",
        ),
        (
            "Custom Objects",
            "createdCFLookupCustom",
            "Created custom lookup relationship Whole (Account) on Thing",
        ),
    ]
    assert told(world) == []
    world.write(OBJECT, "CustomObject", changed.replace("<label>Thing<", "<label>Thingy<"))
    world.remove("objects/Other__c/Other__c.object-meta.xml")
    assert told(world) == [
        ("Custom Objects", "deletedCustEnt", "Deleted custom object: Other"),
        ("Custom Objects", "changedCustEntLabel", "Changed label for custom object from Thing to Thingy"),
        ("Custom Objects", "deletedCFCustom", "Deleted custom field Whole from Thing"),
    ]


def test_a_field_that_is_encrypted(world: World) -> None:
    hidden = THING.replace(
        "<label>Size<", "<encryptionScheme>ProbabilisticEncryption</encryptionScheme><label>Size<"
    )
    world.write(OBJECT, "CustomObject", hidden)
    said = "Changed encryption scheme of Size custom field on Thing from null to ProbabilisticEncryption"
    assert ("Custom Objects", "changedCFEncryptionCustom", said) in told(world)


def test_picklist_values(world: World) -> None:
    def kinds(*names: str) -> str:
        values = "".join(
            f"<value><fullName>{each}</fullName><default>false</default><label>{each}</label></value>"
            for each in names
        )
        definition = f"<valueSetDefinition><sorted>false</sorted>{values}</valueSetDefinition>"
        return field("Kind__c", f"<label>Kind</label><type>Picklist</type><valueSet>{definition}</valueSet>")

    world.write(OBJECT, "CustomObject", THING + kinds("one", "two"))
    told(world)
    world.write(OBJECT, "CustomObject", THING + kinds("two", "three"))
    color = "with color Assigned dynamically on Thing"
    assert told(world) == [
        ("Custom Objects", "createdPicklistWithColorCustom", f"Added value three to Kind picklist {color}"),
        (
            "Custom Objects",
            "deactivatePicklistValueWithColorCustom",
            f"Deactivated value one from Kind picklist {color}",
        ),
    ]


def test_sharing(world: World) -> None:
    world.write("groups/Readers.group-meta.xml", "Group", "<name>Readers</name>")
    world.write(OBJECT, "CustomObject", THING.replace("ReadWrite", "Private"))
    world.write(RULES, "SharingRules", rule("big", "Read"))
    assert told(world) == [
        ("Sharing Defaults", "owdUpdateStarted", "Started Organization-Wide Defaults update"),
        (
            "Sharing Defaults",
            "owdInternalUpdateStartedForEntity",
            "Started default internal access update for Thing from Public Read/Write to Private",
        ),
        ("Sharing Rules", "insertSharingRule", "Created Thing Criteria-Based Sharing Rule Rule"),
        ("Sharing Defaults", "owdUpdateFinished", "Finished Organization-Wide Defaults update"),
    ]
    world.write(RULES, "SharingRules", rule("big", "Edit"))
    updated = "Updated Thing Criteria-Based Sharing Rule"
    assert told(world) == [("Sharing Rules", "updateSharingRule", f"{updated} Rule")]
    named = rule("big", "Edit").replace("<label>Rule<", "<label>Big ones<")
    world.write(RULES, "SharingRules", named)
    renamed = f"{updated} Big ones: Changed Name from Rule to Big ones"
    assert told(world) == [("Sharing Rules", "updateSharingRule", renamed)]
    world.remove(RULES)
    assert told(world) == [
        ("Sharing Rules", "deleteSharingRule", "Deleted Thing Criteria-Based Sharing Rule Big ones")
    ]


def test_when_and_from_where_users_of_a_profile_log_in(world: World) -> None:
    hours = "".join(
        f"<{day}Start>0</{day}Start><{day}End>1440</{day}End>"
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
    )
    ends = "<endAddress>10.0.0.9</endAddress><startAddress>10.0.0.1</startAddress>"
    ranges = f"<loginIpRanges>{ends}</loginIpRanges>"
    sunday = "<sundayEnd>60</sundayEnd><sundayStart>0</sundayStart>"
    world.write(PROFILE, "Profile", f"<custom>false</custom><loginHours>{hours}{sunday}</loginHours>{ranges}")
    stem = "Changed profile Standard User: login hours were changed from Sunday"
    assert told(world) == [
        ("Manage Users", "profileLoginHoursChangedStandard", f"{stem} All Day to Sunday 12:00 AM - 1:00 AM"),
        ("Manage Users", "loginIpRange", "Added Login Ip Range to Standard User from 10.0.0.1 to 10.0.0.9"),
    ]
    world.write(PROFILE, "Profile", f"<custom>false</custom><loginHours>{hours}</loginHours>")
    assert told(world) == [
        (
            "Manage Users",
            "profileLoginHoursChangedStandard",
            f"{stem} 12:00 AM - 1:00 AM to Sunday No Access",
        ),
        (
            "Manage Users",
            "deletedLoginIpRange_withProfile",
            "Deleted Login Ip Range to Standard User from 10.0.0.1 to 10.0.0.9",
        ),
    ]


def test_flows_and_their_versions(world: World) -> None:
    def flow(title: str) -> str:
        return document(start("Make", on="Account"), create("Make", "Contact", LastName="x", Title=title))

    file = world.root / "app" / FLOW
    file.parent.mkdir(parents=True)
    file.write_text(flow("one"))
    [created, activated] = told(world)
    assert created[:2] == ("Flows", "createdinteractiondefinition")
    assert str(created[2]).startswith("Created flow with Name ")
    assert activated[1] == "activatedinteractiondefversion"
    for version in (2, 3):
        file.write_text(flow(str(version)))
        [line] = told(world)
        assert line[1] == "createdinteractiondefversion"
        assert str(line[2]).startswith(f"Created flow version #{version} ")
    world.remove(FLOW)
    [line] = told(world)
    assert line[1] == "deactivatedinteractiondefinition"


def test_the_newest_line_comes_first_and_a_refused_project_leaves_none(world: World) -> None:
    for label in ("Thingy", "Thingummy"):
        world.write(OBJECT, "CustomObject", THING.replace("<label>Thing<", f"<label>{label}<"))
        told(world)
    lines = [line for *_, line in world.ask(TRAIL)]
    changed = "Changed label for custom object from"
    assert lines == [f"{changed} Thingy to Thingummy", f"{changed} Thing to Thingy"]
    world.write(OBJECT, "CustomObject", THING)
    settings = world.root / "isthmus.toml"
    settings.write_text('[[users]]\nusername = "ada@solar.example"\nprofile = "Nobody"\n')
    with pytest.raises(ProvisionFailed):
        world.ask(TRAIL)
    settings.write_text("")
    assert told(world) == [("Custom Objects", "changedCustEntLabel", f"{changed} Thingummy to Thing")]
