"""FORMAT() and toLabel(): is one plan right for every user, and every page?"""

import math
from dataclasses import replace

import pytest
from tests.contract.query.world import A1, USER, World, drawn

MOMENT = f"SELECT FORMAT(CreatedDate), FORMAT(AnnualRevenue) FROM Account WHERE Id = '{A1}'"


def test_one_plan_writes_as_each_user_reads(world: World) -> None:
    berlin = replace(USER, locale="de_DE", time_zone="Europe/Berlin")
    tokyo = replace(USER, locale="ja_JP", time_zone="Asia/Tokyo")
    assert drawn(world.ask(MOMENT)) == ["1/9/2026, 12:30 AM | $100"]
    assert drawn(world.ask(MOMENT, user=berlin)) == ["09.01.2026, 09:30 | 100\xa0$"]
    assert drawn(world.ask(MOMENT, user=tokyo)) == ["2026/01/09 17:30 | $100"]
    assert drawn(world.ask(MOMENT)) == ["1/9/2026, 12:30 AM | $100"]


def test_later_pages_are_written_too(world: World) -> None:
    world.insert(
        "Account",
        [
            {
                "Id": f"001000000000{n:03}AAA",
                "Name": f"page {n:03}",
                "Industry": "Media",
                "AnnualRevenue": n,
                "BillingLatitude": 0.0,
                "BillingLongitude": n / 4,
            }
            for n in range(450)
        ],
    )
    world.insert(
        "Contact", [{"Id": "003000000000001AAA", "LastName": "x", "AccountId": "001000000000300AAA"}]
    )
    page = world.ask(
        "SELECT toLabel(Industry), FORMAT(AnnualRevenue),"
        " (SELECT FORMAT(Account.AnnualRevenue) a FROM Contacts),"
        " DISTANCE(BillingAddress, GEOLOCATION(0, 90), 'km')"
        " FROM Account WHERE Name LIKE 'page%' ORDER BY Name",
        batch_size=200,
    )
    lines = drawn(page)
    while page.locator is not None:
        page = world.more(page.locator, batch_size=200)
        lines += drawn(page)
    texts, distances = zip(*(line.rsplit(" | ", 1) for line in lines), strict=True)
    assert list(texts) == [f"News | ${n} | {'[$300]' if n == 300 else '[]'}" for n in range(450)]
    degree = math.pi / 180 * 6371.0088
    assert list(map(float, distances)) == pytest.approx([abs(90 - n / 4) * degree for n in range(450)])
