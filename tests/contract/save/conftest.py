"""Fixtures: an org's save path, on each database."""

import pytest
from tests.contract.places import Place
from tests.contract.save.saves import Saves

from isthmus.kernel.database import Database


@pytest.fixture
def saves(database: Database, place: Place) -> Saves:
    return Saves(database, place.open_immediate())
