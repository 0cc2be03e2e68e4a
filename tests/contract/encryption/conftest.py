"""Fixtures: every test runs once on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.encryption.world import Storage, storage


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """Where this test's org is kept."""
    with storage(request.param, tmp_path) as place:
        yield place
