"""Fixtures: an org's doors, and a user with a password."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.places import sqlite_place
from tests.unit.org.api.doors import Doors, doors
from tests.unit.org.security.people import ADA, PASSWORD


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Doors]:
    """An org in which Ada has a password."""
    with sqlite_place(tmp_path) as place, doors(place) as made:
        asyncio.run(made.people.identity.set_password(ADA, PASSWORD))
        yield made
