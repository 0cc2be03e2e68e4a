"""What a save tells: are records that are hidden from a user neither meant nor named by their saves?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import LIMITED, Limited, World, codes, custom, objects

from isthmus.kernel.database import Database
from isthmus.org.save import requests
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Moment, Operation
from isthmus.org.save.ports import NoAutomation, Runner
from isthmus.org.save.result import SaveResult
from isthmus.org.save.upsert import upsert
from isthmus.org.schema.model import DeleteConstraint, Field, FieldType, SObjectType
from isthmus.org.security.access import Access

HIDDEN = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
READ_ONLY = "INSUFFICIENT_ACCESS_OR_READONLY"
DETAIL = custom("Detail__c", "ControlledByParent", ("Secret__c", False))


def _secret() -> SObjectType:
    """An object with an external id that is unique beside one that isn't."""
    made = custom("Secret__c", "Private")
    unique = Field(
        "Key__c",
        "Key",
        FieldType.STRING,
        length=20,
        external_id=True,
        unique=True,
        nillable=True,
        custom=True,
    )
    return replace(made, fields=(*made.fields, unique))


def _pointing() -> SObjectType:
    """A private object whose lookup to a secret keeps that from being deleted."""
    made = custom("Note__c", "Private")
    lookup = Field(
        "Secret__c",
        "Secret",
        FieldType.REFERENCE,
        length=18,
        nillable=True,
        reference_to=("Secret__c",),
        relationship_name="Secret__r",
        child_relationship_name="Notes__r",
        delete_constraint=DeleteConstraint.RESTRICT,
        custom=True,
    )
    return replace(made, fields=(*made.fields, lookup))


@pytest.fixture
def world(database: Database, place: Place) -> World:
    return World(database, place.open_immediate(), objects({}, _secret(), _pointing(), DETAIL))


@pytest.fixture
def two(world: World) -> tuple[str, str]:
    """Two of the same role, neither above the other."""
    role = world.role("Same")
    return world.user("one", role), world.user("two", role)


def _upsert(
    world: World, by: str, field: str, record: Mapping[str, object], access: Access = LIMITED
) -> SaveResult:
    work = partial(upsert, sobject="Secret__c", field=field, records=[record])
    [result] = world.run(work, by, access)
    return result


@dataclass(frozen=True, slots=True)
class SeesAll(Limited):
    """Who reads every record, and changes what is shared."""

    shape: str = "sees all"

    def may_view_all(self, sobject: str) -> bool:
        return True


def test_an_upsert_neither_finds_nor_names_hidden_records_by_what_is_not_unique(
    world: World, two: tuple[str, str]
) -> None:
    one, other = two
    theirs = [world.new("Secret__c", by=one, Ext__c="x", Name="theirs") for _ in range(2)]
    made = _upsert(world, other, "Ext__c", {"Ext__c": "x", "Name": "mine"})
    assert made.success
    assert made.created
    assert made.id not in theirs
    again = _upsert(world, other, "Ext__c", {"Ext__c": "x", "Name": "mine, changed"})
    assert again.success
    assert not again.created
    assert again.id == made.id
    several = _upsert(world, one, "Ext__c", {"Ext__c": "x", "Name": "?"})
    assert codes(several) == ["DUPLICATE_EXTERNAL_ID"]
    assert several.matches == tuple(theirs)


def test_who_sees_every_record_is_told_of_every_match(world: World, two: tuple[str, str]) -> None:
    one, other = two
    theirs = world.new("Secret__c", by=one, Ext__c="x")
    refused = _upsert(world, other, "Ext__c", {"Ext__c": "x", "Name": "?"}, SeesAll())
    assert codes(refused) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    assert refused.id == theirs


def test_a_unique_value_means_its_record_whoever_asks(world: World, two: tuple[str, str]) -> None:
    one, other = two
    world.new("Secret__c", by=one, Key__c="k")
    assert codes(_upsert(world, other, "Key__c", {"Key__c": "k", "Name": "?"})) == [HIDDEN]


@pytest.mark.parametrize(("field", "expected"), [("Ext__c", "INVALID_FIELD"), ("Key__c", HIDDEN)])
def test_a_hidden_parent_is_not_found_by_what_is_not_unique(
    world: World, two: tuple[str, str], field: str, expected: str
) -> None:
    one, other = two
    for _ in range(1 if field == "Key__c" else 2):
        world.new("Secret__c", by=one, **{field: "x"})
    [refused] = world.insert("Note__c", {"Secret__r": {field: "x"}}, by=other)
    assert codes(refused) == [expected]


@dataclass(frozen=True, slots=True)
class WithoutSecrets(Limited):
    """Who may not read secrets at all, though every record of what they may read."""

    shape: str = "without secrets"

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return sobject != "Secret__c"

    def may_view_all(self, sobject: str) -> bool:
        return True


def test_a_lookup_needs_the_right_to_read_the_object_that_it_names(
    world: World, two: tuple[str, str]
) -> None:
    one, _ = two
    secret = world.new("Secret__c", by=one)
    insert = partial(requests.insert, sobject="Note__c", records=[{"Secret__c": secret}])
    [refused] = world.run(insert, one, WithoutSecrets())
    assert codes(refused) == [HIDDEN]
    [made] = world.run(insert, one, SeesAll())
    assert made.success


class Pointing(NoAutomation):
    """Lets each new note refer to a secret."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def at(self, moment: Moment, sobject: SObjectType, operation: Operation) -> Runner | None:
        if moment is not Moment.BEFORE_SAVE_FLOWS or sobject.name != "Note__c":
            return None

        def point(save: Save) -> None:
            for row in save.live():
                save.assign(row, "Secret__c", self.secret)

        return point


def test_automation_may_name_what_its_user_may_not_read(world: World, two: tuple[str, str]) -> None:
    one, _ = two
    secret = world.new("Secret__c", by=one)
    world.engine.automation = Pointing(secret)
    insert = partial(requests.insert, sobject="Note__c", records=[{"Name": "points"}])
    [made] = world.run(insert, one, WithoutSecrets())
    assert made.success, made.errors


def test_a_delete_that_is_held_back_names_only_what_is_seen(world: World, two: tuple[str, str]) -> None:
    one, other = two
    secret = world.new("Secret__c", by=one, Name="kept")
    seen = world.new("Note__c", by=one, Secret__c=secret, Name="seen")
    world.new("Note__c", Secret__c=secret, Name="hidden", OwnerId=other)
    told = world.delete(secret, by=one)
    assert codes(told) == ["DELETE_FAILED"]
    assert "seen" in told.errors[0].message
    assert "hidden" not in told.errors[0].message
    world.delete(seen, by=one)
    [still] = world.delete(secret, by=one).errors
    assert still.code == "DELETE_FAILED"
    assert "hidden" not in still.message


def _shown(world: World, record: str, user: str, level: str = "Read") -> str:
    """Share a secret by hand; the share's id."""
    return world.new("Secret__Share", ParentId=record, UserOrGroupId=user, AccessLevel=level)


def test_a_detail_goes_and_moves_with_the_right_to_edit_its_masters(
    world: World, two: tuple[str, str]
) -> None:
    one, other = two
    secret, shown, hidden = (world.new("Secret__c", by=one) for _ in range(3))
    detail = world.new("Detail__c", by=one, Secret__c=secret)
    share = _shown(world, secret, other)
    assert codes(world.delete(detail, by=other)) == [READ_ONLY]
    more = [{"Id": share, "AccessLevel": "Edit"}]
    world.run(lambda unit: requests.update(unit, "Secret__Share", more), one)
    _shown(world, shown, other)
    for master in (shown, hidden):
        assert codes(world.change(detail, by=other, Secret__c=master)) == [HIDDEN]
    assert world.delete(detail, by=other).success


def test_an_undelete_takes_all_of_the_record(world: World, two: tuple[str, str]) -> None:
    one, other = two
    hidden, shown = world.new("Secret__c", by=one), world.new("Secret__c", by=one)
    _shown(world, shown, other, "Edit")
    for record, code in ((hidden, HIDDEN), (shown, READ_ONLY)):
        assert world.delete(record, by=one).success
        [refused] = world.run(partial(requests.undelete, ids=[record]), other)
        assert codes(refused) == [code]
        [back] = world.run(partial(requests.undelete, ids=[record]), one)
        assert back.success, back.errors
