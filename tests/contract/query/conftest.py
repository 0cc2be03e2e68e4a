"""Fixtures: the world of the query suite, on each database, and on both at once."""

from collections.abc import Iterator

import pytest
from tests.contract.places import postgresql_place, sqlite_place
from tests.contract.query.world import World

from isthmus.kernel.database import Database


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    """The same world on SQLite and on PostgreSQL; no test changes it."""
    with sqlite_place(tmp_path_factory.mktemp("alike")) as one, postgresql_place() as other:
        yield World(one.open()), World(other.open())
