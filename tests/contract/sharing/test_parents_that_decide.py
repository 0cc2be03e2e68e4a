"""Parents that decide: is less asked of the shares where it is known already, and the answer still right?"""

import pytest
from tests.contract.places import Place
from tests.contract.query.world import drawn
from tests.contract.sharing.world import LIMITED, World, custom, objects

from isthmus.kernel.database import Database
from isthmus.org.security.sharing.predicate import RecordAccess


@pytest.fixture
def world(database: Database, place: Place) -> World:
    made = objects(
        {"Account": "Private", "Contact": "ControlledByParent", "Case": "Private"},
        custom("Secret__c", "Private"),
        custom("Detail__c", "ControlledByParent", ("Secret__c", False)),
    )
    world = World(database, place.open_immediate(), made)
    ada, bob = world.user("ada"), world.user("bob")
    hers, his = world.new("Account", OwnerId=ada, Name="Hers"), world.new("Account", OwnerId=bob, Name="His")
    for name, account, owner in (
        *(("Ann", hers, bob), ("Al", hers, ada), ("Ben", his, ada)),
        *(("Free", None, ada), ("Far", None, bob)),
    ):
        world.new("Contact", LastName=name, AccountId=account, OwnerId=owner, Email=f"{name}@x.org")
    return world


@pytest.mark.parametrize(
    ("soql", "expected"),
    [
        ("SELECT LastName FROM Contact", ["Al", "Ann", "Free"]),
        ("SELECT LastName FROM Contact ORDER BY LastName DESC", ["Al", "Ann", "Free"]),
        ("SELECT LastName FROM Contact WHERE Account.Name = 'Hers'", ["Al", "Ann"]),
        ("SELECT LastName FROM Contact WHERE Account.Name = 'His'", []),
        ("SELECT LastName FROM Contact WHERE Account.Name = 'Hers' ORDER BY LastName", ["Al", "Ann"]),
        ("SELECT LastName FROM Contact WHERE Account.Name = null", ["Free"]),
        ("SELECT LastName FROM Contact WHERE Account.Name = ''", ["Free"]),
        ("SELECT LastName FROM Contact WHERE Account.Name != 'His'", ["Al", "Ann", "Free"]),
        ("SELECT LastName FROM Contact WHERE Account.IsDeleted = false", ["Al", "Ann", "Free"]),
        ("SELECT LastName FROM Contact WHERE Account.Name IN ('Hers', '')", ["Al", "Ann", "Free"]),
        (
            "SELECT LastName FROM Contact WHERE Account.Name = 'Hers' OR Account.Name = null",
            ["Al", "Ann", "Free"],
        ),
        ("SELECT LastName FROM Contact WHERE AccountId != null", ["Al", "Ann"]),
        ("SELECT LastName FROM Contact WHERE Email LIKE 'a%' AND Account.Name LIKE '%'", ["Al", "Ann"]),
        ("SELECT LastName, Account.Name FROM Contact WHERE LastName = 'Free'", ["Free | null"]),
        ("SELECT LastName, Account.Name FROM Contact WHERE LastName = 'Ann'", ["Ann | (Hers)"]),
        ("SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account", ["Hers | [Al; Ann]"]),
        ("SELECT Account.Name, COUNT(Id) FROM Contact GROUP BY Account.Name", ["Hers | 2", "null | 1"]),
        ("SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact)", ["Hers"]),
    ],
)
def test_contacts_are_seen_by_their_accounts(world: World, soql: str, expected: list[str]) -> None:
    user = next(str(row[0]) for row in world.rows('SELECT "Id" FROM "User" WHERE "LastName" = ?', "ada"))
    assert sorted(drawn(world.ask(user, soql))) == sorted(expected)


def test_what_a_record_says_of_its_parent(world: World) -> None:
    records = RecordAccess(world.schema, LIMITED)
    contact, case, detail = (world.schema[each] for each in ("Contact", "Case", "Detail__c"))
    assert records.implies(contact, "AccountId")
    assert records.follows(contact, "AccountId")
    assert not records.implies(contact, "ReportsToId")
    assert not records.follows(contact, "ReportsToId")
    assert not records.implies(case, "AccountId")  # a case is its owner's, whose account it is or not
    assert not records.follows(case, "AccountId")
    assert records.implies(detail, "Secret__c")
    assert records.decided_by(contact) == records.decided_by(world.schema["Account"])
