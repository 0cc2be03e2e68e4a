"""Do a project's sharing models and rules decide whom its records are shared with, and follow its changes?"""

from pathlib import Path

import pytest
from tests.unit.org.provision.test_security import THING, World

PRIVATE = THING.replace("ReadWrite", "Private")
SHARED = "SELECT RowCause, AccessLevel FROM Thing__Share WHERE RowCause != 'Owner' ORDER BY AccessLevel"


def rule(size: str, level: str) -> str:
    return (
        f"<sharingCriteriaRules><fullName>Rule</fullName><accessLevel>{level}</accessLevel><label>Rule</label>"
        "<sharedTo><group>Readers</group></sharedTo><criteriaItems><field>Size__c</field>"
        f"<operation>equals</operation><value>{size}</value></criteriaItems></sharingCriteriaRules>"
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.write("objects/Thing__c/Thing__c.object-meta.xml", "CustomObject", PRIVATE)
    world.write("groups/Readers.group-meta.xml", "Group", "<name>Readers</name>")
    world.write("sharingRules/Thing__c.sharingRules-meta.xml", "SharingRules", rule("big", "Read"))
    return world


def test_a_projects_rule_shares_records_there_are_and_those_to_come(world: World) -> None:
    world.insert("Thing__c", Size__c="Big")
    world.insert("Thing__c", Size__c="small")
    assert world.ask(SHARED) == [("Rule", "Read")]
    world.write("sharingRules/Thing__c.sharingRules-meta.xml", "SharingRules", rule("small,big", "Edit"))
    assert world.ask(SHARED) == [("Rule", "Edit"), ("Rule", "Edit")]
    world.remove("sharingRules/Thing__c.sharingRules-meta.xml")
    assert world.ask(SHARED) == []


def test_a_model_that_becomes_open_takes_the_shares_along(world: World) -> None:
    world.insert("Thing__c", Size__c="Big")
    assert world.ask("SELECT AccessLevel FROM Thing__Share WHERE RowCause = 'Owner'") == [("All",)]
    world.write("objects/Thing__c/Thing__c.object-meta.xml", "CustomObject", THING)
    world.remove("sharingRules/Thing__c.sharingRules-meta.xml")
    assert len(world.ask("SELECT Id FROM Thing__c")) == 1
    world.write("objects/Thing__c/Thing__c.object-meta.xml", "CustomObject", PRIVATE)
    assert world.ask("SELECT AccessLevel FROM Thing__Share WHERE RowCause = 'Owner'") == [("All",)]
