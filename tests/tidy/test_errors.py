"""Is every error of the catalogue used and sourced? That a test provokes it, `tests/conftest.py` sees to."""

import re
from pathlib import Path

import pytest
from tests.conftest import PROVOKED
from tests.tidy.provoked import unprovoked

from isthmus.kernel.errors import ErrorEntry, Fault, catalogue, fault
from isthmus.org.query.cursor import parse_locator

ROOT = Path(__file__).parents[2]
TOLD_OF_SUCCESS = {"operation_enqueued"}
"""They stand among the errors on the wire, and say how something was done."""
PRODUCT = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda entry: entry.name)
def test_an_error_is_used_and_sourced(entry: ErrorEntry) -> None:
    assert entry.source, "say where the platform gives this error"
    assert re.search(rf"[\"']{entry.name}[\"']", PRODUCT), "no code raises this error"
    assert 300 <= entry.status < 600 or entry.name in TOLD_OF_SUCCESS


def test_what_the_product_makes_is_provoked_and_what_a_test_makes_is_not() -> None:
    name = "query_locator_invalid"
    PROVOKED.discard(name)
    assert isinstance(fault(name), Fault)
    assert name in unprovoked(PROVOKED)
    with pytest.raises(Fault):
        parse_locator("x")
    assert name not in unprovoked(PROVOKED)
