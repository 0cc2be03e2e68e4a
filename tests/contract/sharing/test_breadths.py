"""Breadths: who sees most of an object is answered by other statements than who sees little, and alike."""

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import LIMITED, World, custom, objects

from isthmus.kernel.clock import MINUTE
from isthmus.kernel.database import Connection, Database
from isthmus.org.query.breadths import Breadths, Sample
from isthmus.org.security.sharing.predicate import RecordAccess

MANY = 2_200
"""More than a page, so that ids are listed."""


@pytest.fixture
def world(database: Database, place: Place) -> World:
    return World(database, place.open_immediate(), objects({}, custom("Secret__c", "Private")))


def fill(world: World, owners: dict[str, int]) -> None:
    """So many records of each owner, mixed."""
    wanted = [owner for owner, count in owners.items() for _ in range(count)]
    step = next(each for each in (7, 11, 13) if len(wanted) % each)
    mixed = [wanted[place * step % len(wanted)] for place in range(len(wanted))]
    for start in range(0, len(mixed), 200):
        part = mixed[start : start + 200]
        world.insert("Secret__c", *({"OwnerId": each, "Level__c": 1} for each in part))


def test_who_sees_most_gets_what_who_sees_little_gets(world: World) -> None:
    most, little = world.user("most"), world.user("little")
    fill(world, {most: MANY, little: 100})
    for user, count in ((most, MANY), (little, 100)):
        assert world.ask(user, "SELECT COUNT() FROM Secret__c").total_size == count
        assert world.ask(user, "SELECT COUNT() FROM Secret__c WHERE Level__c = 2").total_size == 0
        [summed] = world.ask(user, "SELECT COUNT(Id), SUM(Level__c) FROM Secret__c").rows
        assert list(summed) == [count, count]
        [group] = world.ask(user, "SELECT OwnerId, COUNT(Id) FROM Secret__c GROUP BY OwnerId").rows
        assert list(group) == [user, count]
        page = world.ask(user, "SELECT Id FROM Secret__c")
        assert page.total_size == count
    [cursor] = world.ask(most, "SELECT Id, Name FROM Secret__c ORDER BY Name").pending
    owned = world.rows('SELECT "Id" FROM "Secret__c" WHERE "OwnerId" = ? ORDER BY "Id"', most)
    listed = "".join(cursor.chunks)
    assert sorted(listed[at : at + 18] for at in range(0, len(listed), 18)) == [each[0] for each in owned]


def test_most_is_a_share_of_the_whole_and_known_for_a_minute(world: World) -> None:
    if world.database.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by its statistics")
    most, little, third = (world.user(each) for each in ("most", "little", "third"))
    condition = RecordAccess(world.schema, LIMITED).condition(world.schema["Secret__c"], "t") or ""
    sample, breadths = Sample('"Secret__c"', "t", condition), Breadths()

    def wide(user: str, now: int) -> bool:
        def ask(connection: Connection) -> bool:
            return breadths.is_wide(connection, sample, user, now)

        return world.database.read(ask).result()

    assert not wide(most, 0)
    fill(world, {most: 700, little: 300})
    assert not wide(most, MINUTE - 1), "what is known is kept"
    assert wide(most, MINUTE)
    assert not wide(little, 0)
    fill(world, {third: 700})
    assert not wide(most, 2 * MINUTE)


def test_of_a_small_object_nobody_sees_most(world: World) -> None:
    if world.database.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by its statistics")
    owner = world.user("owner")
    fill(world, {owner: 20})
    sample = Sample('"Secret__c"', "t", "1 = 1")
    breadths = Breadths()
    assert not world.database.read(lambda reader: breadths.is_wide(reader, sample, owner, 0)).result()
