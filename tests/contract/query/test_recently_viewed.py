"""RecentlyViewed: a user's recent items, asked for as any object's records."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import Limited, World, objects

from isthmus.kernel.clock import MINUTE
from isthmus.kernel.database import Database
from isthmus.kernel.errors import Fault
from isthmus.org.limits.request_time import RequestTime
from isthmus.org.org.running import Running
from isthmus.org.query.result import QueryResult
from isthmus.org.schema.standard import standard_objects
from isthmus.org.security.access import EVERYTHING, Access

LATEST = "SELECT Name FROM RecentlyViewed ORDER BY LastViewedDate DESC"
Ask = Callable[..., list[tuple[object, ...]]]


@dataclass(frozen=True, slots=True)
class WithoutEmail(Limited):
    """Who may read neither e-mail addresses of contacts nor leads."""

    shape: str = "without email"

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return sobject != "Lead" and (sobject, field) != ("Contact", "Email")


@pytest.fixture
def world(database: Database, place: Place) -> World:
    more = (each for each in standard_objects() if each.name == "RecentlyViewed")
    return World(database, place.open_immediate(), objects({"Account": "Private"}, *more))


@pytest.fixture
def ask(world: World) -> Ask:
    """What a query of a user gives, within a transaction: values without the ids before them."""

    def query(user: str, soql: str, access: Access = EVERYTHING) -> list[tuple[object, ...]]:
        world.clock.advance(MINUTE)

        def work(running: Running) -> QueryResult:
            return running.query(soql)

        result = world.run(
            lambda unit: work(Running(unit, world.queries, RequestTime(world.clock))), user, access
        )
        first = 0 if result.shape.id_index is None else 1
        return [tuple(row[first:]) for row in result.rows]

    return query


@pytest.fixture
def ada(world: World, ask: Ask) -> str:
    """Who has viewed an account, then a contact, then referenced a lead."""
    ada = world.user("ada")
    world.new("Account", by=ada, Name="Acme")
    world.new("Contact", by=ada, FirstName="Ann", LastName="Cy", Email="cy@example.com")
    world.new("Lead", by=ada, LastName="Lee", Company="L")
    world.new("Account", by=ada, Name="unseen")
    ask(ada, "SELECT Id FROM Account WHERE Name = 'Acme' FOR VIEW")
    ask(ada, "SELECT Id FROM Contact FOR VIEW")
    ask(ada, "SELECT Id FROM Lead FOR REFERENCE")
    return ada


def test_what_was_viewed_is_there_the_latest_first(ada: str, ask: Ask) -> None:
    viewed = "WHERE LastViewedDate != null ORDER BY LastViewedDate DESC LIMIT 200"
    assert ask(ada, f"SELECT Name, Type FROM RecentlyViewed {viewed}") == [
        ("Ann Cy", "Contact"),
        ("Acme", "Account"),
    ]
    assert ask(ada, "SELECT Name FROM RecentlyViewed WHERE LastReferencedDate != null") == [("Lee",)]


def test_it_is_asked_as_any_object(ada: str, ask: Ask) -> None:
    assert ask(ada, "SELECT Name FROM RecentlyViewed WHERE Type IN ('Account')") == [("Acme",)]
    assert ask(ada, "SELECT Type FROM RecentlyViewed WHERE Name LIKE 'ann%'") == [("Contact",)]
    assert ask(ada, "SELECT Type, FirstName, LastName FROM RecentlyViewed WHERE Type = 'contact'") == [
        ("Contact", "Ann", "Cy")
    ]
    assert ask(ada, "SELECT Type, COUNT(Id) FROM RecentlyViewed GROUP BY Type ORDER BY Type") == [
        ("Account", 1),
        ("Contact", 1),
        ("Lead", 1),
    ]
    assert ask(
        ada, "SELECT Type, COUNT(Id) FROM RecentlyViewed GROUP BY ROLLUP(Type) HAVING COUNT(Id) > 1"
    ) == [(None, 3)]
    assert ask(ada, "SELECT Name FROM RecentlyViewed ORDER BY Name LIMIT 1 OFFSET 1") == [("Ann Cy",)]


def test_it_is_counted(world: World, ada: str) -> None:
    assert world.ask(ada, "SELECT COUNT() FROM RecentlyViewed", EVERYTHING).total_size == 3
    soql = "SELECT COUNT() FROM RecentlyViewed WHERE Type = 'Lead' LIMIT 5"
    assert world.ask(ada, soql, EVERYTHING).total_size == 1


def test_each_user_has_their_own(world: World, ada: str, ask: Ask) -> None:
    assert ask(world.user("bob"), LATEST) == []
    assert len(ask(ada, LATEST)) == 3


def test_what_is_gone_or_hidden_is_not_there(world: World, ada: str, ask: Ask) -> None:
    bob = world.user("bob")
    ask(bob, "SELECT Id FROM Account WHERE Name = 'Acme' FOR VIEW")
    ask(bob, "SELECT Id FROM Contact FOR VIEW")
    ask(bob, "SELECT Id FROM Lead FOR VIEW")
    assert sorted(ask(bob, LATEST)) == [("Acme",), ("Ann Cy",), ("Lee",)]
    assert ask(bob, LATEST, WithoutEmail()) == []
    assert sorted(ask(ada, LATEST, WithoutEmail())) == [("Acme",), ("Ann Cy",)]
    [[contact]] = world.rows('SELECT "Id" FROM "Contact"')
    assert world.delete(str(contact)).success
    assert sorted(ask(bob, LATEST)) == [("Acme",), ("Lee",)]


def test_a_field_that_may_not_be_read_is_empty(ada: str, ask: Ask) -> None:
    soql = "SELECT Name, Email FROM RecentlyViewed WHERE Type = 'Contact'"
    assert ask(ada, soql) == [("Ann Cy", "cy@example.com")]
    assert ask(ada, soql, WithoutEmail()) == [("Ann Cy", None)]
    assert ask(ada, f"{soql} AND Email = 'cy@example.com'", WithoutEmail()) == []


def test_where_it_may_not_stand(world: World, ada: str, ask: Ask) -> None:
    for soql, name in (
        ("SELECT Id FROM Account WHERE Id IN (SELECT Id FROM RecentlyViewed)", "query_feature_unsupported"),
        ("SELECT Id FROM RecentlyViewed USING SCOPE mine", "query_scope_unsupported"),
    ):
        with pytest.raises(Fault) as refused:
            ask(ada, soql)
        assert refused.value.entry.name == name
    assert ask(ada, "SELECT Name FROM RecentlyViewed WHERE Type = 'Lead' FOR VIEW") == [("Lee",)]
    assert ask(ada, "SELECT Name FROM RecentlyViewed WHERE Type = 'Lead' AND LastViewedDate = null") == [
        ("Lee",)
    ]
