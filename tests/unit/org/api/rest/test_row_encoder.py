"""Are rows the JSON of the REST API? Shapes made by hand, one for each kind of item."""

import json
from typing import Any

import pytest

from isthmus.org.api.rest.row_encoder import RowEncoders, encode
from isthmus.org.org import (
    Children,
    ChildRows,
    Column,
    Compound,
    Item,
    Locator,
    Parent,
    ResultRow,
    Shape,
    Typeof,
)
from isthmus.org.schema.model import Field, FieldType, SObjectType

TEXT = FieldType.STRING
SOBJECTS = "/services/data/v65.0/sobjects/"


def sobject(name: str, prefix: str | None = "001") -> SObjectType:
    return SObjectType(name, name, name + "s", prefix, ())


def column(name: str, index: int, kind: FieldType = TEXT) -> Column:
    return Column(name, Field(name, name, kind), index)


def shape(name: str, *items: Item, id_index: int | None = 0) -> Shape:
    return Shape(sobject(name), items, id_index)


def records(of: Shape, *rows: ResultRow, version: int = 65) -> list[dict[str, Any]]:
    text = encode(RowEncoders().get(of, version)(list(rows)))
    made: list[dict[str, Any]] = json.loads(text)
    return made


def attributes(kind: str, record_id: str) -> dict[str, str]:
    return {"type": kind, "url": f"{SOBJECTS}{kind}/{record_id}"}


@pytest.mark.parametrize(
    ("kind", "stored", "expected"),
    [
        (TEXT, "Müller & Söhne", "Müller & Söhne"),
        (TEXT, '"quoted" \\ \u2028 \x07', '"quoted" \\ \u2028 \x07'),
        (TEXT, None, None),
        (FieldType.BOOLEAN, 1, True),
        (FieldType.BOOLEAN, 0, False),
        (FieldType.INT, 42, 42),
        (FieldType.DOUBLE, 1.5, 1.5),
        (FieldType.CURRENCY, 12000000.0, 12000000.0),
        (FieldType.CURRENCY, None, None),
        (FieldType.DATE, 1767916800000, "2026-01-09"),
        (FieldType.DATE, None, None),
        (FieldType.DATETIME, 1767981801000, "2026-01-09T18:03:21.000+0000"),
        (FieldType.DATETIME, None, None),
        (FieldType.TIME, 34200000, "09:30:00.000Z"),
        (FieldType.BASE64, "sha256-abc", SOBJECTS + "Document/015A/F"),
        (FieldType.BASE64, None, None),
    ],
)
def test_a_value_has_the_form_of_its_type(
    kind: FieldType, stored: str | float | None, expected: object
) -> None:
    [record] = records(shape("Document", column("F", 1, kind)), ("015A", stored))
    assert record == {"attributes": attributes("Document", "015A"), "F": expected}


def test_text_is_utf_8_not_escaped() -> None:
    text = encode(RowEncoders().get(shape("A", column("Name", 1)), 65)([("1", "é")]))
    assert "é".encode() in text


def test_keys_come_in_the_order_of_the_query() -> None:
    [record] = records(shape("A", column("B", 2), column("Id", 0), column("A", 1)), ("001A", "a", "b"))
    assert list(record) == ["attributes", "B", "Id", "A"]


def test_the_version_is_in_the_url() -> None:
    [record] = records(shape("A", column("Id", 0)), ("001A",), version=31)
    assert record["attributes"]["url"] == "/services/data/v31.0/sobjects/A/001A"


def test_a_compound_is_null_when_every_part_is() -> None:
    address = Compound(
        "BillingAddress",
        Field("BillingAddress", "Billing Address", FieldType.ADDRESS),
        (("city", column("BillingCity", 1)), ("latitude", column("BillingLatitude", 2, FieldType.DOUBLE))),
    )
    some, none = records(shape("Account", address), ("001A", None, 1.5), ("001B", None, None))
    assert some["BillingAddress"] == {"city": None, "latitude": 1.5}
    assert none["BillingAddress"] is None


def test_a_parent_is_null_where_there_is_none() -> None:
    owner = Parent("Owner", shape("User", column("Name", 3), id_index=2), present=2)
    account = Parent("Account", shape("Account", column("Name", 1), owner, id_index=4), present=4)
    of = shape("Contact", column("Id", 0), account)
    deep, flat, none = records(
        of,
        ("003A", "Acme", "005A", "Ada", "001A"),
        ("003B", "Acme", None, None, "001A"),
        ("003C", None, None, None, None),
    )
    assert deep["Account"] == {
        "attributes": attributes("Account", "001A"),
        "Name": "Acme",
        "Owner": {"attributes": attributes("User", "005A"), "Name": "Ada"},
    }
    assert flat["Account"]["Owner"] is None
    assert none["Account"] is None


def test_a_polymorphic_parent_is_of_its_actual_type() -> None:
    who = Parent("Who", Shape(sobject("Name", None), (column("Name", 3),), 1), present=1, type_index=2)
    of = shape("Task", who)
    lead, contact, none = records(
        of, ("00TA", "00QA", "Lead", "L"), ("00TB", "003A", "Contact", "C"), ("00TC", None, None, None)
    )
    assert lead["Who"] == {"attributes": attributes("Lead", "00QA"), "Name": "L"}
    assert contact["Who"]["attributes"] == attributes("Contact", "003A")
    assert none["Who"] is None


def test_a_parent_of_several_types_has_the_fields_of_its_own() -> None:
    account = shape("Account", column("Phone", 3), id_index=1)
    deal = shape("Opportunity", column("Amount", 4, FieldType.CURRENCY), id_index=1)
    other = Shape(sobject("Name", None), (column("Name", 5),), 1)
    every = Shape(other.sobject, (*account.items, *deal.items, *other.items), 1)
    types = (("Account", account), ("Opportunity", deal))
    rows: list[ResultRow] = [
        ("00TA", "001A", "Account", "555", None, "Acme"),
        ("00TB", "006A", "Opportunity", None, 12.5, "Deal"),
        ("00TC", "500A", "Case", None, None, "Help"),
        ("00TD", None, None, None, None, None),
    ]
    found = records(shape("Task", Typeof("What", every, types, other, 1, 2)), *rows)
    assert [each["What"] for each in found] == [
        {"attributes": attributes("Account", "001A"), "Phone": "555"},
        {"attributes": attributes("Opportunity", "006A"), "Amount": 12.5},
        {"attributes": attributes("Case", "500A"), "Name": "Help"},
        None,
    ]
    found = records(shape("Task", Typeof("What", every, types, None, 1, 2)), *rows)
    assert [each["What"] is None for each in found] == [False, False, True, True]


def test_children_are_a_result_of_their_own() -> None:
    contacts = Children("Contacts", shape("Contact", column("LastName", 1)), 1)
    of = shape("Account", contacts)
    whole, paged, none = records(
        of,
        ("001A", ChildRows(1, [("003A", "Ada")])),
        ("001B", ChildRows(500, [("003B", "Bob")], Locator("0r8000000000001AAA", 200))),
        ("001C", None),
    )
    assert whole["Contacts"] == {
        "totalSize": 1,
        "done": True,
        "records": [{"attributes": attributes("Contact", "003A"), "LastName": "Ada"}],
    }
    assert list(paged["Contacts"]) == ["totalSize", "done", "nextRecordsUrl", "records"]
    assert paged["Contacts"]["done"] is False
    assert paged["Contacts"]["nextRecordsUrl"] == "/services/data/v65.0/query/0r8000000000001AAA-200"
    assert none["Contacts"] is None


def test_two_child_queries_keep_apart() -> None:
    of = shape(
        "Account",
        Children("Contacts", shape("Contact", column("Id", 0)), 1),
        Children("Cases", shape("Case", column("Id", 0)), 2),
    )
    [record] = records(of, ("001A", ChildRows(1, [("003A",)]), ChildRows(1, [("500A",)])))
    assert record["Contacts"]["records"][0]["Id"] == "003A"
    assert record["Cases"]["records"][0]["attributes"]["type"] == "Case"


def test_an_aggregate_has_no_url() -> None:
    [record] = records(shape("Account", column("expr0", 0, FieldType.INT), id_index=None), (7,))
    assert record == {"attributes": {"type": "AggregateResult"}, "expr0": 7}


def test_a_name_is_never_more_than_a_name() -> None:
    name = "x'\"}\\]; import os #{r[9]}\n"
    [record] = records(shape(name, column(name, 1)), ("001A", "v"))
    assert record == {"attributes": attributes(name, "001A"), name: "v"}


def test_an_encoder_is_kept_with_its_shape() -> None:
    encoders = RowEncoders()
    shapes = [shape("A", column("Id", 0)) for _ in range(600)]
    made = [encoders.get(each, 65) for each in shapes]
    assert encoders.get(shapes[-1], 65) is made[-1]
    assert encoders.get(shapes[-1], 64) is not made[-1]
    assert encoders.get(shapes[0], 65) is not made[0]
