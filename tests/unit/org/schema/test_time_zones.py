"""Time zones: is a name a zone only where there is one?"""

from datetime import UTC

import pytest

from isthmus.org.schema.time_zones import find_zone, zone_of


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/Los_Angeles", "GMT", "UTC"])
def test_a_zone_is_found(name: str) -> None:
    assert find_zone(name) is zone_of(name) is not None


@pytest.mark.parametrize(
    "name", ["", "Nowhere/None", "America", "../zone", "/etc/localtime", "a\0b", "x" * 300]
)
def test_what_is_no_zone_counts_as_utc(name: str) -> None:
    assert find_zone(name) is None
    assert zone_of(name) is UTC
