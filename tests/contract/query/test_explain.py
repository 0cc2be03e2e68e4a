"""Explaining: the ways to run a query, counted on the records that there are, the best first."""

from collections.abc import Callable, Iterator

import pytest
from tests.contract.places import postgresql_place, sqlite_place
from tests.contract.sharing.world import LIMITED, World, objects

from isthmus.kernel.database import Connection
from isthmus.kernel.errors import Fault
from isthmus.org.query.explain import Explanation, Note, Operation, Way
from isthmus.org.security.access import EVERYTHING, Access

INDEX, OTHER, SHARING, SCAN = Operation
DELETED = Note("unindexed", ("IsDeleted",), "Account")
Explain = Callable[..., Explanation]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Ten accounts, two of them of one name; a contact of one; leads of two users. No test changes it."""
    sqlite = request.param == "sqlite"
    opened = sqlite_place(tmp_path_factory.mktemp("explain")) if sqlite else postgresql_place()
    with opened as place:
        world = World(place.open(), place.open_immediate(), objects({"Lead": "Private"}))
        ada, bob = world.user("ada"), world.user("bob")
        for n in range(10):
            industry = "Media" if n < 5 else "Energy"
            account = world.new("Account", by=ada, Name=f"A{max(n, 1)}", Industry=industry, Site=f"{n}")
        world.new("Contact", by=ada, LastName="C", AccountId=account)
        world.delete(world.new("Account", Name="A1"))
        for user in (ada, ada, bob):
            world.new("Lead", by=user, LastName="L", Company="C")
        yield world


@pytest.fixture
def explain(world: World) -> Explain:
    def ask(soql: str, access: Access = EVERYTHING) -> Explanation:
        [[bob]] = world.rows("""SELECT "Id" FROM "User" WHERE "LastName" = 'bob'""")
        who = world.principal(str(bob), access)

        def work(connection: Connection) -> Explanation:
            return world.queries.explain(connection, world.schema, who, soql)

        return world.database.read(work).result()

    return ask


def test_without_a_filter_all_is_scanned(explain: Explain) -> None:
    found = explain("SELECT Id FROM Account")
    assert found == Explanation("Account", 10, (Way(SCAN, (), 10, 3.6),), (DELETED,))


def test_an_index_is_a_way_and_the_fewer_it_gives_the_better(explain: Explain) -> None:
    found = explain("SELECT Id FROM Account WHERE Name = 'a1' AND CreatedDate >= 2020-01-01T00:00:00Z")
    assert [(way.operation, way.fields, way.cardinality) for way in found.ways] == [
        (INDEX, ("Name",), 2),
        (SCAN, (), 2),
        (INDEX, ("CreatedDate",), 10),
    ]
    assert [round(way.cost, 3) for way in found.ways] == [0.667, 1.52, 3.333]
    assert found.notes == (DELETED,)


@pytest.mark.parametrize(
    ("condition", "reason", "fields", "sobject"),
    [
        ("Site = '3'", "unindexed", ("Site",), "Account"),
        ("Name != 'A1'", "it is negative", ("Name",), "Account"),
        ("Name NOT IN ('A1')", "it is negative", ("Name",), "Account"),
        ("ParentId = null", "it asks for null", ("ParentId",), "Account"),
        ("ParentId IN (null, '001000000000001AAA')", "it asks for null", ("ParentId",), "Account"),
        ("Name LIKE '%1'", "it begins with a wildcard", ("Name",), "Account"),
        ("Owner.Name = 'x'", "it is on another object", ("Name",), "User"),
        ("CALENDAR_YEAR(CreatedDate) = 2026", "it is on a function", ("CreatedDate",), "Account"),
        (
            "(Name = 'A1' OR Site = '2' OR Site = '3')",
            "it is one of several with OR",
            ("Name", "Site"),
            "Account",
        ),
        ("(NOT (Name = 'A1' AND Site = '2'))", "it is one of several with OR", ("Name", "Site"), "Account"),
    ],
)
def test_why_an_index_is_no_help_is_noted(
    explain: Explain, condition: str, reason: str, fields: tuple[str, ...], sobject: str
) -> None:
    found = explain(f"SELECT Id FROM Account WHERE {condition}")
    assert [way.operation for way in found.ways] == [SCAN]
    assert found.notes == (DELETED, Note(reason, fields, sobject))


def test_one_note_says_why(explain: Explain) -> None:
    found = explain("SELECT Id FROM Account WHERE Site > '3' AND Site < '5' AND toLabel(Industry) = 'Media'")
    unindexed = Note("unindexed", ("Site",), "Account")
    assert found.notes == (DELETED, unindexed, Note("it is on a function", ("Industry",), "Account"))


def test_each_kind_of_condition_may_have_an_index(explain: Explain) -> None:
    for condition, fields in (
        ("Id IN ('001000000000001AAA', '001000000000002AAA')", ("Id",)),
        ("Name LIKE 'A%'", ("Name",)),
        ("OwnerId = '005000000000001AAA' AND Site = '1'", ("OwnerId",)),
        ("Id IN (SELECT AccountId FROM Contact WHERE LastName = 'C')", ("Id",)),
        ("CreatedDate = THIS_FISCAL_YEAR", ("CreatedDate",)),
    ):
        ways = explain(f"SELECT Id FROM Account WHERE {condition}").ways
        assert [way.fields for way in ways if way.operation is INDEX] == [fields], condition
    [way] = [
        way
        for way in explain("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)").ways
        if way.operation is INDEX
    ]
    assert way.cardinality == 1


def test_a_limit_is_a_way_where_rows_come_in_the_order_of_ids(explain: Explain) -> None:
    ways = explain("SELECT Id FROM Account WHERE Industry = 'Media' LIMIT 2").ways
    assert [(way.operation, way.cardinality) for way in ways] == [(OTHER, 2), (SCAN, 5)]
    assert round(ways[0].cost, 3) == 0.667
    sorted_ways = explain("SELECT Id FROM Account ORDER BY Site LIMIT 2").ways
    assert [way.operation for way in sorted_ways] == [SCAN]


def test_who_sees_few_is_led_by_sharing(explain: Explain) -> None:
    found = explain("SELECT Id FROM Lead WHERE Name = 'L'", LIMITED)
    assert found.records == 3
    assert [(way.operation, way.cardinality) for way in found.ways] == [(INDEX, 1), (SHARING, 1), (SCAN, 1)]


def test_scopes_groups_counts_and_children_are_explained(world: World, explain: Explain) -> None:
    mine = explain("SELECT Id FROM Account USING SCOPE mine")
    assert (mine.records, mine.ways) == (10, (Way(SCAN, (), 0, 1.0),))
    for soql in (
        "SELECT COUNT() FROM Account",
        "SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry LIMIT 1",
        "SELECT Name, (SELECT Id FROM Contacts) FROM Account FOR VIEW",
        "SELECT FIELDS(ALL) FROM Account LIMIT 200",
    ):
        assert {way.operation: way.cardinality for way in explain(soql).ways}[SCAN] == 10
    assert world.rows('SELECT COUNT(*) FROM "isthmus_recent"') == [(0,)]


def test_an_object_without_records_costs_a_scan(explain: Explain) -> None:
    found = explain("SELECT Id FROM Opportunity WHERE Name = 'x' LIMIT 1")
    assert [(way.operation, way.cardinality, way.cost) for way in found.ways] == [
        (INDEX, 0, 0.0),
        (OTHER, 0, 0.0),
        (SCAN, 0, 1.0),
    ]


@pytest.mark.parametrize(
    ("soql", "name"),
    [
        ("SELECT Nope FROM Account", "no_such_column"),
        ("SELECT Id FROM Account WHERE Id = 'abc'", "filter_id_invalid"),
        ("SELECT FIELDS(ALL) FROM Account", "fields_need_limit"),
        ("SELECT Id FROM Account OFFSET 2001", "query_offset_too_large"),
        (
            "SELECT RecordId FROM UserRecordAccess WHERE UserId = '005000000000001AAA' "
            "AND RecordId = '001000000000001AAA'",
            "query_feature_unsupported",
        ),
    ],
)
def test_a_query_that_is_wrong_is_not_explained(explain: Explain, soql: str, name: str) -> None:
    with pytest.raises(Fault) as refused:
        explain(soql)
    assert refused.value.entry.name == name
