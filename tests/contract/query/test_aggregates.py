"""Aggregates: are numbers added as they are written, and groups bounded, on both databases alike?"""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.query.test_alike import answer, conditions
from tests.contract.query.world import World, drawn

from isthmus.kernel.database import Value
from isthmus.kernel.errors import Fault
from isthmus.kernel.ids import record_id
from isthmus.org.schema.instants import parse_date

AGGREGATES = [
    "COUNT(Id)",
    "COUNT(Account__r.Name)",
    "COUNT_DISTINCT(Name)",
    "COUNT_DISTINCT(Account__r.Industry)",
    "SUM(Price__c)",
    "AVG(Price__c)",
    "SUM(Account__r.NumberOfEmployees)",
    "AVG(Account__r.NumberOfEmployees)",
    "MIN(Name)",
    "MAX(Account__r.Name)",
    "MAX(Account__r.CreatedDate)",
    "MIN(Due__c)",
    "MAX(Account__c)",
]
GROUPED = ["Code__c", "Due__c", "Active__c", "Account__r.Industry", "Account__r.Owner.IsActive", "Account__c"]
NUMBERS = ["0", "1", "2", "null"]


def things(world: World, prices: Sequence[float]) -> None:
    world.change('DELETE FROM "Thing__c"')
    world.insert(
        "Thing__c",
        [
            {"Id": record_id("a00", "8Cd", n), "Name": f"n{n}", "Price__c": price, "Code__c": f"c{n:05}"}
            for n, price in enumerate(prices)
        ],
    )


@pytest.mark.parametrize(
    "prices",
    [
        ["0.1"] * 1000,
        ["0.1", "0.2", "-0.3"],
        ["1000000000000.01", "0.01", "-1000000000000.01"],
        [f"{n * 7919 % 10007}.{n % 100:02}" for n in range(3000)],
    ],
)
def test_decimals_are_added_as_they_are_written(world: World, prices: list[str]) -> None:
    things(world, [float(each) for each in prices])
    [row] = world.ask("SELECT SUM(Price__c), AVG(Price__c) FROM Thing__c").rows
    total = float(sum(map(Decimal, prices)))
    assert row == (total, total / len(prices))


def test_more_groups_than_a_page_holds_are_refused(world: World) -> None:
    things(world, [1.0] * 2001)
    soql = "SELECT Code__c, COUNT(Id) FROM Thing__c GROUP BY Code__c"
    with pytest.raises(Fault) as caught:
        world.ask(soql)
    assert caught.value.entry.name == "too_many_groups"
    assert (caught.value.code, caught.value.status) == ("EXCEEDED_ID_LIMIT", 400)
    assert caught.value.message.startswith("Aggregate query does not support queryMore(), use LIMIT")
    limited = world.ask(soql + " LIMIT 2000")
    assert (limited.total_size, limited.locator is None, len(limited.rows)) == (2000, True, 2000)
    kept = world.ask(soql + " HAVING MIN(Price__c) > 1")
    assert (kept.total_size, kept.rows) == (0, [])


def test_deleted_rows_count_for_query_all_alone(world: World) -> None:
    soql = "SELECT Industry, COUNT(Id) FROM Account WHERE Industry = 'Media' GROUP BY Industry"
    assert drawn(world.ask(soql)) == ["Media | 1"]
    assert drawn(world.ask(soql, all_rows=True)) == ["Media | 2"]


def test_groups_that_differ_in_case_are_one(world: World) -> None:
    world.change('UPDATE "Account" SET "BillingCity" = \'ACME\', "BillingCity~" = \'acme\'')
    world.change('UPDATE "Account" SET "BillingCity" = \'Acme\' WHERE "Name" = \'beta\'')
    assert drawn(world.ask("SELECT BillingCity, COUNT(Id) FROM Account GROUP BY BillingCity")) == ["ACME | 4"]
    assert drawn(world.ask("SELECT COUNT_DISTINCT(BillingCity) FROM Account")) == ["1"]


def test_extremes_of_a_picklist_are_those_of_its_definition(world: World) -> None:
    """Media is defined before Agriculture, and what is not defined comes after all that is."""
    assert drawn(world.ask("SELECT MIN(Industry), MAX(Industry) FROM Account")) == ["Media | Unlisted"]
    soql = "SELECT OwnerId, MIN(Industry) FROM Account GROUP BY OwnerId HAVING MIN(Industry) {}"
    assert [row[1] for row in world.ask(soql.format("= 'mEDIA'")).rows] == ["Media"]
    assert [row[1] for row in world.ask(soql.format("!= null ORDER BY MIN(Industry) DESC")).rows] == [
        "Agriculture",
        "Media",
    ]


def test_having_compares_the_extreme_that_is_answered(world: World) -> None:
    """Case does not count for what is the least of a text, though it counts where the field is compared."""
    due = {"Due__c": parse_date("2025-12-31")}  # as has the thing with the code aB
    world.insert("Thing__c", [{"Id": record_id("a00", "8Cd", 1), "Name": "four", "Code__c": "B", **due}])
    soql = "SELECT MAX(Code__c) FROM Thing__c GROUP BY Due__c HAVING MAX(Code__c) = {}"
    assert drawn(world.ask("SELECT MIN(Code__c), MAX(Code__c) FROM Thing__c")) == ["Ab | B"]
    assert drawn(world.ask(soql.format("'B'"))) == ["B"]
    assert drawn(world.ask(soql.format("'b'"))) == []


@pytest.mark.parametrize("degrees", [[-79.999999999999, 80.0, 0.3], [47.123456789012344, -8.876543210987655]])
def test_degrees_are_added_to_twelve_places(world: World, degrees: list[float]) -> None:
    values: list[dict[str, Value]] = [
        {"Id": record_id("a00", "8Cd", n), "Name": f"n{n}", "Place__Latitude__s": each}
        for n, each in enumerate(degrees)
    ]
    world.change('DELETE FROM "Thing__c"')
    world.insert("Thing__c", values)
    total = float(round(sum(map(Decimal, map(repr, degrees)), Decimal()), 12))
    [row] = world.ask("SELECT SUM(Place__Latitude__s), AVG(Place__Latitude__s) FROM Thing__c").rows
    assert row == (total, total / len(degrees))


@given(
    conditions,
    st.lists(st.sampled_from(GROUPED), max_size=2, unique=True),
    st.lists(st.sampled_from(AGGREGATES), min_size=1, max_size=3, unique=True),
    st.sampled_from(NUMBERS),
)
@settings(max_examples=200, deadline=None)
def test_databases_group_alike(
    worlds: tuple[World, World], condition: str, grouped: list[str], aggregates: list[str], number: str
) -> None:
    sqlite, postgresql = worlds
    by = [each for each in grouped if f"({each})" not in "".join(aggregates)]
    soql = f"SELECT {', '.join([*by, *aggregates])} FROM Thing__c WHERE {condition}"
    if by:
        soql += f" GROUP BY {', '.join(by)} HAVING COUNT(Name) != {number}"
        soql += f" ORDER BY {aggregates[0]} DESC, {by[0]} NULLS LAST"
    assert answer(sqlite, soql) == answer(postgresql, soql)
