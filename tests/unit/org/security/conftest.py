"""Fixtures: an org with people in it, once on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.places import postgresql_place, sqlite_place
from tests.unit.org.security.people import People, people


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[People]:
    """An org with Ada and Bob."""
    opened = sqlite_place(tmp_path) if request.param == "sqlite" else postgresql_place()
    with opened as place, people(place.open()) as made:
        yield made
