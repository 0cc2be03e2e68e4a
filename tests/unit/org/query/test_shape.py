"""What a row's positions mean, and how its keys are called."""

import pytest
from tests.unit.org.query.asking import planned
from tests.unit.org.query.objects import SCHEMA

from isthmus.kernel.database import SQLITE
from isthmus.org.query.point_read import ReadPlans
from isthmus.org.query.result import Children, Column, Compound, Item, Parent
from isthmus.org.schema.model import FieldType
from isthmus.org.security.access import EVERYTHING


def drawn(items: tuple[Item, ...]) -> list[object]:
    """The items as nested lists: `Name@1` for a column, its key and its place."""
    found: list[object] = []
    for item in items:
        match item:
            case Column():
                found.append(f"{item.key}@{item.index}")
            case Compound():
                found.append([item.key, *(f"{key}@{column.index}" for key, column in item.parts)])
            case Parent():
                kind = "" if item.type_index is None else f" of type@{item.type_index}"
                found.append([f"{item.key}?{item.present}{kind}", *drawn(item.shape.items)])
            case Children():
                found.append([f"{item.key}@{item.index}", *drawn(item.shape.items)])
    return found


def shape(soql: str) -> list[object]:
    return drawn(planned(soql)[0].shape.items)


def test_keys_are_canonical_and_in_the_order_of_the_text() -> None:
    assert shape("select annualrevenue, NAME, id from ACCOUNT") == ["AnnualRevenue@1", "Name@2", "Id@0"]


def test_the_id_is_fetched_though_it_is_not_asked_for() -> None:
    plan, _ = planned("SELECT Name FROM Account")
    assert plan.shape.id_index == 0
    assert drawn(plan.shape.items) == ["Name@1"]


def test_parents_nest_where_they_are_first_named() -> None:
    assert shape("SELECT account.owner.name, Id, Account.Name, Account.Owner.Id FROM Contact") == [
        ["Account?1", ["Owner?2", "Name@3", "Id@2"], "Name@4"],
        "Id@0",
    ]


def test_a_polymorphic_parent_says_its_type() -> None:
    assert shape("SELECT What.Name, What.Type FROM Task") == [["What?1 of type@2", "Name@3", "Type@2"]]


def test_custom_relationships_end_in_r() -> None:
    assert shape("SELECT account__r.Name FROM Thing__c") == [["Account__r?1", "Name@2"]]


def test_a_compound_has_its_parts_in_the_wires_order() -> None:
    assert shape("SELECT BillingCity, BillingAddress FROM Account") == [
        "BillingCity@1",
        ["BillingAddress", "city@1", "country@5", "geocodeAccuracy@8", "latitude@6", "longitude@7",
         "postalCode@4", "state@3", "street@2"],
    ]  # fmt: skip
    assert shape("SELECT Place__c FROM Thing__c") == [["Place__c", "latitude@1", "longitude@2"]]


def test_children_come_after_the_columns() -> None:
    plan, _ = planned(
        "SELECT (SELECT Account.Name FROM contacts), Name, (SELECT Id FROM Account.Things__r) FROM Account"
    )
    assert drawn(plan.shape.items) == [
        ["Contacts@2", ["Account?2", "Name@3"]],
        "Name@1",
        ["Things__r@3", "Id@0"],
    ]
    assert [each.parent for each in plan.children] == [1, 1]


def test_children_of_children_come_after_their_parents_columns() -> None:
    plan, _ = planned(
        "SELECT Id, (SELECT AccountId, (SELECT Subject FROM Contact.Tasks), Name FROM Contacts) FROM Account"
    )
    assert drawn(plan.shape.items) == [
        "Id@0",
        ["Contacts@1", "AccountId@1", ["Tasks@3", "Subject@2"], "Name@2"],
    ]
    [contacts] = plan.children
    assert (contacts.path, [each.path for each in contacts.children]) == ("Contacts", ["Contacts.Tasks"])


def test_count_has_no_items() -> None:
    assert shape("SELECT COUNT() FROM Account") == []


def test_aggregates_are_called_by_alias_or_number() -> None:
    plan, _ = planned(
        "SELECT Name n, MAX(AnnualRevenue), min(AnnualRevenue) least, Owner.Name, COUNT(Id) FROM Account"
        " GROUP BY Name, Owner.Name"
    )
    assert drawn(plan.shape.items) == ["n@0", "expr0@1", "least@2", "Name@3", "expr1@4"]
    assert (plan.shape.id_index, plan.shape.grouped) == (None, True)
    written = [item.aggregate for item in plan.shape.items if isinstance(item, Column)]
    assert written == [None, "MAX(AnnualRevenue)", "min(AnnualRevenue)", None, "COUNT(Id)"]


@pytest.mark.parametrize(
    ("aggregate", "kind"),
    [
        ("COUNT(Id)", FieldType.INT),
        ("COUNT_DISTINCT(Industry)", FieldType.INT),
        ("SUM(AnnualRevenue)", FieldType.CURRENCY),
        ("SUM(NumberOfEmployees)", FieldType.INT),
        ("AVG(NumberOfEmployees)", FieldType.DOUBLE),
        ("MIN(CreatedDate)", FieldType.DATETIME),
        ("MAX(Industry)", FieldType.STRING),
        ("MAX(OwnerId)", FieldType.REFERENCE),
    ],
)
def test_an_aggregate_is_of_a_type(aggregate: str, kind: FieldType) -> None:
    [item] = planned(f"SELECT {aggregate} FROM Account")[0].shape.items
    assert isinstance(item, Column)
    assert item.field.type is kind


def test_an_alias_or_the_objects_name_may_begin_a_path() -> None:
    assert shape("SELECT a.Name, Account.Id FROM Account A") == ["Name@1", "Id@0"]


def test_parents_named_in_from_are_the_same_parents() -> None:
    wanted = ["LastName@1", ["Account?2", "Name@3", ["Owner?4", "Name@5"]]]
    fields = "SELECT c.LastName, a.Name, o.Name"
    assert shape(f"{fields} FROM Contact c, c.Account a, a.Owner o") == wanted
    assert shape(f"{fields} FROM Contact c, Contact.Account a, Account.Owner o") == wanted
    assert shape(f"{fields} FROM Contact c, c.Account a, c.Account.Owner o") == wanted
    assert shape("SELECT LastName, a.Name, Account.Owner.Name FROM Contact c, c.Account AS a") == wanted
    assert shape("SELECT LastName, Account.Name, Account.Owner.Name FROM Contact, Contact.Account") == wanted


def test_a_point_read_has_every_field_in_describe_order() -> None:
    thing = SCHEMA["Thing__c"]
    plan = ReadPlans().read_plan(SCHEMA, "thing__c", None, EVERYTHING, SQLITE)
    assert [item.key for item in plan.shape.items] == [field.name for field in thing.fields]
    assert plan.sql.endswith('FROM "Thing__c" AS t0 WHERE t0."Id" = ?')


def test_a_point_read_of_some_fields_adds_the_id() -> None:
    plan = ReadPlans().read_plan(SCHEMA, "Account", ["NAME", "name"], EVERYTHING, SQLITE)
    assert drawn(plan.shape.items) == ["Name@1", "Id@0"]
    assert plan.sql == 'SELECT t0."Id", t0."Name", t0."IsDeleted" FROM "Account" AS t0 WHERE t0."Id" = ?'
