"""Fixtures: the world of the query suite, on each database."""

import pytest
from tests.contract.query.world import World

from isthmus.kernel.database import Database


@pytest.fixture
def world(database: Database) -> World:
    return World(database)
