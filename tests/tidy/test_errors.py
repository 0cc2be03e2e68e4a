"""Is every error of the catalogue used, sourced, and provoked by a test?"""

import re
from pathlib import Path

import pytest

from isthmus.kernel.errors import ErrorEntry, catalogue

ROOT = Path(__file__).parents[2]
PRODUCT = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
TESTS = "\n".join(
    path.read_text("utf-8")
    for pattern in ("*.py", "*.toml", "*.soql")
    for path in (ROOT / "tests").rglob(pattern)
    if path != Path(__file__)
)


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda entry: entry.name)
def test_an_error_is_used_sourced_and_provoked(entry: ErrorEntry) -> None:
    assert entry.source, "say where the platform gives this error"
    assert re.search(rf"[\"']{entry.name}[\"']", PRODUCT), "no code raises this error"
    assert entry.name in TESTS or entry.code in TESTS, "no test provokes this error"


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda entry: entry.name)
def test_an_error_has_a_real_status(entry: ErrorEntry) -> None:
    assert 300 <= entry.status < 600
