"""Is each case readable, sourced, and able to fail?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.conformance.corpus import CASES, Case, CorpusError, Step, load, load_area
from tests.conformance.reference import PAGE, page_with_table
from tests.conformance.runner import check
from tests.conformance.target import Answer
from tests.conformance.variables import UnknownVariable, Variables

CASES_MIN = 1_700
SOQL_MIN = 1_300
AREAS = load()
ABSURD = Answer(599, {"content-type": "absurd"}, b"<absurd/>")


class _Anything(Variables):
    """Variables of which every one is set."""

    def expand(self, text: str) -> str:
        try:
            return super().expand(text)
        except UnknownVariable as unknown:
            name = str(unknown).split("{{")[1].rstrip("}")
            return _Anything(self.values | {name: "x"}, self._now, self._zone).expand(text)


def _variables() -> Variables:
    return _Anything({}, lambda: datetime(2026, 1, 9, tzinfo=UTC))


def _checks(case: Case) -> Iterator[Step]:
    yield from (case.step, *case.then)


def test_the_reference_counts_these_cases() -> None:
    text = PAGE.read_text("utf-8")
    assert text == page_with_table(text), "run python -m tests.conformance.reference"


def test_there_are_many_cases() -> None:
    cases = [case for area in AREAS for case in area.cases]
    assert len(cases) >= CASES_MIN
    assert sum(bool(case.step.soql) for case in cases) >= SOQL_MIN


def test_what_runs_against_any_org_shares_nothing_with_ours() -> None:
    sources = [path for path in CASES.parent.glob("*.py") if not path.name.startswith(("test_", "conftest"))]
    assert len(sources) >= len(("__main__", "corpus", "coverage", "grammar", "matching", "runner", "target"))
    imports = re.compile(r"^(?:from|import) isthmus", re.MULTILINE)
    assert [path.name for path in sources if imports.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("case", [case for area in AREAS for case in area.cases], ids=lambda case: case.title)
def test_a_case_can_fail(case: Case) -> None:
    assert any(check(step, ABSURD, _variables()) for step in _checks(case))
    assert len(case.source) >= len("RFC 8259")


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_an_area_says_what_it_is_about(area: object) -> None:
    assert getattr(area, "about", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[case]]\nname = 1 1", "broken.toml: "),
        ('[[case]]\nname = "n"\nsource = "s"\nconfidence = "known"\nrequest = "GET x"', "so it can't fail"),
        ('[[case]]\nname = "n"\nconfidence = "known"\nrequest = "GET x"\nstatus = 1', "n: source missing"),
        (
            '[[case]]\nname = "n"\nsource = "s"\nconfidence = "sure"\nrequest = "GET x"\nstatus = 1',
            "confidence",
        ),
        ('[[case]]\nname = "n"\nsource = "s"\nconfidence = "known"\nrequest = "GET x"\nstatsu = 1', "statsu"),
        ('[[case]]\nname = "n"\nsource = "s"\nconfidence = "known"\nstatus = 1', "one of request, create"),
        (
            '[[case]]\nname="n"\nsource="s"\nconfidence="known"\nrequest="GET x"\nstatus=1\nneeds=["u"]',
            "need",
        ),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(text)
    with pytest.raises(CorpusError, match=r"^broken\.toml: ") as refused:
        load_area(file)
    assert said in str(refused.value)
