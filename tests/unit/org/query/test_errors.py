"""What is wrong with a query, said in the platform's own form."""

import pytest
from tests.unit.org.query.asking import planned
from tests.unit.org.query.entries import FIXTURES, Entry, entries
from tests.unit.org.query.objects import HUBS

from isthmus.kernel.errors import Fault
from isthmus.org.query.plans import Plans


def fault_of(soql: str, plans: Plans | None = None) -> Fault:
    with pytest.raises(Fault) as caught:
        planned(soql, plans=plans)
    return caught.value


@pytest.mark.parametrize(
    "entry", [*entries(FIXTURES / "errors.soql"), *entries(FIXTURES / "function_errors.soql")]
)
def test_a_broken_query_says_what_and_where(entry: Entry) -> None:
    code, *message = entry.expected
    found = fault_of(entry.text)
    assert found.code == code
    assert found.message == ("\n" if len(message) > 1 else "") + "\n".join(message)
    assert found.status == 400
    if len(message) > 1:
        assert f"ERROR at Row:{found.position[0]}:Column:{found.position[1]}" in found.message  # type: ignore[index]


@pytest.mark.parametrize("entry", entries(FIXTURES / "unsupported.soql"))
def test_what_is_not_run_says_so(entry: Entry) -> None:
    found = fault_of(entry.text)
    assert found.code == "MALFORMED_QUERY"
    assert found.message.endswith(f"\n{entry.expected[0]} is not supported here")


NESTED = "SELECT Id, (SELECT Id, (SELECT Id FROM Tasks) FROM Contacts) FROM Account"


def test_children_of_children_are_known_since_58() -> None:
    plans = Plans()
    planned(NESTED, plans=plans, api_version=58)
    with pytest.raises(Fault) as caught:
        planned(NESTED, plans=plans, api_version=57)
    assert caught.value.entry.name == "children_too_deep"
    assert caught.value.message.endswith(
        "\nSOQL statements cannot query aggregate relationships more than 1 level away from the root entity"
        " object."
    )


def test_a_missing_query_is_asked_for() -> None:
    assert fault_of(" \n").message == "A query string has to be specified"  # query_missing


def test_a_query_has_a_longest_length() -> None:
    longest = "SELECT Id FROM Account WHERE Name = 'x'".ljust(100_000)
    planned(longest)
    assert fault_of(longest + " ").entry.name == "query_too_long"


def test_a_text_has_a_longest_length() -> None:
    planned(f"SELECT Id FROM Account WHERE Name = '{'x' * 4000}'")
    found = fault_of(f"SELECT Id FROM Account WHERE Name = '{'x' * 4001}'")
    assert found.entry.name == "text_literal_too_long"
    assert fault_of(f"SELECT Id FROM Account WHERE Name LIKE '{'x' * 4001}'").entry == found.entry


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id FROM Account WHERE " + "(" * 5000 + "Name = 'x'" + ")" * 5000,
        "SELECT " + "f(" * 5000 + "x" + ")" * 5000 + " FROM Account",
        "SELECT " + "(SELECT " * 5000,
    ],
)
def test_nesting_has_a_bound(soql: str) -> None:
    assert fault_of(soql).code == "QUERY_TOO_COMPLICATED"


def test_the_number_of_parameters_has_a_bound() -> None:
    one = "AnnualRevenue IN (" + ",".join("1" * 32) + ")"
    planned(f"SELECT Id FROM Account WHERE {' OR '.join([one] * 900)}")
    found = fault_of(f"SELECT Id FROM Account WHERE {' OR '.join([one] * 1000)}")
    assert found.entry.name == "query_too_complicated"


@pytest.mark.parametrize(
    ("soql", "what"),
    [
        ("SELECT Id FROM Contact ORDER BY " + ", ".join(["Name"] * 33), "fields in ORDER BY"),
        ("SELECT " + ", ".join(f"(SELECT Id FROM Kin{n}__r)" for n in range(21)) + " FROM Hub__c", "child"),
        ("SELECT " + ", ".join(f"(SELECT Id, (SELECT Id FROM Kin{n}__r) FROM Kin{n}__r)" for n in range(11))
         + " FROM Hub__c", "child"),
        ("SELECT Id FROM Hub__c WHERE " + ".".join(["To1__r"] * 6) + ".Name = null", "levels"),
        ("SELECT Id FROM Hub__c a, a.To1__r.To1__r.To1__r b, b.To1__r.To1__r.To1__r c", "levels"),
        ("SELECT " + ", ".join(f"To{n}__r.Name" for n in range(56)) + " FROM Hub__c", "relationships"),
    ],
)  # fmt: skip
def test_a_query_has_a_bound_of_parts(soql: str, what: str) -> None:
    with pytest.raises(Fault) as caught:
        planned(soql, schema=HUBS)
    assert caught.value.entry.name == "query_limit_exceeded"
    assert what in caught.value.message


def test_a_wrong_literal_is_pointed_at_in_its_own_text_though_the_plan_is_known() -> None:
    plans = Plans()
    planned("SELECT Id FROM Account WHERE Id = '001000000000001AAA'", plans=plans)
    found = fault_of("SELECT Id\nFROM Account\nWHERE   Id = 'abc'", plans)
    assert len(plans) == 1
    assert found.position == (3, 9)
    assert found.message == "\nWHERE   Id = 'abc'\n        ^\nERROR at Row:3:Column:9\ninvalid ID field: abc"
