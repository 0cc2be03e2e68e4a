"""User record access: what a query tells of one user's access to records, and what it refuses to tell."""

from dataclasses import dataclass

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import ADMIN_ID, LIMITED, Limited, World, custom, objects

from isthmus.kernel.database import Database
from isthmus.kernel.errors import Fault
from isthmus.org.query.result import Column
from isthmus.org.security.access import EVERYTHING

NOWHERE = "001000000000001AAA"
NOBODY = "005000000000001AAA"
LEVELS = ("HasReadAccess", "HasEditAccess", "HasDeleteAccess", "HasTransferAccess", "HasAllAccess")


@dataclass(frozen=True, slots=True)
class Granted(Limited):
    """Who may do with every object only what is said, and see all records where that is said."""

    shape: str = "granted"
    may: str = "read"
    all: bool = False

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return sobject in ("UserRecordAccess", "User") or "read" in self.may

    def may_edit(self, sobject: str, field: str | None = None) -> bool:
        return "edit" in self.may

    def may_delete(self, sobject: str) -> bool:
        return "delete" in self.may

    def may_view_all(self, sobject: str) -> bool:
        return self.all


@pytest.fixture
def world(database: Database, place: Place) -> World:
    return World(database, place.open_immediate(), objects({"Lead": "Read"}, custom("Secret__c", "Private")))


def asked(
    world: World, asker: str, user: str, *records: str, then: str = "", select: str | None = None
) -> list[tuple[object, ...]]:
    """The values that are selected, in order."""
    listed = ", ".join(f"'{each}'" for each in records)
    result = world.ask(
        asker,
        f"SELECT {select or 'RecordId, MaxAccessLevel'} FROM UserRecordAccess "
        f"WHERE UserId = '{user}' AND RecordId IN ({listed}){then}",
    )
    places = [each.index for each in result.shape.items if isinstance(each, Column)]
    return [tuple(row[place] for place in places) for row in result.rows]


def test_each_level_is_what_queries_and_saves_allow(world: World) -> None:
    one, two = world.user("one"), world.user("two")
    mine, theirs = (world.new("Lead", by=each, LastName="x", Company="y") for each in (one, two))
    select = f"RecordId, {', '.join(LEVELS)}, MaxAccessLevel"
    assert asked(world, one, one, mine, theirs, select=select, then=" ORDER BY RecordId") == [
        (mine, 1, 1, 1, 1, 1, "All"),
        (theirs, 1, 0, 0, 0, 0, "Read"),
    ]
    assert world.change(mine, by=one, LastName="z").success
    assert not world.change(theirs, by=one, LastName="z").success


@pytest.mark.parametrize(
    ("may", "level", "has"),
    [
        ("", "None", [0, 0, 0, 0, 0]),
        ("read", "Read", [1, 0, 0, 0, 0]),
        ("read edit", "Transfer", [1, 1, 0, 1, 0]),
        ("read edit delete", "All", [1, 1, 1, 1, 1]),
    ],
)
def test_rights_to_the_object_count_with_those_to_the_record(
    world: World, may: str, level: str, has: list[int]
) -> None:
    owner = world.user("owner")
    mine = world.new("Secret__c", by=owner)
    world.rights[owner] = Granted(shape=may, may=may)
    [row] = asked(world, owner, owner, mine, select=f"{', '.join(LEVELS)}, MaxAccessLevel, RecordId")
    assert row == (*has, level, mine)


def test_it_is_the_other_users_rights_that_count(world: World) -> None:
    owner, auditor = world.user("owner"), world.user("auditor")
    secret = world.new("Secret__c", by=owner)
    assert asked(world, owner, auditor, secret) == [(secret, "None")]
    world.rights[auditor] = Granted(shape="auditor", all=True)
    assert asked(world, owner, auditor, secret) == [(secret, "Read")]
    assert asked(world, auditor, owner, secret) == []


def test_of_records_that_the_asker_cannot_read_nothing_is_told(world: World) -> None:
    one, two = world.user("one"), world.user("two")
    mine, theirs = (world.new("Secret__c", by=each) for each in (one, two))
    deleted = world.new("Secret__c", by=one)
    assert world.delete(deleted).success
    assert asked(world, one, two, mine, theirs, deleted, NOWHERE) == [(mine, "None")]


def test_a_user_that_is_not_there_has_no_access(world: World) -> None:
    one = world.user("one")
    mine = world.new("Secret__c", by=one)
    world.rights[NOBODY] = None
    assert asked(world, one, NOBODY, mine) == [(mine, "None")]


def test_short_ids_and_orders_are_understood(world: World) -> None:
    one, two = world.user("one"), world.user("two")
    leads = [world.new("Lead", by=each, LastName="x", Company="y") for each in (two, one, two)]
    short = [each[:15] for each in leads]
    found = asked(world, one, one[:15], *short, *leads, then=" ORDER BY MaxAccessLevel DESC LIMIT 2")
    assert found[0] == (leads[1], "All")
    assert found[1][1] == "Read"
    by_id = [each for each, _ in asked(world, one, one, *short, then=" ORDER BY RecordId DESC")]
    assert by_id == sorted(leads, reverse=True)


def test_a_level_filters_records(world: World) -> None:
    one, two = world.user("one"), world.user("two")
    mine, theirs = (world.new("Lead", by=each, LastName="x", Company="y") for each in (one, two))
    for then, wanted in (
        (" AND HasEditAccess = true", {(mine,)}),
        (" AND HasEditAccess = false AND HasReadAccess = true", {(theirs,)}),
        (" AND HasAllAccess != true", {(theirs,)}),
    ):
        assert set(asked(world, one, one, mine, theirs, select="RecordId", then=then)) == wanted


def test_many_records_in_one_list_share_a_plan(world: World) -> None:
    one = world.user("one")
    made = [world.new("Secret__c", by=one) for _ in range(3)]
    nowhere = [f"001{number:012d}" for number in range(197)]
    assert len(asked(world, one, one, *made, *nowhere)) == 3
    with pytest.raises(Fault) as refused:
        asked(world, one, one, *made, *nowhere, "001000000000999")
    assert "at most 200 record ids" in refused.value.message


REFUSED = [
    ("SELECT HasReadAccess FROM {from_}", "INVALID_FIELD"),
    ("SELECT COUNT() FROM {from_}", "INVALID_FIELD"),
    ("SELECT RecordId, COUNT(UserId) FROM {from_} GROUP BY RecordId", "INVALID_FIELD"),
    ("SELECT RecordId, UserId FROM {from_}", "INVALID_FIELD"),
    ("SELECT Id, RecordId FROM {from_}", "INVALID_FIELD"),
    ("SELECT RecordId, User.Name FROM {from_}", "INVALID_FIELD"),
    ("SELECT RecordId, HasReadAccess FROM {from_} AND HasReadAccess = true", "INVALID_FIELD"),
    ("SELECT RecordId FROM {from_} ORDER BY HasReadAccess", "INVALID_FIELD"),
    ("SELECT RecordId FROM {from_} AND MaxAccessLevel = 'All'", "INVALID_FIELD"),
    ("SELECT RecordId FROM {from_} AND UserId = '{user}'", "MALFORMED_QUERY"),
    ("SELECT RecordId FROM {from_} AND RecordId != '{record}'", "MALFORMED_QUERY"),
    ("SELECT RecordId FROM UserRecordAccess", "MALFORMED_QUERY"),
    ("SELECT RecordId FROM UserRecordAccess WHERE UserId = '{user}'", "MALFORMED_QUERY"),
    ("SELECT RecordId FROM UserRecordAccess WHERE RecordId = '{record}'", "MALFORMED_QUERY"),
    (
        "SELECT RecordId FROM UserRecordAccess WHERE UserId = '{user}' OR RecordId = '{record}'",
        "MALFORMED_QUERY",
    ),
    (
        "SELECT RecordId FROM UserRecordAccess WHERE UserId IN ('{user}', '{user}') "
        "AND RecordId = '{record}'",
        "MALFORMED_QUERY",
    ),
    (
        "SELECT RecordId FROM UserRecordAccess WHERE UserId = '{user}' AND RecordId = 'nothing'",
        "INVALID_QUERY_FILTER_OPERATOR",
    ),
    (
        "SELECT RecordId FROM UserRecordAccess WHERE UserId = '{user}' AND RecordId = '{user}'",
        "MALFORMED_QUERY",
    ),
    (
        "SELECT Id FROM Lead WHERE Id IN (SELECT UserId FROM UserRecordAccess)",
        "MALFORMED_QUERY",
    ),
    ("SELECT Id, UserRecordAccess.HasReadAccess FROM Lead", "MALFORMED_QUERY"),
]


def test_what_it_may_not_be_is_said(world: World) -> None:
    user = world.user("one")
    record = world.new("Secret__c", by=user)
    from_ = f"UserRecordAccess WHERE UserId = '{user}' AND RecordId = '{record}'"
    for soql, code in REFUSED:
        with pytest.raises(Fault) as refused:
            world.ask(user, soql.format(from_=from_, user=user, record=record))
        assert refused.value.code == code, soql


def test_one_plan_answers_about_every_user(world: World) -> None:
    one, two = world.user("one"), world.user("two")
    mine = world.new("Secret__c", by=one)
    asked(world, one, one, mine)
    known = len(world.queries._plans)
    assert asked(world, one, two, mine) == [(mine, "None")]
    assert len(world.queries._plans) == known


def test_the_administrator_asks_about_everybody(world: World) -> None:
    one = world.user("one")
    mine = world.new("Secret__c", by=one)
    soql = (
        f"SELECT RecordId, HasAllAccess FROM UserRecordAccess WHERE UserId = '{one}' AND RecordId = '{mine}'"
    )
    assert world.ask(ADMIN_ID, soql, EVERYTHING).total_size == 1
    assert world.ask(world.user("other"), soql, LIMITED).total_size == 0
