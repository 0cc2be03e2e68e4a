"""Fixtures: a journal on each database."""

import pytest
from tests.contract.places import Place

from isthmus.kernel.database import Database
from isthmus.kernel.journal import Journal


@pytest.fixture
def immediate(place: Place) -> Database:
    """The journal's second database."""
    return place.open_immediate()


@pytest.fixture
def journal(database: Database, immediate: Database) -> Journal:
    """An empty journal."""
    return Journal(database, immediate)
