"""Is it Salesforce? Every case of the corpus, against a local org that is started for it."""

import pytest
from tests.conformance.conftest import Runs
from tests.conformance.corpus import Area, Case, load
from tests.conformance.runner import Verdict

CASES = [(area, case) for area in load() for case in area.cases]


@pytest.mark.parametrize(("area", "case"), CASES, ids=[case.title for _, case in CASES])
def test_case(runs: Runs, area: Area, case: Case) -> None:
    outcome = runs.of(area).outcome(case)
    if outcome.verdict is Verdict.SKIPPED:
        pytest.skip(outcome.details[0])
    assert outcome.verdict is Verdict.PASSED, "\n".join(
        (f"{case.title}  [{case.source}; {case.confidence}]", *outcome.details)
    )
