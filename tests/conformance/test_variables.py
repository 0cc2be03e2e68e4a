"""Do dates in cases fall where the user's calendar puts them?"""

from datetime import UTC, datetime

import pytest
from tests.conformance.variables import UnknownVariable, Variables

LATE_ON_LEAP_DAY = datetime(2024, 3, 1, 6, 30, tzinfo=UTC)  # still 29 February in Los Angeles


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{tag}} x", "word x"),
        ("{{account|15}}", "001D000000IqhSL"),
        ("{{tag|upper}}{{tag|url}}", "WORDword"),
        ("{{today}}", "2024-02-29"),
        ("{{today+1d}}", "2024-03-01"),
        ("{{week}}", "2024-02-25"),
        ("{{week-1w}}", "2024-02-18"),
        ("{{month}} {{month+1M-1d}}", "2024-02-01 2024-02-29"),
        ("{{quarter}} {{quarter-3M}}", "2024-01-01 2023-10-01"),
        ("{{year}} {{year+2y-1d}}", "2024-01-01 2025-12-31"),
        ("{{today 00:00:00}}", "2024-02-29T08:00:00Z"),
        ("{{today 23:59:59|wire}}", "2024-03-01T07:59:59.000+0000"),
        ("{{now}}", "2024-03-01T06:30:00Z"),
        ("{{now-2h}}", "2024-03-01T04:30:00Z"),
        ("{{now|http}}", "Fri, 01 Mar 2024 06:30:00 GMT"),
    ],
)
def test_a_variable_stands_for(text: str, expected: str) -> None:
    variables = Variables(
        {"tag": "word", "account": "001D000000IqhSLIAZ"}, lambda: LATE_ON_LEAP_DAY, "America/Los_Angeles"
    )
    assert variables.expand(text) == expected


def test_summer_time_moves_the_borders_of_a_day() -> None:
    variables = Variables({}, lambda: datetime(2026, 3, 8, 18, tzinfo=UTC), "America/Los_Angeles")
    assert variables.expand("{{today 00:00:00}} {{today+1d 00:00:00}}") == (
        "2026-03-08T08:00:00Z 2026-03-09T07:00:00Z"
    )


def test_a_variable_that_nothing_sets_is_an_error() -> None:
    variables = Variables({}, lambda: LATE_ON_LEAP_DAY)
    with pytest.raises(UnknownVariable, match="acme"):
        variables.expand("{{acme}}")
