"""The same query has the same answer on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.places import postgresql_place, sqlite_place
from tests.contract.query.world import World, drawn
from tests.unit.org.query.entries import Entry, entries

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all questions: none of them changes it."""
    if request.param == "sqlite":
        opened = sqlite_place(tmp_path_factory.mktemp("answers"))
    else:
        opened = postgresql_place()
    with opened as place:
        yield World(place.open())


@pytest.mark.parametrize(
    "entry", [*entries(FIXTURES / "answers.soql"), *entries(FIXTURES / "functions.soql")]
)
def test_an_answer(world: World, entry: Entry) -> None:
    result = world.ask(entry.text)
    assert drawn(result) == list(entry.expected)
    assert result.total_size == len(entry.expected)
    assert result.locator is None
