"""Fixtures: an org with events, on each database."""

from collections.abc import Iterator

import pytest
from tests.contract.events.world import EventOrg, event_org
from tests.contract.places import Place


@pytest.fixture
def events(place: Place) -> Iterator[EventOrg]:
    with event_org(place) as opened:
        yield opened
