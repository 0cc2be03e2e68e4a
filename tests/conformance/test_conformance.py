"""Is it Salesforce? Every case of the corpus, against a local org: its queries and searches on each database.

What our org doesn't do yet stands in gaps.toml; a gap that has closed must leave that list.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conformance.conftest import LocalOrgs
from tests.conformance.corpus import Area, Case, load
from tests.conformance.held import PASSED_ON
from tests.conformance.runner import Verdict

_ON_BOTH = ("query", "search")
CASES = [(area, case) for area in load() for case in area.cases]
GAPS: dict[str, str] = tomllib.loads((Path(__file__).parent / "gaps.toml").read_text("utf-8"))
EACH = [
    *(pytest.param("sqlite", area, case, id=case.title) for area, case in CASES),
    *(
        pytest.param("postgresql", area, case, id=f"{case.title} (on PostgreSQL)")
        for area, case in CASES
        if area.name.startswith(_ON_BOTH)
    ),
]


def test_every_gap_is_a_case() -> None:
    assert GAPS.keys() <= {case.title for _, case in CASES}


@pytest.mark.parametrize(("database", "area", "case"), EACH)
def test_case(
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
    local_orgs: LocalOrgs,
    database: str,
    area: Area,
    case: Case,
) -> None:
    if reason := GAPS.get(case.title):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    outcome = local_orgs.on(database).outcome(area, case)
    if outcome.verdict is Verdict.SKIPPED:
        pytest.skip(outcome.details[0])
    assert outcome.verdict is Verdict.PASSED, "\n".join(
        (f"{case.title}  [{case.source}; {case.confidence}]", *outcome.details)
    )
    record_property(PASSED_ON, (database, case.title))
