"""What ways to run a query cost, held to plans that real orgs gave (found in public repositories)."""

import pytest

from isthmus.org.query.explain import scan_cost, threshold


@pytest.mark.parametrize(
    ("found", "every", "cost"), [(277_500, 1_500_000, 1.481), (198_750, 1_500_000, 1.3445)]
)
def test_a_scan_costs_what_it_was_recorded_to(found: int, every: int, cost: float) -> None:
    assert scan_cost(found, every) == pytest.approx(cost)


@pytest.mark.parametrize(
    ("found", "every", "custom", "cost"),
    [
        (277_500, 1_500_000, True, 2.22),
        (198_750, 1_500_000, True, 1.59),
        (10, 1_001, False, 0.0333),
        (1_000_000, 10_000_000, False, 1.0),
    ],
)
def test_an_index_costs_what_it_was_recorded_to(found: int, every: int, custom: bool, cost: float) -> None:
    assert found / threshold(every, custom) == pytest.approx(cost, rel=0.002)
