"""Own user: do users change what is theirs of their own record, and nothing else of it, and of no other?"""

from functools import partial

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import World, codes, objects

from isthmus.kernel.database import Database
from isthmus.org.save import requests
from isthmus.org.save.result import SaveResult
from isthmus.org.save.upsert import upsert
from isthmus.org.security.rights.grants import Grants
from isthmus.org.security.rights.permissions import permissions_of


@pytest.fixture
def world(database: Database, place: Place) -> World:
    return World(database, place.open_immediate(), objects({}))


def _change(
    world: World, by: str, *records: dict[str, object], granted: str = "ApiEnabled"
) -> list[SaveResult]:
    access = permissions_of(Grants(frozenset({granted}), {}, {}), world.schema)
    return world.run(partial(requests.update, sobject="User", records=records), by, access)


def _stored(world: World, user: str, field: str) -> object:
    sql = f'SELECT "{field}" FROM "User" WHERE "Id" = ?'
    return world.database.read(lambda connection: connection.row(sql, (user,))).result()[0]  # type: ignore[index]


def test_users_change_their_personal_settings(world: World) -> None:
    me = world.user("me")
    settings = {"Title": "Dr", "TimeZoneSidKey": "Europe/Berlin", "LocaleSidKey": "de_DE"}
    [changed] = _change(world, me, {"Id": me[:15], **settings})
    assert changed.success, changed.errors
    assert {each: _stored(world, me, each) for each in settings} == settings


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ProfileId", "00e7Ab000000001AAA"),
        ("UserRoleId", None),
        ("IsActive", False),
        ("Username", "boss@example.com"),
        ("FederationIdentifier", "boss"),
        ("ManagerId", None),
        ("UserPermissionsMarketingUser", True),
        ("CreatedDate", "2026-01-01T00:00:00Z"),
    ],
)
def test_what_decides_over_rights_and_logins_stays(world: World, field: str, value: object) -> None:
    me = world.user("me")
    [refused] = _change(world, me, {"Id": me, "Title": "Dr", field: value})
    assert codes(refused) == ["INVALID_FIELD_FOR_INSERT_UPDATE"]
    assert refused.errors[0].fields == (field,)
    assert _stored(world, me, "Title") is None


def test_others_are_changed_by_who_manages_users(world: World) -> None:
    me, other = world.user("me"), world.user("other")
    mine, theirs = _change(world, me, {"Id": me, "Title": "Dr"}, {"Id": other, "Title": "Dr"})
    assert mine.success, mine.errors
    assert codes(theirs) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    [managed] = _change(world, me, {"Id": other, "Title": "Dr", "IsActive": False}, granted="ManageUsers")
    assert managed.success, managed.errors


def test_nobody_makes_or_deletes_a_user_that_way(world: World) -> None:
    me = world.user("me")
    access = permissions_of(Grants(frozenset({"ApiEnabled"}), {}, {}), world.schema)
    [deleted] = world.run(partial(requests.delete, sobject="User", ids=[me]), me, access)
    assert not deleted.success
    [made] = world.run(partial(requests.insert, sobject="User", records=[{"LastName": "x"}]), me, access)
    assert codes(made) == ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"]
    by_id = partial(upsert, sobject="User", field="Id", records=[{"Id": me, "Department": "Sales"}])
    [changed] = world.run(by_id, me, access)
    assert changed.success, changed.errors
