"""Is it Salesforce? Every case of the corpus, against a local org that is started for it.

What our org doesn't do yet stands in gaps.toml; a gap that has closed must leave that list.
"""

import tomllib
from pathlib import Path

import pytest
from tests.conformance.conftest import Runs
from tests.conformance.corpus import Area, Case, load
from tests.conformance.runner import Verdict

CASES = [(area, case) for area in load() for case in area.cases]
GAPS: dict[str, str] = tomllib.loads((Path(__file__).parent / "gaps.toml").read_text("utf-8"))


def test_every_gap_is_a_case() -> None:
    assert GAPS.keys() <= {case.title for _, case in CASES}


@pytest.mark.parametrize(("area", "case"), CASES, ids=[case.title for _, case in CASES])
def test_case(request: pytest.FixtureRequest, runs: Runs, area: Area, case: Case) -> None:
    if reason := GAPS.get(case.title):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    outcome = runs.of(area).outcome(case)
    if outcome.verdict is Verdict.SKIPPED:
        pytest.skip(outcome.details[0])
    assert outcome.verdict is Verdict.PASSED, "\n".join(
        (f"{case.title}  [{case.source}; {case.confidence}]", *outcome.details)
    )
