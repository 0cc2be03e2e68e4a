"""Whatever is asked ends in a plan or in a fault, never in another exception."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.org.query.asking import planned
from tests.unit.org.query.entries import FIXTURES

from isthmus.kernel.database import POSTGRESQL, SQLITE
from isthmus.kernel.errors import Fault

WORDS = sorted(
    {
        word
        for name in ("language.soql", "errors.soql")
        for line in (FIXTURES / name).read_text("utf-8").splitlines()
        if line and line[0] not in "#;"
        for word in line.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split()
    }
)
FIELDS = [
    "Id",
    "Name",
    "Industry",
    "AnnualRevenue",
    "CreatedDate",
    "Owner.IsActive",
    "ParentId",
    "Parent.Name",
]
OPERATORS = ["=", "!=", "<", "<=", ">", ">=", "LIKE", "IN", "NOT IN", "INCLUDES", "EXCLUDES"]
VALUES = [
    "null", "true", "'x'", "''", "'a%'", "'%_'", "'\\n'", "5", "-1.5", "9" * 30, "2026-01-09",
    "2026-01-09T00:00:00Z", "TODAY", "LAST_N_DAYS:3", "N_YEARS_AGO:99999999", "('a', null)", "(1)", "(TODAY)",
    "(" + ",".join(["'001000000000001'"] * 40) + ")",
]  # fmt: skip


def ask(soql: str) -> None:
    for dialect in (SQLITE, POSTGRESQL):
        with suppress(Fault):
            planned(soql, dialect=dialect)


@given(st.text())
def test_any_text(text: str) -> None:
    ask(text)


@given(st.binary(max_size=80))
def test_any_text_after_a_good_beginning(data: bytes) -> None:
    ask("SELECT Id FROM Account WHERE Name = " + data.decode("utf-8", "surrogateescape"))


@given(st.lists(st.sampled_from(WORDS), max_size=25))
@settings(max_examples=300)
def test_any_words_of_the_language(words: list[str]) -> None:
    ask(" ".join(words))


conditions = st.recursive(
    st.tuples(st.sampled_from(FIELDS), st.sampled_from(OPERATORS), st.sampled_from(VALUES)).map(" ".join),
    lambda inside: st.one_of(
        inside.map("(NOT {})".format),
        st.lists(inside, min_size=2, max_size=4).map(lambda parts: f"({' AND '.join(parts)})"),
        st.lists(inside, min_size=2, max_size=4).map(lambda parts: f"({' OR '.join(parts)})"),
    ),
)


@given(conditions, st.sampled_from(FIELDS), st.sampled_from(["", "DESC", "NULLS LAST", "DESC NULLS FIRST"]))
@settings(max_examples=300)
def test_any_condition(condition: str, field: str, direction: str) -> None:
    ask(f"SELECT Id, {field} FROM Account WHERE {condition} ORDER BY {field} {direction} LIMIT 3")
