"""Own logins: do users see the attempts to log in as them, and those of others only who may watch them?"""

from dataclasses import replace

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import STANDARD, World

from isthmus.kernel.database import Database
from isthmus.kernel.errors import Fault
from isthmus.org.schema.standard import standard_objects
from isthmus.org.security.access import Access
from isthmus.org.security.rights.grants import Grants
from isthmus.org.security.rights.permissions import permissions_of

TIME = "2026-03-01T12:00:00Z"


@pytest.fixture
def world(database: Database, place: Place) -> World:
    wanted = [replace(each) for each in standard_objects() if each.name in STANDARD | {"LoginHistory"}]
    return World(database, place.open_immediate(), wanted)


def granted(world: World, *permissions: str) -> Access:
    return permissions_of(Grants(frozenset({"ApiEnabled", *permissions}), {}, {}), world.schema)


def seen(world: World, user: str, *permissions: str) -> set[str]:
    found = world.ask(user, "SELECT Id FROM LoginHistory", granted(world, *permissions))
    return {str(row[0]) for row in found.rows}


@pytest.fixture
def logins(world: World) -> dict[str, str]:
    """A user above the other by role, and of each a login."""
    top = world.role("Top")
    users = {"boss": world.user("boss", top), "seller": world.user("seller", world.role("Below", top))}
    return {user: world.new("LoginHistory", UserId=user, LoginTime=TIME) for user in users.values()}


def test_users_see_their_own_logins_and_no_others(world: World, logins: dict[str, str]) -> None:
    for user, login in logins.items():
        assert seen(world, user) == {login}
        assert seen(world, user, "ViewSetup", "ViewAllData", "ModifyAllData") == {login}
    result = world.ask(next(iter(logins)), "SELECT COUNT() FROM LoginHistory", granted(world))
    assert result.total_size == 1


@pytest.mark.parametrize("permission", ["ManageUsers", "MonitorLoginHistory"])
def test_who_watches_logins_sees_all(world: World, logins: dict[str, str], permission: str) -> None:
    for user in logins:
        assert seen(world, user, permission) == set(logins.values())


def test_a_login_of_another_is_not_found_by_its_id(world: World, logins: dict[str, str]) -> None:
    (boss, his), (_, other) = logins.items()
    principal = world.principal(boss, granted(world))

    def retrieve(record: str) -> int:
        return (
            world.database.read(
                lambda one: world.queries.retrieve(one, world.schema, principal, "LoginHistory", record)
            )
            .result()
            .total_size
        )

    assert retrieve(his) == 1
    with pytest.raises(Fault) as refused:
        retrieve(other)
    assert refused.value.code == "NOT_FOUND"
