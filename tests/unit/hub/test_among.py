"""Does what follows `"id"` name the ids that were given, and no other?"""

import pytest

from isthmus.hub.channel.tables import among


@pytest.mark.parametrize(
    ("ids", "which", "values"),
    [
        ([7], "BETWEEN ? AND ?", [7, 7]),
        ([9, 7, 8], "BETWEEN ? AND ?", [7, 9]),
        ([7, 9], "IN (?, ?)", [7, 9]),
        ([7, 7, 9], "IN (?, ?)", [7, 9]),
        ([1, 2, 4, 5, 6], "IN (?, ?, ?, ?, ?, ?, ?, ?)", [1, 2, 4, 5, 6, 0, 0, 0]),
    ],
)
def test_the_ids_are_a_range_or_a_list(ids: list[int], which: str, values: list[int]) -> None:
    assert among(ids) == (which, values)
