"""Does the corpus hold a case for each production of SOQL, and for each operator on each type of field?"""

from dataclasses import replace

import pytest
from tests.conformance.corpus import Case, Step, load
from tests.conformance.coverage import ALLOWED, WANTED, AnyVariables, coverage, field_types, queries
from tests.conformance.grammar import GRAMMAR, NotAQuery

CASES = [case for area in load() for case in area.cases]


def case(soql: str, status: int = 200) -> Case:
    return Case("area", "name", "a source", "known", Step(soql=soql, status=status))


def test_every_production_has_a_case() -> None:
    assert sorted(WANTED.productions - coverage(CASES).productions) == []


def test_every_operator_has_a_case_for_every_type_of_field() -> None:
    assert sorted(WANTED.cells - coverage(CASES).cells) == []


def test_the_grammar_knows_every_query_that_must_be_answered() -> None:
    unknown = []
    for soql in (soql for each in CASES for soql, answered in queries(each) if answered):
        try:
            GRAMMAR.tree(soql)
        except NotAQuery:
            unknown.append(soql)
    assert unknown == []


def test_every_section_is_named_once_and_every_refusal_is_of_a_production() -> None:
    assert GRAMMAR.refused.keys() <= GRAMMAR.countable
    assert {"clause", "reserved"} == GRAMMAR.sections.keys() - GRAMMAR.countable


@pytest.mark.parametrize(
    ("soql", "production", "text"),
    [
        ("SELECT Id FROM Account ORDER BY Name", "order_by", "ORDER BY Name"),
        ("SELECT Id FROM Account a", "object_alias", "a"),
        ("SELECT Id FROM A WHERE B = 'it''s'", None, ""),
        (r"SELECT Id FROM A WHERE B LIKE 'a\_b%'", "escaped_underscore", r"\_"),
        ("SELECT Id FROM A WHERE B = 1 AND C = 2 OR D = 3", None, ""),
        ("SELECT Id FROM A WHERE B NOT IN (1, null)", "not_in_list", "B NOT IN (1, null)"),
        ("SELECT Id FROM A WHERE B INCLUDES ('x;y', 'z')", "chosen_together", "'x;y'"),
        ("SELECT TYPEOF What WHEN Account THEN Phone ELSE Name END FROM Task", "else", "ELSE Name"),
        ("SELECT COUNT(Id) n FROM A GROUP BY CUBE(B, C__c)", "cube", "CUBE(B, C__c)"),
        ("SELECT Id FROM A LIMIT", None, ""),
    ],
)
def test_a_query_is_cut_into_productions(soql: str, production: str | None, text: str) -> None:
    if production is None:
        with pytest.raises(NotAQuery):
            GRAMMAR.tree(soql)
    else:
        assert GRAMMAR.tree(soql).first(production).text == text


def test_only_an_answered_query_covers_what_must_be_answered() -> None:
    refused = case("SELECT Id FROM Account WHERE Name LIKE 'x%'", 400)
    assert coverage([refused]).productions == frozenset()
    assert "like" in coverage([replace(refused, step=replace(refused.step, status=200))]).productions


def test_only_a_refused_query_covers_an_operator_that_must_be_refused() -> None:
    soql = "SELECT Id FROM Conformance_Item__c WHERE Secret__c = 'x'"
    assert ("encryptedstring", "=") not in ALLOWED
    assert coverage([case(soql)]).cells == frozenset()
    assert coverage([case(soql, 400)]).cells == {("encryptedstring", "=")}
    assert coverage([case(f"{soql} AND Text__c = 'x'", 400)]).cells == frozenset()


def test_a_comparison_counts_for_its_own_object_and_type() -> None:
    soql = "SELECT Id FROM Account WHERE NumberOfEmployees != null AND Id IN (SELECT Account__c FROM "
    soql += "Conformance_Item__c WHERE Day__c <> TODAY AND Code__c IN ('x') AND Account__r.Name = 'y')"
    cells = {("int", "!= null"), ("date", "!="), ("string, case-sensitive", "IN")}
    assert coverage([case(soql)]).cells == cells


def test_what_is_left_is_named_up_to_a_dozen() -> None:
    first, second = coverage(()).lines("have a case")
    assert first.count(";") == 13
    assert first.endswith(f"; and {len(WANTED.productions) - 12} more")
    assert first.startswith(
        f"productions of SOQL: 0 of {len(WANTED.productions)} have a case; not: aggregate; "
    )
    assert second.startswith("operators by field type: 0 of ")
    assert coverage(CASES).lines("have a case")[0].endswith(" have a case")


def test_the_types_of_the_project_s_fields_are_known() -> None:
    assert set(field_types().values()) == {kind for kind, _ in WANTED.cells}


def test_any_variable_has_a_value() -> None:
    assert AnyVariables().expand("{{a}} {{today}} {{b|15}}") == "x 2026-01-09 x"
