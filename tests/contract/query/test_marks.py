"""FOR VIEW and FOR REFERENCE: what a user has seen is noted for that user alone, and read from there."""

from collections.abc import Callable

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import LIMITED, World, objects

from isthmus.kernel.clock import HOUR, MINUTE, SECOND
from isthmus.kernel.database import Connection, Database
from isthmus.kernel.database.migrations import migrate
from isthmus.org.limits.request_time import RequestTime
from isthmus.org.org import recent
from isthmus.org.org.running import Running
from isthmus.org.query.result import QueryResult
from isthmus.org.security.access import EVERYTHING

SEEN = "SELECT Name FROM Account WHERE LastViewedDate != null ORDER BY LastViewedDate DESC, Name"
DATES = "SELECT LastViewedDate, LastReferencedDate FROM Account WHERE Name = 'A'"


@pytest.fixture
def world(database: Database, place: Place) -> World:
    return World(database, place.open_immediate(), objects({}))


@pytest.fixture
def query(world: World) -> Callable[[str, str], list[tuple[object, ...]]]:
    """What a query of a user gives, within a transaction: values without the ids before them."""

    def ask(user: str, soql: str) -> list[tuple[object, ...]]:
        def work(running: Running) -> QueryResult:
            return running.query(soql)

        result = world.run(
            lambda unit: work(Running(unit, world.queries, RequestTime(world.clock))), user, EVERYTHING
        )
        first = 0 if result.shape.id_index is None else 1
        return [tuple(row[first:]) for row in result.rows]

    return ask


Query = Callable[[str, str], list[tuple[object, ...]]]


def test_a_view_is_noted_with_its_time(world: World, query: Query) -> None:
    ada = world.user("ada")
    world.new("Account", Name="A")
    assert query(ada, DATES) == [(None, None)]
    now = world.clock.now() // SECOND * SECOND
    assert query(ada, "SELECT Name FROM Account LIMIT 1 FOR VIEW") == [("A",)]
    assert query(ada, DATES) == [(now, None)]
    world.clock.advance(HOUR)
    assert query(ada, "SELECT Name FROM Account LIMIT 1 FOR REFERENCE") == [("A",)]
    assert query(ada, DATES) == [(now, now + HOUR)]
    world.clock.advance(HOUR)
    query(ada, "SELECT Name FROM Account FOR VIEW FOR REFERENCE")
    assert query(ada, DATES) == [(now + 2 * HOUR, now + 2 * HOUR)]


def test_what_one_user_views_another_has_not(world: World, query: Query) -> None:
    ada, bob = world.user("ada"), world.user("bob")
    account = world.new("Account", Name="A")
    world.new("Contact", LastName="C", AccountId=account)
    query(ada, "SELECT Id FROM Account FOR VIEW")
    assert query(ada, SEEN) == [("A",)]
    assert query(bob, SEEN) == []
    assert query(bob, DATES) == [(None, None)]
    of_parent = "SELECT LastName FROM Contact WHERE Account.LastViewedDate != null AND LastViewedDate = null"
    assert query(ada, of_parent) == [("C",)]
    assert query(bob, of_parent) == []


def test_what_was_viewed_last_comes_first(world: World, query: Query) -> None:
    ada = world.user("ada")
    for name in ("A", "B", "C", "never"):
        world.new("Account", Name=name)
    for name in ("C", "A", "B"):
        world.clock.advance(MINUTE)
        query(ada, f"SELECT Id FROM Account WHERE Name = '{name}' FOR VIEW")
    assert query(ada, SEEN) == [("B",), ("A",), ("C",)]
    assert query(ada, "SELECT COUNT(Id) FROM Account WHERE LastViewedDate = null") == [(1,)]
    everything = "SELECT Name FROM Account ORDER BY LastViewedDate DESC NULLS LAST, Name LIMIT 2"
    assert query(ada, everything) == [("B",), ("A",)]


def test_each_field_is_the_users_wherever_it_is_named(world: World, query: Query) -> None:
    ada, bob = world.user("ada"), world.user("bob")
    account = world.new("Account", Name="A")
    world.new("Contact", LastName="C", AccountId=account)
    query(ada, "SELECT Id FROM Account FOR VIEW")
    for user, found in ((ada, 1), (bob, 0)):
        for soql in (
            "SELECT Id FROM Account WHERE LastViewedDate = TODAY",
            "SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE LastViewedDate != null)",
            "SELECT FIELDS(STANDARD) FROM Account WHERE LastViewedDate != null",
            "SELECT Name, (SELECT Id FROM Contacts WHERE Account.LastViewedDate != null) FROM Account "
            "WHERE LastViewedDate != null",
        ):
            assert len(query(user, soql)) == found, soql
    latest = "SELECT MAX(LastViewedDate) FROM Account GROUP BY Name"
    assert (query(ada, latest), query(bob, latest)) == ([(world.clock.now(),)], [(None,)])


def test_a_record_that_is_read_says_it_too(world: World, query: Query) -> None:
    ada, bob = world.user("ada"), world.user("bob")
    account = world.new("Account", Name="A")
    query(ada, "SELECT Id FROM Account FOR VIEW")

    def viewed(user: str) -> list[object]:
        who = world.principal(user, EVERYTHING)
        limited = world.principal(user, LIMITED)
        fields = ["LastViewedDate"]
        one = world.database.read(
            lambda c: world.queries.retrieve(c, world.schema, who, "Account", account, fields)
        ).result()
        short = world.database.read(
            lambda c: world.queries.retrieve(c, world.schema, limited, "Account", account[:15], fields)
        ).result()
        many, _ = world.database.read(
            lambda c: world.queries.retrieve_many(c, world.schema, limited, "Account", [account], fields)
        ).result()
        return [row[1] is not None for result in (one, short, many) for row in result.rows]

    assert viewed(ada) == [True] * 3
    assert viewed(bob) == [False] * 3


def test_no_more_are_noted_than_are_kept(world: World, query: Query) -> None:
    ada = world.user("ada")
    for n in range(recent.KEPT + 1):
        world.new("Lead", LastName=f"{n}", Company="C")
    query(ada, "SELECT Id FROM Lead FOR VIEW")
    assert len(query(ada, "SELECT Id FROM Lead WHERE LastViewedDate != null")) == recent.KEPT


def test_groups_and_objects_without_these_fields_note_nothing(world: World, query: Query) -> None:
    ada = world.user("ada")
    world.new("Account", Name="A")
    world.new("Task", Subject="T")
    assert query(ada, "SELECT Name FROM Account GROUP BY Name FOR VIEW") == [("A",)]
    assert query(ada, "SELECT Subject FROM Task FOR VIEW") == [("T",)]
    assert world.rows('SELECT COUNT(*) FROM "isthmus_recent"') == [(0,)]


def test_items_of_before_were_viewed_when_they_were_noted(database: Database) -> None:
    migrate(database, recent.COMPONENT, recent.MIGRATIONS[:1])
    database.write(
        lambda tx: tx.execute('INSERT INTO "isthmus_recent" VALUES (?, ?, ?)', ("u", "r", 1_234_567))
    ).result()
    migrate(database, recent.COMPONENT, recent.MIGRATIONS)
    sql = 'SELECT "LastViewedDate", "LastReferencedDate" FROM "isthmus_recent"'
    assert database.read(lambda c: c.rows(sql)).result() == [(1_234_000, 1_234_000)]


def test_each_page_names_the_records_that_it_has(world: World) -> None:
    ada = world.principal(world.user("ada"), EVERYTHING)
    world.insert("Lead", *({"LastName": f"{n:03}", "Company": "C"} for n in range(200)))
    world.insert("Lead", *({"LastName": f"{n:03}", "Company": "C"} for n in range(200, 250)))
    soql = "SELECT LastName FROM Lead ORDER BY LastName FOR REFERENCE"

    def first(connection: Connection) -> QueryResult:
        return world.queries.run(connection, world.schema, ada, soql, batch_size=200)

    page = world.database.read(first).result()
    world.database.write(lambda tx: world.queries.store_cursors(tx, page.pending)).result()

    def second(connection: Connection) -> QueryResult:
        return world.queries.more(connection, world.schema, ada, str(page.locator), batch_size=200)

    later = world.database.read(second).result()
    for found, count in ((page, 200), (later, 50)):
        assert found.marks is not None
        assert (found.marks.viewed, found.marks.referenced) == (False, True)
        assert found.marks.ids == tuple(row[0] for row in found.rows)
        assert len(found.marks.ids) == count
