"""TYPEOF: what a query of several objects may hold, and how its rows are read."""

import pytest
from tests.unit.org.query.asking import planned
from tests.unit.org.query.objects import (
    ACCOUNT,
    CREATED_DATE,
    GROUP,
    NAME,
    SCHEMA,
    USER,
    reference,
    sobject,
    text,
)

from isthmus.kernel.errors import Fault
from isthmus.org.query.bind.scope import RELATIONSHIPS_MAX
from isthmus.org.query.result import Parent, Typeof
from isthmus.org.schema.model import Schema, SObjectType

KINDS = [sobject(f"Kind{n}__c", f"a{n:02}", text("Name", name_field=True)) for n in range(60)]
MANY = sobject("Many__c", "b00", reference("To__c", *(each.name for each in KINDS)), CREATED_DATE)
CHILD = sobject("Child__c", "b01", reference("Many__c", "Many__c"))
MANY_KINDS = Schema((*KINDS, MANY, CHILD, ACCOUNT, USER, GROUP, NAME))


def of_kinds(kinds: list[SObjectType]) -> str:
    whens = " ".join(f"WHEN {each.name} THEN Name" for each in kinds)
    return f"SELECT TYPEOF To__r {whens} END FROM Many__c"


def test_each_type_counts_as_a_relationship() -> None:
    planned(of_kinds(KINDS[: RELATIONSHIPS_MAX - 1]), schema=MANY_KINDS)
    with pytest.raises(Fault) as caught:
        planned(of_kinds(KINDS[:RELATIONSHIPS_MAX]), schema=MANY_KINDS)
    assert caught.value.entry.name == "query_limit_exceeded"


def test_it_may_be_of_a_parents_lookup() -> None:
    soql = "SELECT TYPEOF Many__r.To__r WHEN Kind1__c THEN Name END, Many__r.CreatedDate FROM Child__c"
    plan, _ = planned(soql, schema=MANY_KINDS)
    [many] = plan.shape.items
    assert isinstance(many, Parent)
    what, made = many.shape.items
    assert isinstance(what, Typeof)
    assert (what.key, [kind for kind, _ in what.branches], made.key) == ("To__r", ["Kind1__c"], "CreatedDate")


def test_there_are_no_functions_beside_it() -> None:
    with pytest.raises(Fault) as caught:
        planned(
            "SELECT FORMAT(CreatedDate) made, TYPEOF To__r WHEN Kind1__c THEN Name END FROM Many__c",
            schema=MANY_KINDS,
        )
    assert caught.value.entry.name == "typeof_malformed"


def test_a_record_is_known_by_the_row_that_all_types_share() -> None:
    plan, _ = planned("SELECT TYPEOF What WHEN Account THEN Id, Name ELSE Id END FROM Task", schema=SCHEMA)
    [what] = plan.shape.items
    assert isinstance(what, Typeof)
    [(kind, account)] = what.branches
    assert what.otherwise is not None
    assert (kind, account.id_index, what.otherwise.id_index) == ("Account", what.present, what.present)
    assert [each.key for each in what.shape.items] == ["Id", "Name"]
    assert 't2."Name"' in plan.page.sql
