"""Whatever is asked, both databases answer alike, and a negated condition gives the other rows."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.query.world import World, drawn

COMPARED = ["=", "!=", "<", "<=", ">", ">=", "IN", "NOT IN"]
TEXTS = ["null", "''", "'one'", "'a'", "'ACME'", "'%e'", "'a%'", "'_n%'", "'t%e'", "'Ab'", "'Media'"]
NUMBERS = ["null", "1.1", "0", "10", "9.5", "-99999999999999999999"]
DATES = ["null", "2026-01-09", "TODAY", "YESTERDAY", "LAST_YEAR", "LAST_N_DAYS:9", "NEXT_N_YEARS:3"]
INSTANTS = ["null", "2026-01-09T08:30:00Z", "TODAY", "THIS_YEAR", "N_DAYS_AGO:1"]
BOOLEANS = ["null", "true", "false"]
IDS = ["null", "'0017Ab000000001'", "'0017Ab000000005QAA'"]
SETS = ["'Red'", "'Red;Blue'", "'blue;red'", "'Green'", "'Re'"]
FIELDS = {
    "Name": (TEXTS, [*COMPARED, "LIKE"]),
    "Code__c": (TEXTS, [*COMPARED, "LIKE"]),
    "Account__r.Name": (TEXTS, [*COMPARED, "LIKE"]),
    "Account__r.Industry": (TEXTS, [*COMPARED, "LIKE"]),
    "Price__c": (NUMBERS, COMPARED),
    "Account__r.NumberOfEmployees": (NUMBERS, COMPARED),
    "Due__c": (DATES, COMPARED),
    "Account__r.CreatedDate": (INSTANTS, COMPARED),
    "Opens__c": (["null", "09:30:00Z", "09:30:00.001Z"], COMPARED),
    "Active__c": (BOOLEANS, ["=", "!=", "IN", "NOT IN"]),
    "Account__r.Owner.IsActive": (BOOLEANS, ["=", "!=", "IN", "NOT IN"]),
    "Account__c": (IDS, COMPARED),
    "Account__r.Parent.Id": (IDS, COMPARED),
    "Colours__c": (SETS, ["=", "!=", "IN", "NOT IN", "INCLUDES", "EXCLUDES"]),
}
LONG = {
    "Name": ",".join(["'one'", *(f"'{n}'" for n in range(40))]),
    "Price__c": ",".join(["1.1", *(f"{n}.5" for n in range(40))]),
    "Due__c": ",".join(f"2026-01-{n:02}" for n in range(1, 32)) + ",2026-02-01,2026-02-02,2026-02-03",
    "Colours__c": ",".join(["'Red;Blue'", *(f"'{n}'" for n in range(40))]),
}


@st.composite
def one_test(draw: st.DrawFn) -> str:
    """A test of one field that is right for its type."""
    field = draw(st.sampled_from(sorted(FIELDS)))
    values, operators = FIELDS[field]
    operator = draw(st.sampled_from(operators))
    if operator not in ("IN", "NOT IN", "INCLUDES", "EXCLUDES"):
        allowed = [each for each in values if (operator, each) != ("LIKE", "null")]
        return f"{field} {operator} {draw(st.sampled_from(allowed))}"
    if field in LONG and draw(st.booleans()):
        return f"{field} {operator} ({LONG[field]})"
    chosen = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))
    return f"{field} {operator} ({', '.join(chosen)})"


conditions = st.recursive(
    one_test(),
    lambda inside: st.one_of(
        inside.map("(NOT {})".format),
        st.lists(inside, min_size=2, max_size=3).map(lambda parts: f"({' AND '.join(parts)})"),
        st.lists(inside, min_size=2, max_size=3).map(lambda parts: f"({' OR '.join(parts)})"),
    ),
    max_leaves=6,
)
orders = st.tuples(
    st.sampled_from(sorted(FIELDS.keys() - {"Colours__c"})),
    st.sampled_from(["", "DESC", "NULLS LAST", "DESC NULLS LAST"]),
)


def answer(world: World, soql: str) -> list[str]:
    return drawn(world.ask(soql))


@given(conditions, orders)
@settings(max_examples=300, deadline=None)
def test_databases_answer_alike(worlds: tuple[World, World], condition: str, order: tuple[str, str]) -> None:
    sqlite, postgresql = worlds
    soql = f"SELECT Name FROM Thing__c WHERE {condition} ORDER BY {' '.join(order)}"
    assert answer(sqlite, soql) == answer(postgresql, soql)


@given(conditions)
@settings(max_examples=200, deadline=None)
def test_not_gives_the_other_rows(worlds: tuple[World, World], condition: str) -> None:
    """Conditions are two-valued: a row meets a condition or its negation, never neither."""
    for world in worlds:
        found = answer(world, f"SELECT Name FROM Thing__c WHERE {condition}")
        others = answer(world, f"SELECT Name FROM Thing__c WHERE NOT ({condition})")
        assert sorted([*found, *others]) == ["one", "three", "two"]
