"""Fixtures: a library, on each database."""

import pytest
from tests.contract.places import Place
from tests.contract.search.world import Library

from isthmus.kernel.database import Database


@pytest.fixture
def library(database: Database, place: Place) -> Library:
    return Library(database, place.open_immediate())
