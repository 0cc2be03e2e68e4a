"""OFFSET in a child subquery: where the query around it gives one record."""

import pytest
from tests.contract.query.world import A1, World, drawn

from isthmus.kernel.errors import Fault
from isthmus.kernel.ids import record_id
from isthmus.org.query.result import ChildRows

CHILDREN = "(SELECT LastName FROM Contacts ORDER BY LastName {})"


def ask(world: World, tail: str, limit: str = "LIMIT 1") -> list[str]:
    children = CHILDREN.format(tail)
    return drawn(world.ask(f"SELECT Name, {children} FROM Account WHERE Id = '{A1}' {limit}"))


def test_children_are_skipped(world: World) -> None:
    assert ask(world, "OFFSET 0") == ["Acme | [Alpha; Beta]"]
    assert ask(world, "OFFSET 1") == ["Acme | [Beta]"]
    assert ask(world, "LIMIT 1 OFFSET 1") == ["Acme | [Beta]"]
    assert ask(world, "LIMIT 1 OFFSET 2") == ["Acme | []"]


def test_what_is_skipped_is_on_no_page(world: World) -> None:
    world.insert(
        "Contact",
        [{"Id": record_id("003", "8Cd", n), "LastName": f"P{n:05}", "AccountId": A1} for n in range(300)],
    )
    soql = f"SELECT Name, {CHILDREN.format('LIMIT 250 OFFSET 50')} FROM Account WHERE Id = '{A1}' LIMIT 1"
    [row] = world.ask(soql).rows
    found = row[-1]
    assert isinstance(found, ChildRows)
    assert (found.total_size, len(found.rows), found.rows[0][-1]) == (250, 200, "P00048")
    assert drawn(world.more(found.locator))[-1] == "P00297"


@pytest.mark.parametrize("limit", ["", "LIMIT 2", "LIMIT 10"])
@pytest.mark.parametrize("name", ["Acme", "nothing"])
def test_more_parents_have_no_offsets(world: World, limit: str, name: str) -> None:
    soql = f"SELECT Name, {CHILDREN.format('OFFSET 1')} FROM Account WHERE Name = '{name}' {limit}"
    with pytest.raises(Fault) as refused:
        world.ask(soql)
    assert refused.value.entry.name == "subquery_offset_not_allowed"
    assert refused.value.position == (1, soql.index("1)") + 1)


def test_one_plan_serves_both(world: World) -> None:
    assert ask(world, "OFFSET 1", "LIMIT 1") == ["Acme | [Beta]"]
    with pytest.raises(Fault):
        ask(world, "OFFSET 1", "LIMIT 2")
    assert ask(world, "OFFSET 1", "LIMIT 1") == ["Acme | [Beta]"]
    with pytest.raises(Fault) as refused:
        ask(world, "OFFSET 2001", "LIMIT 1")
    assert refused.value.entry.name == "query_offset_too_large"


def test_children_of_one_child_may_be_skipped(world: World) -> None:
    inner = "(SELECT Subject FROM Tasks OFFSET {})"
    soql = f"SELECT (SELECT LastName, {inner} FROM Contacts ORDER BY LastName LIMIT 1) FROM Account"
    assert "[Alpha | []]" in drawn(world.ask(soql.format(1)))
    assert "[Alpha | [Call]]" in drawn(world.ask(soql.format(0)))
