"""Fixtures: an org whose project has flows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.org.automation.flow_xml import FlowWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[FlowWorld]:
    made = FlowWorld(tmp_path)
    yield made
    made.close()
