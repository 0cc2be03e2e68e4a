"""Record access: who sees, edits, hands on and deletes which record, and does a save follow what changes?"""

from dataclasses import dataclass, replace
from functools import partial

import pytest
from structlog.testing import capture_logs
from tests.contract.places import Place
from tests.contract.sharing.world import LIMITED, STANDARD, Limited, World, codes, custom, objects

from isthmus.kernel.clock import DAY
from isthmus.kernel.database import Connection, Database
from isthmus.kernel.errors import Fault
from isthmus.org.query.result import QueryResult
from isthmus.org.save import recycle_bin, requests
from isthmus.org.save.objects import find_ids
from isthmus.org.save.result import SaveResult
from isthmus.org.schema.model import PicklistValue
from isthmus.org.schema.sfdx.filter_logic import Any, Not
from isthmus.org.schema.standard import standard_objects
from isthmus.org.security.metadata.principals import Member, MemberKind
from isthmus.org.security.metadata.sharing_rules import (
    CriteriaItem,
    CriteriaRule,
    OwnerRule,
    ShareLevel,
    SharingRules,
)
from isthmus.org.security.sharing.criteria import Criteria
from isthmus.org.security.sharing.declared import declare_rules
from isthmus.org.security.sharing.rules import SharingRule

MODELS = {
    "Account": "Private",
    "Contact": "Private",
    "Opportunity": "Private",
    "Case": "Private",
    "Lead": "Read",
}
PRIVATE = custom("Secret__c", "Private")
READ = custom("Shown__c", "Read")
OPEN = custom("Open__c", "ReadWrite")
DETAIL = custom("Detail__c", "ControlledByParent", ("Secret__c", False))


@pytest.fixture
def world(database: Database, place: Place) -> World:
    return World(database, place.open_immediate(), objects(MODELS, PRIVATE, READ, OPEN, DETAIL))


@pytest.fixture
def boss_and_two(world: World) -> tuple[str, str, str]:
    """A boss, and two of the same role below."""
    top = world.role("Top")
    below = world.role("Below", top)
    return world.user("boss", top), world.user("one", below), world.user("two", below)


def test_a_private_record_is_its_owners_and_of_those_above(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    boss, one, two = boss_and_two
    mine = world.new("Secret__c", by=one, Name="mine")
    assert world.seen(one, "Secret__c") == world.seen(boss, "Secret__c") == {mine}
    assert world.seen(two, "Secret__c") == set()
    assert world.ask(two, "SELECT COUNT() FROM Secret__c").total_size == 0
    assert world.change(mine, by=boss, Name="the boss's").success
    assert world.delete(mine, by=boss).success


def test_what_cannot_be_seen_is_not_found_and_not_written(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    _, one, two = boss_and_two
    mine = world.new("Secret__c", by=one, Name="mine")

    def read(connection: Connection) -> QueryResult:
        return world.queries.retrieve(connection, world.schema, world.principal(two), "Secret__c", mine)

    with pytest.raises(Fault, match="requested resource"):
        world.database.read(read).result()
    for result in (world.change(mine, by=two, Name="x"), world.delete(mine, by=two)):
        assert codes(result) == ["INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"]
        assert mine[:15] in result.errors[0].message
    world.change(mine, Ext__c="x")
    for parent, code in (
        ({"Secret__c": mine}, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"),
        ({"Secret__r": {"Ext__c": "x"}}, "INVALID_FIELD"),
    ):
        [refused] = world.insert("Detail__c", parent, by=two)
        assert codes(refused) == [code]


def test_what_cannot_be_seen_is_not_found_by_an_external_id(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    boss, one, two = boss_and_two
    first, second = (world.new("Secret__c", by=one, Ext__c="x") for _ in range(2))

    def found(user: str) -> list[str]:
        def ask(connection: Connection) -> list[str]:
            return list(find_ids(connection, world.schema, LIMITED, user, "Secret__c", "Ext__c", "X"))

        return world.database.read(ask).result()

    assert found(one) == found(boss) == [first, second]
    assert found(two) == []


def test_a_deleted_record_is_given_up_by_who_could_have_deleted_it(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    boss, one, two = boss_and_two
    for sobject in ("Secret__c", "Open__c"):
        mine = world.new(sobject, by=one)
        world.delete(mine, by=one)
        for user, allowed in ((two, False), (boss, True)):
            [given_up] = world.run(partial(requests.empty_recycle_bin, ids=[mine]), user)
            assert codes(given_up) == ([] if allowed else ["INVALID_ID_FIELD"])


@dataclass(frozen=True, slots=True)
class WithoutKey(Limited):
    """Who may not read the external id of what is secret."""

    shape: str = "without key"

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return (sobject, field) != ("Secret__c", "Ext__c")


def test_a_parent_is_not_given_by_a_field_that_cannot_be_read(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    _, one, _ = boss_and_two
    world.new("Secret__c", by=one, Ext__c="x")
    for value in ("x", "not there"):
        detail = {"Secret__r": {"Ext__c": value}}
        insert = partial(requests.insert, sobject="Detail__c", records=[detail])
        [refused] = world.run(insert, one, WithoutKey())
        [error] = refused.errors
        assert error.entry.name == "foreign_key_not_external_id"


def test_a_record_that_is_only_shown_is_not_written(world: World, boss_and_two: tuple[str, str, str]) -> None:
    _, one, two = boss_and_two
    mine = world.new("Shown__c", by=one, Name="mine")
    assert world.seen(two, "Shown__c") == {mine}
    assert codes(world.change(mine, by=two, Name="x")) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    assert codes(world.delete(mine, by=two)) == ["INSUFFICIENT_ACCESS_OR_READONLY"]


def test_an_open_record_is_edited_by_all_and_deleted_by_its_owner(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    boss, one, two = boss_and_two
    mine = world.new("Open__c", by=one, Name="mine")
    assert world.change(mine, by=two, Name="x").success
    assert codes(world.change(mine, by=two, OwnerId=two)) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    assert codes(world.delete(mine, by=two)) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    assert world.change(mine, by=boss, OwnerId=two).success
    assert world.delete(mine, by=two).success


def test_a_detail_is_reached_through_its_master(world: World, boss_and_two: tuple[str, str, str]) -> None:
    boss, one, two = boss_and_two
    master = world.new("Secret__c", by=one, Name="master")
    detail = world.new("Detail__c", by=one, Secret__c=master)
    assert world.seen(boss, "Detail__c") == {detail}
    assert world.seen(two, "Detail__c") == set()
    world.new("Secret__Share", by=one, ParentId=master, UserOrGroupId=two, AccessLevel="Read")
    assert world.seen(two, "Detail__c") == {detail}
    assert codes(world.change(detail, by=two, Name="x")) == ["INSUFFICIENT_ACCESS_OR_READONLY"]


def test_sharing_by_hand_ends_with_the_owner(world: World, boss_and_two: tuple[str, str, str]) -> None:
    boss, one, two = boss_and_two
    mine = world.new("Secret__c", by=one, Name="mine")
    world.new("Secret__Share", by=boss, ParentId=mine, UserOrGroupId=two, AccessLevel="Edit")
    assert world.change(mine, by=two, Name="x").success
    assert codes(world.delete(mine, by=two)) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    assert world.change(mine, by=one, OwnerId=boss).success
    assert world.seen(two, "Secret__c") == world.seen(one, "Secret__c") == set()
    assert world.shares("Secret__Share", mine) == [(boss, "All", "Owner")]


def test_shares_are_given_and_taken_by_who_may_do_all(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    boss, one, two = boss_and_two
    mine = world.new("Shown__c", by=one, Name="mine")
    share = {"ParentId": mine, "UserOrGroupId": two, "AccessLevel": "Edit"}
    assert codes(world.insert("Shown__Share", share, by=two)[0]) == [
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
    ]
    trivial = world.insert("Shown__Share", {**share, "AccessLevel": "Read"}, by=one)[0]
    assert codes(trivial) == ["FIELD_INTEGRITY_EXCEPTION"]
    assert trivial.errors[0].message == (
        "field integrity exception: AccessLevel (trivial share level Read, for organization with default "
        "level Read)"
    )
    for wrong in ({"AccessLevel": "All"}, {"RowCause": "Owner"}):
        assert not world.insert("Shown__Share", {**share, **wrong}, by=one)[0].success
    given = world.new("Shown__Share", by=one, **share)
    assert world.change(mine, by=two, Name="x").success
    assert codes(world.delete(given, by=two)) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    assert world.delete(given, by=boss).success
    assert not world.change(mine, by=two, Name="y").success
    [[owners]] = world.rows('SELECT "Id" FROM "Shown__Share" WHERE "ParentId" = ?', mine)
    assert codes(world.delete(str(owners), by=one)) == ["INSUFFICIENT_ACCESS_OR_READONLY"]


def test_a_share_names_what_it_lacks(world: World, boss_and_two: tuple[str, str, str]) -> None:
    _, one, two = boss_and_two
    mine, account = world.new("Shown__c", by=one, Name="mine"), world.new("Account", by=one, Name="Acme")
    share = {"ParentId": mine, "UserOrGroupId": two, "AccessLevel": "Edit"}
    for lacks in ({"AccessLevel"}, {"UserOrGroupId"}, {"AccessLevel", "UserOrGroupId"}):
        given = {name: value for name, value in share.items() if name not in lacks}
        [error] = world.insert("Shown__Share", given, by=one)[0].errors
        assert (error.code, set(error.fields)) == ("REQUIRED_FIELD_MISSING", lacks)
    [error] = world.insert("AccountShare", {"AccountId": account, "AccountAccessLevel": "Edit"}, by=one)[
        0
    ].errors
    assert "UserOrGroupId" in error.fields


def test_an_account_is_shared_by_hand_beyond_its_default_and_not_with_its_owner(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    _, one, two = boss_and_two
    account = world.new("Account", by=one, Name="Acme")
    levels = ("AccountAccessLevel", "OpportunityAccessLevel", "CaseAccessLevel")

    def given(user: str, *values: str) -> SaveResult:
        share = {"AccountId": account, "UserOrGroupId": user, **dict(zip(levels, values, strict=True))}
        return world.insert("AccountShare", share, by=one)[0]

    assert codes(given(one, "Edit", "None", "None")) == ["INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"]
    world.define(objects({**MODELS, "Account": "Read", "Contact": "ControlledByParent"}, PRIVATE))
    [trivial] = given(two, "Read", "None", "None").errors
    assert trivial.code == "INVALID_ACCESS_LEVEL"
    assert trivial.message.endswith(
        "(Account, Opportunity, Case Levels, Con Levels (Read, None, None, None) are below organization "
        "levels (Read, None, None, ControlledByParent))"
    )
    for refused in (("Read", "All", "None"), ("Edit", "None", "All"), ("All", "None", "None")):
        assert codes(given(two, *refused)) == ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]
    assert given(two, "Read", "Edit", "None").success
    assert given(two, "Edit", "None", "Read").success


def test_what_is_shared_for_a_reason_outlasts_its_owner(database: Database, place: Place) -> None:
    reasons = (PicklistValue("Recruiter__c", "Recruiter"),)
    world = World(database, place.open_immediate(), objects({}, replace(PRIVATE, sharing_reasons=reasons)))
    one, two, three = (world.user(each) for each in ("one", "two", "three"))
    mine = world.new("Secret__c", by=one, Name="mine")
    share = {"ParentId": mine, "UserOrGroupId": two, "AccessLevel": "Read", "RowCause": "Recruiter__c"}
    assert codes(world.insert("Secret__Share", share, by=one)[0]) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    modify_all = Limited(permissions=frozenset({"ModifyAllData"}))
    insert = partial(requests.insert, sobject="Secret__Share", records=[share])
    [given] = world.run(insert, one, modify_all)
    assert given.success, given.errors
    five = world.user("five")
    by_hand = world.new("Secret__Share", by=one, ParentId=mine, UserOrGroupId=five, AccessLevel="Read")
    more = partial(requests.insert, sobject="Secret__Share", records=[{**share, "UserOrGroupId": five}])
    [beside] = world.run(more, one, modify_all)
    assert (beside.success, beside.id == by_hand) == (True, False)
    world.new("Secret__Share", by=one, ParentId=mine, UserOrGroupId=three, AccessLevel="Read")
    assert world.change(mine, OwnerId=world.user("four")).success
    assert (world.seen(two, "Secret__c"), world.seen(three, "Secret__c")) == ({mine}, set())
    [unknown] = world.run(
        partial(requests.insert, sobject="Secret__Share", records=[{**share, "RowCause": "X__c"}])
    )
    assert codes(unknown) == ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]


def test_what_was_shared_for_a_reason_that_is_no_more_can_be_taken_back(
    database: Database, place: Place
) -> None:
    reasons = (PicklistValue("Recruiter__c", "Recruiter"),)
    world = World(database, place.open_immediate(), objects({}, replace(PRIVATE, sharing_reasons=reasons)))
    one, two = world.user("one"), world.user("two")
    mine = world.new("Secret__c", by=one)
    share = world.new(
        "Secret__Share", ParentId=mine, UserOrGroupId=two, AccessLevel="Read", RowCause="Recruiter__c"
    )
    world.define(objects({}, PRIVATE))
    assert codes(world.delete(share, by=one)) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    delete = partial(requests.delete, sobject="Secret__Share", ids=[share])
    [deleted] = world.run(delete, one, Limited(permissions=frozenset({"ModifyAllData"})))
    assert deleted.success, deleted.errors
    assert world.seen(two, "Secret__c") == set()


SHARED = ("Asset", "Campaign", "Order")


def test_assets_campaigns_and_orders_have_shares_where_they_are_private(
    database: Database, place: Place
) -> None:
    names = STANDARD | {*SHARED, *(f"{each}Share" for each in SHARED)}
    models = dict.fromkeys(SHARED, "Private")
    wanted = [
        replace(each, sharing_model=models.get(each.name))
        for each in standard_objects()
        if each.name in names
    ]
    world = World(database, place.open_immediate(), wanted)
    one, two = world.user("one"), world.user("two")
    account = world.new("Account", by=one, Name="Acme")
    values: dict[str, dict[str, object]] = {
        "Asset": {"Name": "a", "AccountId": account},
        "Campaign": {"Name": "c"},
        "Order": {"AccountId": account, "EffectiveDate": "2026-01-01", "Status": "Draft"},
    }
    for sobject in SHARED:
        mine = world.new(sobject, by=one, **values[sobject])
        assert world.shares(f"{sobject}Share", mine) == [(one, "All", "Owner")]
        assert (world.seen(one, sobject), world.seen(two, sobject)) == ({mine}, set())
        share = {f"{sobject}Id": mine, "UserOrGroupId": two, f"{sobject}AccessLevel": "Read"}
        world.new(f"{sobject}Share", by=one, **share)
        assert world.seen(two, sobject) == {mine}
        assert codes(world.change(mine, by=two, Description="x")) == ["INSUFFICIENT_ACCESS_OR_READONLY"]


def test_groups_pass_on_through_any_nesting_and_leave_bosses_out_where_they_say_so(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    boss, one, two = boss_and_two
    other = world.user("other")
    inner = world.group("inner", one, bosses=False)
    outer = world.group("outer", inner, bosses=False)
    theirs = world.new("Secret__c", by=other, Name="theirs")
    world.new("Secret__Share", by=other, ParentId=theirs, UserOrGroupId=outer, AccessLevel="Read")
    assert world.seen(one, "Secret__c") == {theirs}
    assert world.seen(boss, "Secret__c") == set()
    world.change(outer, DoesIncludeBosses=True)
    assert world.seen(boss, "Secret__c") == {theirs}
    world.new("GroupMember", GroupId=inner, UserOrGroupId=two)
    assert world.seen(two, "Secret__c") == {theirs}
    [[member]] = world.rows('SELECT "Id" FROM "GroupMember" WHERE "UserOrGroupId" = ?', inner)
    world.delete(str(member))
    assert world.seen(two, "Secret__c") == world.seen(one, "Secret__c") == set()


def test_a_role_that_moves_takes_its_people_from_one_boss_to_another(world: World) -> None:
    top = world.role("Top")
    one, other = world.role("One", top), world.role("Other", top)
    below = world.role("Below", one)
    first, second, worker = world.user("first", one), world.user("second", other), world.user("worker", below)
    mine = world.new("Secret__c", by=worker, Name="mine")
    assert (world.seen(first, "Secret__c"), world.seen(second, "Secret__c")) == ({mine}, set())
    world.change(below, ParentRoleId=other)
    assert (world.seen(first, "Secret__c"), world.seen(second, "Secret__c")) == (set(), {mine})
    world.change(worker, UserRoleId=one)
    assert (world.seen(first, "Secret__c"), world.seen(second, "Secret__c")) == (set(), set())


def test_parents_that_cannot_be_seen_are_null(world: World, boss_and_two: tuple[str, str, str]) -> None:
    _, one, two = boss_and_two
    master = world.new("Secret__c", by=one, Name="master")
    world.new("Task", by=two, Subject="call", OwnerId=two)
    account = world.new("Account", by=one, Name="Acme")
    world.new("Task", OwnerId=two, Subject="about", WhatId=account)
    result = world.ask(two, "SELECT Subject, What.Name FROM Task ORDER BY Subject")
    assert [row[1] for row in result.rows] == ["about", "call"]
    typed = world.ask(two, "SELECT TYPEOF What WHEN Account THEN Id, Name ELSE Name END FROM Task").rows
    assert [set(row[1:]) for row in typed] == [{None}, {None}]
    assert world.ask(two, "SELECT Id FROM Task WHERE What.Name = 'Acme'").rows == []
    assert len(world.ask(one, "SELECT Id FROM Task WHERE What.Name = 'Acme'").rows) == 1
    assert master not in world.seen(two, "Secret__c")


def test_rules_share_what_owners_of_a_group_have_and_what_meets_criteria(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    _, one, two = boss_and_two
    other = world.user("other")
    first = world.new("Secret__c", by=one, Name="first", Colour__c="Red")
    owners = world.group("owners", one)
    readers = world.group("readers", other)
    red = Criteria((("Colour__c", "equals", "red, green"), ("Level__c", "greaterThan", "5")), ["or", 1, 2])
    world.share_by(
        SharingRule("Secret__c", "Owned", readers, ("Read",), source_id=owners),
        SharingRule("Secret__c", "Red", readers, ("Edit",), criteria=red),
    )
    assert world.shares("Secret__Share", first) == sorted([(one, "All", "Owner"), (readers, "Edit", "Rule")])
    second = world.new("Secret__c", by=two, Name="second", Level__c=3)
    assert world.seen(other, "Secret__c") == {first}
    world.change(second, by=two, Level__c=6)
    assert world.seen(other, "Secret__c") == {first, second}
    world.change(second, by=two, Level__c=None)
    world.change(first, by=one, Colour__c="blue")
    assert world.seen(other, "Secret__c") == {first}
    assert not world.change(first, by=other, Name="x").success
    world.new("GroupMember", GroupId=owners, UserOrGroupId=two)
    assert world.seen(other, "Secret__c") == {first, second}
    world.share_by()
    assert world.seen(other, "Secret__c") == set()


def test_rules_of_a_project_find_the_groups_that_they_name(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    _, one, _ = boss_and_two
    other = world.user("other")
    readers = world.group("Readers", other)
    role = world.role("Agents", DeveloperName="Agents")
    agent = world.user("agent", role)
    mine = world.new("Secret__c", by=one, Name="mine", Colour__c="Red", Level__c=3)
    theirs = world.new("Secret__c", by=agent, Name="theirs", Colour__c="Blue")
    world.change(readers, DeveloperName="Readers")
    to = Member(MemberKind.GROUP, "Readers")
    items = (CriteriaItem("Colour__c", "equals", "Red"), CriteriaItem("Level__c", "lessThan", "2"))
    red = CriteriaRule("Red", "Red", to, ShareLevel.READ, items, Any((1, Not(2))))
    agents = OwnerRule("Agents", "Agents", Member(MemberKind.ROLE, "Agents"), to, ShareLevel.READ)
    nobody = OwnerRule("Lost", "Lost", Member(MemberKind.ROLE, "Lost"), to, ShareLevel.READ)

    def declare(*rules: SharingRules) -> list[str]:
        with capture_logs() as logs:
            world.database.write(lambda tx: declare_rules(tx, rules)).result()
        world.share_by_those_declared()
        return [each["rule"] for each in logs]

    assert declare(SharingRules("Secret__c", (agents, nobody), (red,))) == ["Lost"]
    assert world.seen(other, "Secret__c") == {mine, theirs}
    assert declare(SharingRules("Secret__c", (agents,))) == []
    assert world.seen(other, "Secret__c") == {theirs}


def test_accounts_and_what_belongs_to_them_share_each_other(world: World) -> None:
    sales = world.role("Sales", OpportunityAccessForAccountOwner="Edit", CaseAccessForAccountOwner="None")
    seller, other = world.user("seller", sales), world.user("other")
    account = world.new("Account", by=seller, Name="Acme")
    deal = world.new(
        "Opportunity", Name="deal", AccountId=account, OwnerId=other, StageName="x", CloseDate="2026-01-01"
    )
    case = world.new("Case", AccountId=account, OwnerId=other, Status="New")
    assert world.seen(other, "Account") == {account}, "who has a deal sees its account"
    assert codes(world.change(account, by=other, Name="x")) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    assert world.seen(seller, "Opportunity") == {deal}, "by the owner's role"
    assert world.change(deal, by=seller, Name="x").success
    assert world.seen(seller, "Case") == set()
    world.change(sales, CaseAccessForAccountOwner="Read", OpportunityAccessForAccountOwner="None")
    assert world.seen(seller, "Case") == {case}
    assert world.seen(seller, "Opportunity") == set()
    world.delete(deal)
    world.delete(case)
    assert world.seen(other, "Account") == set()


def test_a_default_that_changes_is_followed(world: World, boss_and_two: tuple[str, str, str]) -> None:
    _, one, two = boss_and_two
    mine = world.new("Open__c", by=one, Name="mine")
    world.define(objects(MODELS, PRIVATE, READ, custom("Open__c", "Private"), DETAIL))
    assert world.seen(one, "Open__c") == {mine}
    assert world.seen(two, "Open__c") == set()
    assert world.shares("Open__Share", mine) == [(one, "All", "Owner")]
    world.define(objects(MODELS, PRIVATE, READ, OPEN, DETAIL))
    assert world.seen(two, "Open__c") == {mine}


def test_what_concerns_many_is_done_in_parts(world: World, boss_and_two: tuple[str, str, str]) -> None:
    _, one, two = boss_and_two
    for start in range(0, 2_200, 200):
        world.insert("Secret__c", *({"Name": f"{start + n}", "OwnerId": one} for n in range(200)))
    readers = world.group("readers", two)
    world.share_by(SharingRule("Secret__c", "All", readers, ("Read",), source_id=world.group("owners", one)))
    assert world.waiting() == 1
    assert world.ask(two, "SELECT COUNT() FROM Secret__c").total_size == 0, "the old rows hold"
    world.advance()
    some = world.ask(two, "SELECT COUNT() FROM Secret__c").total_size
    assert 0 < some < 2_200, "a part is done, and on disk"
    late = world.new("Secret__c", by=one, Name="late")
    assert world.ask(two, f"SELECT Id FROM Secret__c WHERE Id = '{late}'").rows, (
        "saves go on, and follow the rule"
    )
    assert world.settle() > 3
    assert world.ask(two, "SELECT COUNT() FROM Secret__c").total_size == 2_201
    assert world.waiting() == 0


def test_records_that_are_gone_for_good_leave_no_shares(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    _, one, _ = boss_and_two
    mine = world.new("Secret__c", by=one, Name="mine")
    world.delete(mine, by=one)
    assert len(world.shares("Secret__Share", mine)) == 1
    world.clock.advance(16 * DAY)
    world.database.write(lambda tx: recycle_bin.purge(tx, world.schema, world.clock.now())).result()
    assert world.shares("Secret__Share", mine) == []


def test_to_share_once_more_changes_the_standing_share(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    boss, one, two = boss_and_two
    mine = world.new("Secret__c", by=one, Name="mine")
    share = {"ParentId": mine, "UserOrGroupId": two[:15], "AccessLevel": "Read", "RowCause": "Manual"}
    first, other, again = world.insert(
        "Secret__Share", {**share, "AccessLevel": "Edit"}, {**share, "UserOrGroupId": boss}, share, by=one
    )
    assert (first.success, other.success, again.errors) == (True, True, ())
    assert (again.id, again.created, other.id == first.id) == (first.id, True, False)
    rows = 'SELECT "Id", "AccessLevel" FROM "Secret__Share" WHERE "ParentId" = ? AND "UserOrGroupId" = ?'
    assert list(world.rows(rows, mine, two)) == [(first.id, "Read")]
    assert codes(world.insert("Secret__Share", {**share, "AccessLevel": "All"}, by=one)[0])
    [later] = world.insert("Secret__Share", {**share, "AccessLevel": "Edit"}, by=one)
    assert later.id == first.id
    assert list(world.rows(rows, mine, two)) == [(first.id, "Edit")]
    assert world.change(mine, by=two, Name="x").success


def test_who_may_not_share_changes_no_standing_share(
    world: World, boss_and_two: tuple[str, str, str]
) -> None:
    _, one, two = boss_and_two
    mine = world.new("Secret__c", by=one, Name="mine")
    share = {"ParentId": mine, "UserOrGroupId": two, "AccessLevel": "Read"}
    [given] = world.insert("Secret__Share", share, by=one)
    assert codes(world.insert("Secret__Share", {**share, "AccessLevel": "Edit"}, by=two)[0])
    levels = 'SELECT "AccessLevel" FROM "Secret__Share" WHERE "Id" = ?'
    assert list(world.rows(levels, str(given.id))) == [("Read",)]
