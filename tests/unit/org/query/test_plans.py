"""Plans: which queries share one, and what they are."""

import pytest
from tests.unit.org.query.asking import NOW, USER, planned
from tests.unit.org.query.entries import FIXTURES, Entry, entries
from tests.unit.org.query.objects import OBJECTS, SCHEMA

from isthmus.kernel.clock import ManualClock
from isthmus.kernel.database import POSTGRESQL, SQLITE
from isthmus.kernel.errors import Fault
from isthmus.kernel.ids import Ids
from isthmus.org.query.engine import QueryEngine
from isthmus.org.query.plans import Plans, Question
from isthmus.org.schema.model import Schema
from isthmus.org.security.access import FullAccess


@pytest.mark.parametrize("entry", entries(FIXTURES / "sql.soql"))
def test_a_query_becomes_sql(entry: Entry) -> None:
    plan, parameters = planned(entry.text)
    statement = plan.count or plan.page
    assert statement.sql == entry.expected[0]
    if len(entry.expected) > 1:
        assert [repr(value) for value in parameters] == list(entry.expected[1:])


@pytest.mark.parametrize("entry", entries(FIXTURES / "shared_plans.soql"))
def test_queries_that_differ_in_their_literals_share_a_plan(entry: Entry) -> None:
    plans = Plans()
    for soql in entry.text.split("\n"):
        planned(soql, plans=plans)
    assert f"{len(plans)} plans" == entry.expected[0]


def test_a_plan_belongs_to_schema_rights_dialect_and_to_deleted_rows_but_to_no_user() -> None:
    plans = Plans()
    soql = "SELECT Id FROM Account"
    planned(soql, plans=plans)
    planned(soql, plans=plans, dialect=POSTGRESQL)
    planned(soql, plans=plans, all_rows=True)
    planned(soql, plans=plans, schema=Schema(OBJECTS, version=2))
    planned(soql, plans=plans, access=FullAccess(shape="other"))
    assert len(plans) == 5
    planned(soql, plans=plans, schema=Schema(OBJECTS), access=FullAccess())
    assert len(plans) == 5


def test_a_plan_that_may_name_its_mode_belongs_to_the_users_own_rights() -> None:
    plans = Plans()
    for own in (FullAccess(), FullAccess(shape="other")):
        soql = "SELECT Id FROM Account WITH USER_MODE"
        plans.use(Question(soql, SCHEMA, FullAccess(), SQLITE, False, own=own), lambda *_: None)
    assert len(plans) == 2


def test_a_shared_plan_makes_each_text_its_own_parameters() -> None:
    plans = Plans()
    made = [
        planned(f"SELECT Id FROM Account WHERE Name = '{name}' AND CreatedDate < {date}", plans=plans)
        for name, date in (("Acme", "2026-01-01T00:00:00Z"), ("O\\'Hara", "2026-01-01T00:00:00+01:00"))
    ]
    assert made[0][0] is made[1][0]
    assert [parameters[:2] for _, parameters in made] == [
        ["acme", 1_767_225_600_000],
        ["o'hara", 1_767_222_000_000],
    ]


def test_a_date_range_is_made_anew_for_each_run() -> None:
    plan, parameters = planned("SELECT Id FROM Contact WHERE Birthdate = TODAY")
    assert parameters[0] == NOW // 86_400_000 * 86_400_000
    assert "c0" not in plan.page.sql


def test_a_querys_shape_is_told_without_a_database() -> None:
    engine = QueryEngine(ManualClock(NOW), Ids(seed=1))
    soql = "SELECT Name, (SELECT Id FROM Contacts) FROM Account WHERE Id = '001000000000001AAA'"
    found = engine.shape(SQLITE, SCHEMA, USER, soql)
    assert [item.key for item in found.items] == ["Name", "Contacts"]
    with pytest.raises(Fault) as caught:
        engine.shape(SQLITE, SCHEMA, USER, "SELECT Id FROM Account WHERE Id = 'abc'")
    assert caught.value.entry.name == "filter_id_invalid"


def test_very_long_queries_are_not_kept() -> None:
    plans = Plans()
    planned("SELECT Id FROM Account WHERE " + " OR ".join(["Name = 'x'"] * 300), plans=plans)
    assert len(plans) == 0


def test_a_broken_query_is_not_kept() -> None:
    plans = Plans()
    with pytest.raises(Fault):
        planned("SELECT Nothing FROM Account", plans=plans)
    assert len(plans) == 0


def test_long_conditions_are_written_as_a_shallow_tree() -> None:
    plan, _ = planned("SELECT Id FROM Account WHERE " + " OR ".join(["Name = 'x'"] * 3000), dialect=SQLITE)
    depth = deepest = 0
    for char in plan.page.sql:
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    assert deepest < 20
