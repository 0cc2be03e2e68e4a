"""Binds: values beside a query's text find what the same literals in it would, whatever is in them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.places import Place, postgresql_place, sqlite_place
from tests.contract.query.world import A1, A2, USER, World, drawn
from tests.contract.sharing.world import World as Org
from tests.contract.sharing.world import objects

from isthmus.kernel.database import Connection, Database
from isthmus.kernel.errors import Fault
from isthmus.org.limits.request_time import RequestTime
from isthmus.org.org.running import Running
from isthmus.org.query.result import QueryResult
from isthmus.org.save.unit_of_work import UnitOfWork

Binds = Mapping[str, object]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all questions: none of them changes it."""
    sqlite = request.param == "sqlite"
    opened = sqlite_place(tmp_path_factory.mktemp("binds")) if sqlite else postgresql_place()
    with opened as place:
        yield World(place.open())


def ask(world: World, soql: str, binds: Binds | None, batch_size: int = 2000) -> QueryResult:
    def work(connection: Connection) -> QueryResult:
        return world.engine.run(connection, world.schema, USER, soql, binds=binds, batch_size=batch_size)

    return world._kept(world.database.read(work).result())


def names(world: World, condition: str, **binds: object) -> list[str]:
    return drawn(ask(world, f"SELECT Name FROM Account WHERE {condition}", binds))


def test_a_value_is_bound_wherever_a_literal_may_stand(world: World) -> None:
    assert names(world, "Name = :name", name="Acme") == ["Acme"]
    assert names(world, "Name != :NAME AND Name LIKE : pattern", name="acme", pattern="ACME%") == [
        "ACME Labs"
    ]
    assert names(world, "AnnualRevenue > :least", least=100) == ["beta"]
    assert names(world, "AnnualRevenue = :exactly", exactly=200.5) == ["beta"]
    assert names(world, "AnnualRevenue = :exactly", exactly=Decimal("-5.00")) == ["Ænigma 50% off_"]
    assert names(world, "Industry = :nothing", nothing=None) == ["beta"]
    assert names(world, "Industry = :nothing", nothing="") == ["beta"]
    assert names(world, "Id = :id OR ParentId = :id", id=A1) == ["Acme", "ACME Labs"]
    assert names(world, "CreatedDate < :at", at=datetime(2026, 1, 1, tzinfo=UTC)) == [
        "beta",
        "Ænigma 50% off_",
    ]
    assert names(world, "CreatedDate = LAST_N_DAYS::n", n=1) == ["Acme", "ACME Labs"]
    assert names(world, "Owner.IsActive = :yes", yes=True) == ["Acme", "Ænigma 50% off_"]
    assert names(world, "Id != null ORDER BY Id LIMIT :most OFFSET :after", most=1, after=1) == ["ACME Labs"]


def test_functions_groups_and_subqueries_take_values(world: World) -> None:
    near = "DISTANCE(BillingAddress, GEOLOCATION(:at.lat, :at.lon), 'km') < :far"
    assert (
        names(
            world, f"{near} AND CALENDAR_YEAR(CreatedDate) = :y", at={"lat": 47, "lon": 8.5}, far=99, y=2026
        )
        == []
    )
    soql = "SELECT Industry FROM Account GROUP BY Industry HAVING COUNT(Id) >= :n AND Industry != :x"
    assert drawn(ask(world, soql, {"n": 1, "x": None})) == ["Media", "Agriculture", "Unlisted"]
    inner = "(SELECT LastName FROM Contacts WHERE LastName = :n)"
    soql = f"SELECT Name, {inner} FROM Account WHERE Id = :id LIMIT :one"
    assert drawn(ask(world, soql, {"n": "beta", "id": A1, "one": 1})) == ["Acme | [Beta]"]


def test_instants_mean_the_same_in_any_zone(world: World) -> None:
    at = datetime(2026, 1, 9, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    assert names(world, "CreatedDate = :at", at=at) == ["Acme"]
    soql = "SELECT Name FROM Thing__c WHERE Due__c = :due AND Opens__c = :opens"
    assert drawn(ask(world, soql, {"due": date(2026, 1, 9), "opens": time(9, 30)})) == ["one"]


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset, dict.fromkeys])
def test_lists_are_bound_after_in(world: World, kind: Callable[[list[str]], object]) -> None:
    ids = kind([A1, A2])
    if not isinstance(ids, dict):
        assert names(world, "Id IN :ids", ids=ids) == ["Acme", "ACME Labs"]
    else:
        assert names(world, "Id IN :ids", ids=ids.keys()) == ["Acme", "ACME Labs"]


def test_an_empty_list_holds_nothing(world: World) -> None:
    assert names(world, "Name IN :none", none=[]) == []
    assert len(names(world, "Name NOT IN :none", none=())) == 4
    assert names(world, "AnnualRevenue IN :none OR Name = 'beta'", none=[]) == ["beta"]
    assert names(world, "Owner.IsActive IN :none", none=[]) == []
    soql = "SELECT Name FROM Thing__c WHERE Colours__c INCLUDES :none"
    assert drawn(ask(world, soql, {"none": []})) == []


def test_long_lists_nulls_and_single_values_in_parentheses(world: World) -> None:
    many = [f"n{n}" for n in range(100)]
    assert names(world, "Name IN :many", many=[*many, "beta"]) == ["beta"]
    assert names(world, "Industry IN :some", some=["Media", None]) == ["Acme", "beta"]
    assert names(world, "Name IN (:one, 'beta', :two)", one="Acme", two="x") == ["Acme", "beta"]


def test_a_dotted_name_leads_through_mappings(world: World) -> None:
    assert names(world, "Name = :record.Name", record={"Name": "beta"}) == ["beta"]
    assert names(world, "Name IN :a.b.C", a={"B": {"c": ["beta"]}}) == ["beta"]


def test_backslashes_escape_wildcards_in_patterns_alone(world: World) -> None:
    assert names(world, r"Name LIKE :pattern", pattern=r"%50\% off\_") == ["Ænigma 50% off_"]
    assert names(world, r"Name LIKE :pattern", pattern=r"%50\\%") == []
    assert names(world, r"Name = :name", name=r"Ænigma 50\% off_") == []


@pytest.mark.parametrize(
    ("soql", "binds", "name", "says"),
    [
        ("Name = :name", {}, "bind_missing", "Variable does not exist: name"),
        ("Name = :a.b", {"a": "x"}, "bind_missing", "Variable does not exist: a.b"),
        ("Name = :name", {"name": object()}, "bind_unsupported", "type object can't be bound to :name"),
        ("Name = :name", {"name": b"x"}, "bind_unsupported", "a value of type bytes"),
        ("AnnualRevenue = :n", {"n": float("nan")}, "bind_unsupported", "the number nan can't be bound"),
        ("CreatedDate = :at", {"at": datetime(2026, 1, 9)}, "bind_unsupported", "without a time zone"),
        ("CreatedDate = :at", {"at": time(9, tzinfo=UTC)}, "bind_unsupported", "a time with a time zone"),
        ("Name = :n", {"n": 5}, "filter_value_unquoted", "must be of type string and"),
        ("Name = :n", {"n": ["x"]}, "unexpected_token", "unexpected token: '('"),
        ("Name IN :n", {"n": "x"}, "unexpected_token", "unexpected token: ''x''"),
        ("Name = :n", None, "bind_variable", "Bind variables only allowed in Apex code"),
        ("Name IN :n", None, "bind_variable", "Bind variables only allowed in Apex code"),
        ("Name = :", {}, "bind_variable", "Bind variables only allowed in Apex code"),
        ("Id != null LIMIT :n", {"n": -1}, "unexpected_token", "unexpected token: '-1'"),
        (":field = 'x'", {"field": "Name"}, "unexpected_token", "unexpected token: ''Name''"),
    ],
)  # fmt: skip
def test_what_can_not_be_bound(world: World, soql: str, binds: Binds | None, name: str, says: str) -> None:
    with pytest.raises(Fault) as refused:
        ask(world, f"SELECT Name FROM Account WHERE {soql}", binds)
    assert (refused.value.entry.name, says in refused.value.message) == (name, True)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
SPITEFUL = st.lists(
    st.sampled_from(
        ["'", "\\", "\\'", "\n", "%", "_", ":name", " OR ", "--", ")", "(", "NULL", "' OR Name != '", "é"]
    )
).map("".join)


@given(st.one_of(TEXTS, SPITEFUL))
@settings(max_examples=200, deadline=None)
def test_a_text_is_a_value_whatever_is_in_it(worlds: tuple[World, World], text: str) -> None:
    """It finds itself among others, by equality and, with its wildcards escaped, by LIKE."""
    kept = text.strip()
    if not kept or "\0" in kept:
        return
    escaped = "".join(f"\\{each}" if each in "%_\\" else each for each in kept)
    for world in worlds:
        assert drawn(ask(world, "SELECT COUNT(Id) FROM Account WHERE Name = :x", {"x": kept})) == ["0"]
        found = ask(
            world, "SELECT Name FROM Account WHERE Name NOT IN :x AND Name LIKE :y", {"x": [kept], "y": "%"}
        )
        assert len(found.rows) == 4
        assert drawn(ask(world, "SELECT COUNT(Id) FROM Account WHERE Name LIKE :x", {"x": escaped})) == ["0"]


def test_further_pages_keep_the_values(database: Database) -> None:
    world = World(database)
    accounts = [{"Id": f"0017Ab{n:09}AAA", "Name": "it's"} for n in range(1000, 1300)]
    world.insert("Account", accounts)
    binds: Binds = {"name": "it's", "last": ["one", "x"]}
    inner = "(SELECT Name FROM Things__r WHERE Name IN :last)"
    first = ask(world, f"SELECT Name, {inner} FROM Account WHERE Name = :name", binds, batch_size=200)
    assert first.total_size == 300
    assert drawn(world.more(first.locator, batch_size=200)) == ["it's | []"] * 100
    with pytest.raises(Fault) as refused:
        ask(world, "SELECT Name FROM Account WHERE Name NOT IN :none", {"none": []}, batch_size=200)
    assert "An empty list in a query of several pages is not supported here" in refused.value.message


def test_a_transaction_binds_values(database: Database, place: Place) -> None:
    org = Org(database, place.open_immediate(), objects({}))
    org.new("Account", Name="it's")

    def work(unit: UnitOfWork) -> int:
        running = Running(unit, org.queries, RequestTime(org.clock))
        return running.query("SELECT Id FROM Account WHERE Name = :name", binds={"name": "it's"}).total_size

    assert org.run(work, org.user("ada")) == 1
