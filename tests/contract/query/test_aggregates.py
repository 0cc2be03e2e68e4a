"""Aggregates: are numbers added as they are written, and groups bounded, on both databases alike?"""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.query.test_alike import answer, conditions
from tests.contract.query.world import World, drawn

from isthmus.kernel.errors import Fault
from isthmus.kernel.ids import record_id

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
