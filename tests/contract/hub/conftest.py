"""Fixtures: a channel on each database, under a manual clock."""

from collections.abc import Callable
from typing import TypeAlias

import pytest
from tests.contract.places import Place

from isthmus.hub.channel import DurableChannel
from isthmus.hub.channel.tables import MIGRATIONS
from isthmus.kernel.clock import ManualClock
from isthmus.kernel.database import Database
from isthmus.kernel.database.migrations import migrate

Opening: TypeAlias = Callable[..., DurableChannel]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(place: Place) -> Database:
    """An empty hub's database."""
    opened = place.open()
    migrate(opened, "hub", MIGRATIONS)
    return opened


@pytest.fixture
def opening(database: Database, clock: ManualClock) -> Opening:
    """Makes channels, by default `orders` of the process `me`."""

    def opened(name: str = "orders", owner: str = "me") -> DurableChannel:
        return DurableChannel(database, clock, name, owner)

    return opened


@pytest.fixture
def channel(opening: Opening) -> DurableChannel:
    """An empty channel."""
    return opening()
