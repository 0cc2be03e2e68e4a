"""The same query has the same answer on each database."""

from pathlib import Path

import pytest
from tests.contract.query.world import World, drawn
from tests.unit.org.query.entries import Entry, entries

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.mark.parametrize("entry", entries(FIXTURES / "answers.soql"))
def test_an_answer(world: World, entry: Entry) -> None:
    result = world.ask(entry.text)
    assert drawn(result) == list(entry.expected)
    assert result.total_size == len(entry.expected)
    assert result.done
