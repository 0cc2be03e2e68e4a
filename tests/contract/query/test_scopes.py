"""USING SCOPE: which records each scope leaves, of those that a user sees."""

from collections.abc import Callable

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import LIMITED, World, objects

from isthmus.kernel.database import Database
from isthmus.kernel.errors import Fault
from isthmus.org.schema.scopes import scopes_of
from isthmus.org.schema.standard import standard_objects
from isthmus.org.security.access import EVERYTHING

MORE = ("Event", "AccountTeamMember", "OpportunityTeamMember", "CaseTeamMember")
SOON = {"ActivityDateTime": "2026-01-09T10:00:00Z", "DurationInMinutes": 30}
DEAL = {"StageName": "Prospecting", "CloseDate": "2026-01-09"}


@pytest.fixture
def world(database: Database, place: Place) -> World:
    more = (each for each in standard_objects() if each.name in MORE)
    return World(database, place.open_immediate(), objects({"Account": "Private", "Case": "Read"}, *more))


@pytest.fixture
def names(world: World) -> Callable[..., list[object]]:
    """What a query of one field finds for a user who sees everything."""

    def ask(user: str, soql: str) -> list[object]:
        result = world.ask(user, soql, EVERYTHING)
        return [row[-1] for row in result.rows]

    return ask


def test_mine_are_the_records_that_the_user_owns(world: World, names: Callable[..., list[object]]) -> None:
    ada, bob = world.user("ada"), world.user("bob")
    world.new("Account", by=ada, Name="A")
    world.new("Account", by=bob, Name="B")
    soql = "SELECT Name FROM Account USING SCOPE mine ORDER BY Name"
    assert names(ada, soql) == ["A"]
    assert names(bob, soql) == ["B"]
    assert names(bob, soql.replace("mine", "MINE WHERE Name LIKE 'A%' OR Name != 'A'")) == ["B"]
    assert names(bob, "SELECT Name FROM Account USING SCOPE everything ORDER BY Name") == ["A", "B"]
    assert names(bob, "SELECT Name FROM Account USING SCOPE scopingrule ORDER BY Name") == ["A", "B"]


def test_a_scope_opens_nothing(world: World) -> None:
    ada, bob = world.user("ada"), world.user("bob")
    account = world.new("Account", by=ada, Name="A")
    world.new("AccountTeamMember", AccountId=account, UserId=bob, TeamMemberRole="Sales")
    assert world.ask(ada, "SELECT Id FROM Account USING SCOPE mine", LIMITED).total_size == 1
    assert world.ask(bob, "SELECT Id FROM Account USING SCOPE mine", LIMITED).total_size == 0


def test_counts_groups_and_pages_are_of_the_scope(world: World, names: Callable[..., list[object]]) -> None:
    ada, bob = world.user("ada"), world.user("bob")
    for n in range(201):
        world.new("Lead", by=ada, LastName=f"{n}", Company="C")
    world.new("Lead", by=bob, LastName="x", Company="C")
    assert world.ask(ada, "SELECT COUNT() FROM Lead USING SCOPE mine", EVERYTHING).total_size == 201
    assert world.ask(ada, "SELECT COUNT() FROM Lead USING SCOPE mine", LIMITED).total_size == 201
    assert names(bob, "SELECT COUNT(Id) FROM Lead USING SCOPE mine") == [1]
    assert names(bob, "SELECT Company, COUNT(Id) FROM Lead USING SCOPE mine GROUP BY Company") == [1]


def test_inner_queries_have_scopes_of_their_own(world: World, names: Callable[..., list[object]]) -> None:
    ada, bob = world.user("ada"), world.user("bob")
    account = world.new("Account", by=ada, Name="A")
    world.new("Contact", by=ada, LastName="mine", AccountId=account)
    world.new("Contact", LastName="other", AccountId=account, OwnerId=bob)
    soql = "SELECT Name, (SELECT LastName FROM Contacts USING SCOPE mine) FROM Account"
    [[*_, children]] = world.ask(bob, soql, EVERYTHING).rows
    assert [row[-1] for row in children.rows] == ["other"]  # type: ignore[union-attr] # a child subquery's
    inner = "SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact USING SCOPE mine)"
    assert names(ada, inner) == ["A"]
    assert names(world.user("eve"), inner) == []


def test_team_is_who_is_in_the_records_team(world: World, names: Callable[..., list[object]]) -> None:
    ada, bob = world.user("ada"), world.user("bob")
    account, deal = world.new("Account", by=ada, Name="A"), world.new("Opportunity", by=ada, Name="O", **DEAL)
    world.new("AccountTeamMember", AccountId=account, UserId=bob, TeamMemberRole="Sales")
    gone = world.new("OpportunityTeamMember", OpportunityId=deal, UserId=bob, TeamMemberRole="Sales")
    assert names(bob, "SELECT Name FROM Account USING SCOPE team") == ["A"]
    assert names(bob, "SELECT Name FROM Opportunity USING SCOPE team") == ["O"]
    assert names(ada, "SELECT Name FROM Account USING SCOPE team") == []
    assert world.delete(gone).success
    assert names(bob, "SELECT Name FROM Opportunity USING SCOPE team") == []


def test_team_of_events_and_cases_is_who_is_below(world: World, names: Callable[..., list[object]]) -> None:
    top = world.role("top")
    boss, below = world.user("boss", top), world.user("below", world.role("below", top))
    queue = world.group("queue", below, kind="Queue")
    world.new("QueueSobject", QueueId=queue, SobjectType="Case")
    for owner, subject in ((boss, "boss"), (below, "below"), (queue, "queue")):
        world.new("Case", Subject=subject, OwnerId=owner)
    world.new("Event", by=boss, Subject="boss", **SOON)
    world.new("Event", by=below, Subject="below", **SOON)
    assert names(boss, "SELECT Subject FROM Event USING SCOPE team") == ["below"]
    assert names(below, "SELECT Subject FROM Event USING SCOPE team") == []
    assert names(boss, "SELECT Subject FROM Case USING SCOPE team_by_role") == ["below"]
    assert names(boss, "SELECT Subject FROM Case USING SCOPE queue_owned") == ["queue"]
    assert names(boss, "SELECT Subject FROM Case USING SCOPE user_owned ORDER BY Subject") == [
        "below",
        "boss",
    ]


def test_delegated_is_what_one_made_for_others(world: World, names: Callable[..., list[object]]) -> None:
    ada, bob = world.user("ada"), world.user("bob")
    world.new("Task", by=ada, Subject="for bob", OwnerId=bob)
    world.new("Task", by=ada, Subject="for myself")
    world.new("Task", by=bob, Subject="for ada", OwnerId=ada)
    assert names(ada, "SELECT Subject FROM Task USING SCOPE delegated") == ["for bob"]
    assert names(bob, "SELECT Subject FROM Task USING SCOPE delegated") == ["for ada"]
    mine = "SELECT Subject FROM Task USING SCOPE mine ORDER BY Subject"
    assert names(ada, mine) == ["for ada", "for myself"]


def test_a_scope_that_an_object_has_not_is_refused(world: World) -> None:
    ada = world.user("ada")
    for scope, sobject in (
        ("foo", "Account"),
        ("my_territory", "Account"),
        ("my_team_territory", "Opportunity"),
        ("mine_and_my_groups", "Case"),
        ("delegated", "Account"),
        ("mine", "OpportunityLineItem"),
    ):
        with pytest.raises(Fault) as refused:
            world.ask(ada, f"SELECT Id FROM {sobject} USING SCOPE {scope}")
        assert refused.value.code == "INVALID_QUERY_SCOPE"
        assert refused.value.message.endswith(f"The scope {scope} is not supported for {sobject}")


def test_every_scope_that_describes_name_can_be_asked(world: World) -> None:
    ada = world.user("ada")
    for sobject in world.schema:
        if sobject.queryable and sobject.stored:
            for name, _ in scopes_of(world.schema, sobject):
                world.ask(ada, f"SELECT Id FROM {sobject.name} USING SCOPE {name}")
