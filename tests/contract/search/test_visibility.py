"""Does a search find what its reader sees, and nothing else, on both databases?"""

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import INSTANCE, World, objects

from isthmus.kernel.database import Database
from isthmus.org.query.sosl.engine import SearchEngine
from isthmus.org.search import upkeep


@pytest.fixture
def world(database: Database, place: Place) -> World:
    return World(
        database,
        place.open_immediate(),
        objects(dict.fromkeys(("Account", "Case", "Opportunity"), "Private")),
    )


def settle(world: World) -> None:
    while world.database.write(lambda tx: upkeep.advance(tx, world.schema)).result():
        pass


def found(world: World, user: str, sosl: str) -> list[str]:
    """The ids of what a user finds."""
    engine = SearchEngine(world.clock, INSTANCE)
    result = world.database.read(
        lambda connection: engine.run(connection, world.schema, world.principal(user), sosl)
    ).result()
    return [str(row[0]) for each in result.found for row in each.rows]


def test_records_are_found_by_those_who_see_them(world: World) -> None:
    ann, bob = world.user("ann"), world.user("bob")
    hers = world.new("Account", Name="acme one", OwnerId=ann)
    his = world.new("Account", Name="acme two", OwnerId=bob)
    for _ in range(2):
        assert found(world, ann, "FIND {acme} RETURNING Account") == [hers]
        assert found(world, bob, "FIND {acme}") == [his]
        assert found(world, ann, "FIND {acme} RETURNING Account(Id WHERE Name != 'x')") == [hers]
        settle(world)
    world.new("AccountShare", AccountId=his, UserOrGroupId=ann, AccountAccessLevel="Read", by=bob, **OTHERS)
    assert found(world, ann, "FIND {acme} RETURNING Account") == [hers, his]


def test_hidden_parents_give_nothing_away(world: World) -> None:
    ann, bob = world.user("ann"), world.user("bob")
    his = world.new("Account", Name="secret", OwnerId=bob)
    case = world.new("Case", Subject="acme", AccountId=his, OwnerId=bob)
    world.new("Case", Subject="acme", OwnerId=bob)
    settle(world)
    by_parent = "FIND {acme} RETURNING Case(Id WHERE Account.Name = 'secret')"
    assert found(world, bob, by_parent) == [case]
    assert found(world, ann, by_parent) == []


def test_many_hidden_records_do_not_crowd_out_what_is_seen(world: World) -> None:
    ann, bob = world.user("ann"), world.user("bob")
    for start in range(0, 2_200, 200):
        rows = [{"Name": f"acme {start + n}", "OwnerId": bob} for n in range(200)]
        assert all(each.success for each in world.insert("Account", *rows))
    hers = world.new("Account", Name="acme last", OwnerId=ann)
    settle(world)
    assert found(world, ann, "FIND {acme} RETURNING Account") == [hers]


OTHERS = {"OpportunityAccessLevel": "None", "CaseAccessLevel": "None"}
