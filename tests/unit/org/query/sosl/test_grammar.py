"""What do the clauses of a search say, and what is said of those that are wrong?"""

import pytest
from tests.unit.org.query.sosl.drawing import drawn

from isthmus.org.query.parser.syntax import Path
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.sosl.grammar import LENGTH_MAX, parse, parse_returned
from isthmus.org.query.sosl.problem import as_search_fault
from isthmus.org.query.sosl.syntax import GROUPS, Returned
from isthmus.org.search.fields import Group


def told(returned: Returned) -> str:
    names = [str(each.expression) for each in returned.items if isinstance(each.expression, Path)]
    parts = [str(returned.sobject), f"({', '.join(names)})" if names else ""]
    parts += [
        "where" if returned.where else "",
        f"order {len(returned.order_by)}" if returned.order_by else "",
    ]
    parts += [f"limit {returned.limit}" if returned.limit is not None else ""]
    parts += [f"offset {returned.offset}" if returned.offset else "", "priced" if returned.price_book else ""]
    return " ".join(filter(None, parts))


def message(sosl: str) -> str:
    with pytest.raises(SoqlProblem) as caught:
        parse(sosl)
    fault = as_search_fault(sosl, caught.value)
    return f"{fault.code}: {fault.message}"


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("lead", ["lead"]),
        ("lead(name, phone)", ["lead (name, phone)"]),
        ("Contact, Lead", ["Contact", "Lead"]),
        ("Account(Name LIMIT 10), Contact", ["Account (Name) limit 10", "Contact"]),
        ("Account(Name ORDER BY Name)", ["Account (Name) order 1"]),
        ("Account(Name, Id ORDER BY Name DESC NULLS last, Id)", ["Account (Name, Id) order 2"]),
        ("Account(id WHERE createddate = THIS_FISCAL_QUARTER)", ["Account (id) where"]),
        ("Account(Name WHERE Id IN (SELECT AccountId FROM Contact))", ["Account (Name) where"]),
        ("Account(Id LIMIT 5 OFFSET 7)", ["Account (Id) limit 5 offset 7"]),
        ("Account(Offset, Order)", ["Account (Offset, Order)"]),
        ("Account(id OFFSET 3)", ["Account (id) offset 3"]),
        ("Lead(company, Recordtype.Name)", ["Lead (company, Recordtype.Name)"]),
        (
            "Product2(Id), Account WITH PricebookId = '01sxx0000002MffAAE'",
            ["Product2 (Id) priced", "Account"],
        ),
    ],
)
def test_returning(clause: str, expected: list[str]) -> None:
    search = parse(f"find {{Joe Smith}} IN Name Fields RETURNING {clause}")
    assert search.returned is not None
    assert [told(each) for each in search.returned] == expected
    assert search.groups == GROUPS["NAME"]
    assert drawn(search.expression) == "(joe smith)"


def test_a_search_may_say_nothing_but_its_term() -> None:
    search = parse(" FIND{joe} ")
    assert (search.returned, search.limit, search.groups) == (None, None, GROUPS["ALL"])


def test_every_clause_in_its_order() -> None:
    search = parse(
        "FIND {joe} IN SIDEBAR FIELDS RETURNING Account(Name), Contact WITH METADATA = 'LABELS' "
        "WITH SPELL_CORRECTION = false LIMIT 20"
    )
    assert (search.labels, search.highlight) == (True, False)
    assert parse("FIND {joe} WITH HIGHLIGHT").highlight
    assert search.limit == 20
    assert search.groups == GROUPS["ALL"] - {Group.LONG}


@pytest.mark.parametrize(
    "sosl",
    ["", "SELECT Id FROM Account", "FIND 'Jones' IN ALL FIELDS", "FIND joe", '"FIND {joe}"', "FINDx {joe}"],
)
def test_a_term_stands_in_braces(sosl: str) -> None:
    wanted = "MALFORMED_SEARCH: No search term found. The search term must be enclosed in braces."
    assert message(sosl) == wanted


def test_a_wrong_group_is_pointed_at() -> None:
    # recorded: github.com/jesperfj/force-rest-api pull request 92
    assert message("FIND {name} IN ALL TYPE RETURNING Account(name)") == (
        "MALFORMED_SEARCH: \nFIND {name} IN ALL TYPE RETURNING Account(name)\n                  ^\n"
        "ERROR at Row:1:Column:19\nMalformed search token: TYPE"
    )
    assert message("FIND {MyProspect} IN Accounts").endswith("Malformed search token: Accounts")
    assert message("FIND {MyProspect} IN").endswith("unexpected token: <EOF>")


@pytest.mark.parametrize(
    ("clause", "token"),
    [
        ("RETURNING", "<EOF>"),
        ("RETURNING Account(WHERE Name LIKE 'test')", "'WHERE'"),
        ("RETURNING Account(ORDER BY Id)", "'ORDER'"),
        ("RETURNING Account(LIMIT 10)", "'LIMIT'"),
        ("RETURNING Account(OFFSET 25)", "'OFFSET'"),
        ("RETURNING Account()", "')'"),
        ("RETURNING Account(Name", "<EOF>"),
        ("RETURNING Account(Name LIMIT x)", "'x'"),
        ("RETURNING Account(Name OFFSET 5 LIMIT 5)", "'LIMIT'"),
        ("RETURNING Account, ", "<EOF>"),
        ("LIMIT -1", "'-1'"),
        ("LIMIT 5 LIMIT 6", "'LIMIT'"),
        ("WITH METADATA = 'ALL'", "''ALL''"),
        ("WITH SPELL_CORRECTION = 1", "'1'"),
        ("ORDER BY Name", "'ORDER'"),
    ],
)
def test_what_may_not_stand_there_is_named(clause: str, token: str) -> None:
    found = message(f"FIND {{joe}} {clause}")
    assert found.startswith("MALFORMED_SEARCH: ")
    assert found.endswith(f"unexpected token: {token}")


@pytest.mark.parametrize(
    ("clause", "feature"),
    [
        ("RETURNING Account(Id USING ListView=Recent)", "USING ListView"),
        (
            "RETURNING KnowledgeArticleVersion(Id) WITH DATA CATEGORY Location__c AT America__c",
            "WITH DATA CATEGORY",
        ),
        ("WITH DIVISION = 'Global'", "WITH DIVISION"),
        ("WITH NETWORK IN ('a')", "WITH NETWORK"),
        ("WITH NETWORK = 'a'", "WITH NETWORK"),
        ("WITH SNIPPET (target_length=120)", "WITH SNIPPET"),
        ("WITH PricebookId = '01s'", "WITH PricebookId without Product2 in RETURNING"),
        ("UPDATE TRACKING", "UPDATE TRACKING"),
        ("RETURNING Account LIMIT 5 UPDATE VIEWSTAT", "UPDATE VIEWSTAT"),
    ],
)
def test_what_is_not_run_is_refused_in_so_many_words(clause: str, feature: str) -> None:
    found = message(f"FIND {{joe}} {clause}")
    assert found.startswith("MALFORMED_SEARCH: ")
    assert found.endswith(f"{feature} is not supported here")


def test_a_statement_has_a_bound() -> None:
    filling = " " * (LENGTH_MAX - len("FIND {joe}"))
    assert parse("FIND {joe}" + filling).expression is not None
    assert message("FIND {joe}" + filling + " ").startswith(
        "MALFORMED_SEARCH: SOSL statements cannot be longer"
    )


def test_what_braces_hold_is_no_part_of_the_clauses() -> None:
    search = parse(
        r"FIND {it\'s RETURNING \} 'Lead} RETURNING Account(Name WHERE Name = 'x')".replace("'L", "L")
    )
    assert search.returned is not None
    assert [told(each) for each in search.returned] == ["Account (Name) where"]


def test_an_object_by_itself() -> None:
    assert told(parse_returned("Account(Id WHERE Name = 'x' LIMIT 3)")) == "Account (Id) where limit 3"
    with pytest.raises(SoqlProblem):
        parse_returned("Account(Id), Contact")
