"""Are random queries answered alike by both databases and by the evaluator, and is a wrong answer found?

`make fuzz` asks many more. A failure names the command that runs it again.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from tests.fuzz.data import NULLS
from tests.fuzz.org import Org, random_org
from tests.fuzz.report import data_lines
from tests.fuzz.run import Fuzzer, Kind

from isthmus.org.query.bound import AnyOf
from isthmus.org.query.sql.conditions import ConditionWriter

SEED = 7
QUERIES = 300


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    with random_org(SEED, tmp_path_factory.mktemp("fuzz")) as org:
        yield org


def test_both_databases_answer_as_the_evaluator_does(
    org: Org, record_property: Callable[[str, object], None]
) -> None:
    tally = Fuzzer(org).run("right", SEED, range(QUERIES))
    assert not tally.problems, "\n\n".join(tally.problems)
    assert tally.filled >= QUERIES / 2
    record_property("says", f"fuzz: {QUERIES} queries, {tally.filled} with rows")


@pytest.mark.parametrize("kind", ["wild", "text"])
def test_what_may_be_wrong_is_refused_alike_and_never_breaks_anything(org: Org, kind: Kind) -> None:
    tally = Fuzzer(org).run(kind, SEED, range(QUERIES // 2))
    assert not tally.problems, "\n\n".join(tally.problems)
    assert {f"{kind}: MALFORMED_QUERY", f"{kind}: answered"} <= tally.hits.keys()


def test_the_data_has_nulls_and_text_of_every_script(org: Org) -> None:
    told = next(data_lines(org))
    assert NULLS > 0.1
    assert "0 %" not in told.split()


def test_a_wrong_answer_is_found_made_small_and_can_be_asked_again(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is changed so that NOT IN leaves out the records that have no value."""
    right = ConditionWriter._any_of

    def careless(writer: ConditionWriter, test: AnyOf) -> str:
        text = right(writer, test)
        return text.replace(" IS NULL OR NOT (", " IS NOT NULL AND NOT (")

    monkeypatch.setattr(ConditionWriter, "_any_of", careless)
    for side in org.sides:
        monkeypatch.setattr(side, "engine", side.new_engine())
    [report] = Fuzzer(org).run("right", SEED, range(QUERIES), problems_max=1).problems
    smallest = next(line for line in report.splitlines() if "smallest:" in line)
    assert re.search(r" WHERE (NOT \S+ IN|\S+ NOT IN) \([^()]*\)", smallest)
    assert smallest.count(" AND ") + smallest.count(" OR ") == 0
    again = re.search(rf"make fuzz SEED={SEED} ONLY=(\d+)", report)
    assert again is not None
    number = int(again[1])
    assert Fuzzer(org).run("right", SEED, range(number, number + 1)).problems == [report]
    monkeypatch.undo()
    assert Fuzzer(org).run("right", SEED, range(number, number + 1)).problems == []
