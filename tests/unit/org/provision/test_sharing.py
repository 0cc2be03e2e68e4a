"""Do a project's sharing models and rules decide whom its records are shared with, and follow its changes?"""

from pathlib import Path

import pytest
from tests.unit.org.provision.test_security import THING, World

from isthmus.kernel.errors import Fault
from isthmus.org.org import Org, SaveOptions
from isthmus.org.security.principal import Principal

PRIVATE = THING.replace("ReadWrite", "Private")
SHARED = "SELECT RowCause, AccessLevel FROM Thing__Share WHERE RowCause != 'Owner' ORDER BY AccessLevel"


SELLER = {
    "Username": "seller@isthmus.example",
    "LastName": "Seller",
    "Email": "seller@isthmus.example",
    "Alias": "seller",
    "TimeZoneSidKey": "UTC",
    "LocaleSidKey": "en_US",
    "LanguageLocaleKey": "en_US",
    "EmailEncodingKey": "UTF-8",
}


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


def test_a_user_without_view_all_sees_their_own(world: World) -> None:
    world.write(
        "objects/Account/Account.object-meta.xml", "CustomObject", "<sharingModel>Private</sharingModel>"
    )
    [(profile,)] = world.ask("SELECT Id FROM Profile WHERE Name = 'Standard User'")
    seller = world.insert("User", ProfileId=profile, **SELLER)
    account = world.insert("Account", Name="the administrator's")
    world.insert("Account", Name="the seller's", OwnerId=seller)

    async def work(org: Org, administrator: Principal) -> tuple[object, ...]:
        who = (await org.identity.open_session(str(SELLER["Username"]))).user
        seen = await org.query(who, "SELECT Name FROM Account")
        [refused] = await org.update(who, "Account", [{"Id": account, "Name": "x"}])
        with pytest.raises(Fault):
            await org.retrieve(who, "Account", account)
        [mine] = await org.insert(who, "Account", [{"Name": "x"}], options=SaveOptions(update_recent=True))
        assert [each.id for each in await org.recent(who)] == [mine.id]
        await org.update(administrator, "Account", [{"Id": mine.id, "OwnerId": administrator.user_id}])
        assert await org.recent(who) == []
        of_all = await org.query(administrator, "SELECT COUNT() FROM Account")
        return len(seen.rows), [each.code for each in refused.errors], of_all.total_size

    assert world.run(work) == (1, ["INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"], 3)
