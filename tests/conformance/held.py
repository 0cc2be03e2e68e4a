"""Held: how much of SOQL the corpus covers, and how much of that a test run has seen to hold."""

from collections.abc import Iterable, Iterator
from typing import Final

import pytest
from tests.conformance.corpus import Case, load
from tests.conformance.coverage import coverage

PASSED_ON: Final = "passed on"
"""The property of a test that says on which database which case passed."""


def held(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """The lines that tell it, of the reports of tests that passed; none where no case was among them."""
    passed: dict[str, list[str]] = {}
    for report in reports:
        for name, value in report.user_properties:
            if name == PASSED_ON and isinstance(value, tuple | list):
                database, title = map(str, value)
                passed.setdefault(database, []).append(title)
    if not passed:
        return
    corpus: dict[str, Case] = {case.title: case for area in load() for case in area.cases}
    yield from coverage(corpus.values()).lines("have a case")
    for database, titles in sorted(passed.items()):
        yield from coverage(corpus[title] for title in titles).lines(f"passed on {database}")
