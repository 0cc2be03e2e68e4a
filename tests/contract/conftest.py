"""Fixtures: every test of a contract runs once on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.places import Place, postgresql_place, sqlite_place

from isthmus.kernel.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where this test's database is."""
    opened = sqlite_place(tmp_path) if request.param == "sqlite" else postgresql_place()
    with opened as place:
        yield place


@pytest.fixture
def database(place: Place) -> Database:
    """An empty database."""
    return place.open()
