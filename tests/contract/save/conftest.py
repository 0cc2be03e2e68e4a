"""Fixtures: an org's save path, on each database."""

import pytest
from tests.contract.save.saves import Saves

from isthmus.kernel.database import Database


@pytest.fixture
def saves(database: Database) -> Saves:
    return Saves(database)
