"""Clauses: where they may stand, and of what objects."""

import pytest
from tests.unit.org.query.asking import planned
from tests.unit.org.query.entries import FIXTURES, Entry, entries

from isthmus.kernel.errors import Fault


@pytest.mark.parametrize("entry", entries(FIXTURES / "clauses.soql"))
def test_what_a_clause_is_refused_for(entry: Entry) -> None:
    (code, *column), message = entry.expected[0].split(), entry.expected[1]
    with pytest.raises(Fault) as refused:
        planned(entry.text)
    assert refused.value.code == code
    assert refused.value.message.splitlines()[-1] == message
    assert refused.value.position == ((1, int(column[0])) if column else None)


@pytest.mark.parametrize("scope", ["everything", "EVERYTHING", "Everything"])
def test_every_object_has_the_scope_of_everything(scope: str) -> None:
    plan, _ = planned(f"SELECT Id FROM Account USING SCOPE {scope}")
    assert plan.page.sql == planned("SELECT Id FROM Account")[0].page.sql
