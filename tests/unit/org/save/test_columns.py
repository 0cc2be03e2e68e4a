"""Columns: does a field take what it should, and refuse the rest in the platform's words?"""

import pytest
from tests.contract.save.world import ORDER, SCHEMA, USER_ID

from isthmus.kernel.errors import RowError
from isthmus.org.save.columns import Column
from isthmus.org.schema.values import Stored


def put(field: str, raw: object, truncate: bool = False) -> tuple[Stored, RowError | None]:
    """The stored value and the error, one of them None."""
    found = ORDER.field(field)
    assert found is not None
    values: dict[str, Stored] = {}
    error = Column(found, SCHEMA).put(values, raw, truncate)
    return values.get(found.name), error


@pytest.mark.parametrize(
    ("field", "raw", "stored"),
    [
        ("Name", "  Acme ", "Acme"),
        ("Name", "", None),
        ("Name", 12, "12"),
        ("Email__c", "ada.lovelace+x@mail.example.com", "ada.lovelace+x@mail.example.com"),
        ("Amount__c", "1.005", 1.01),
        ("Paid__c", "false", 0),
        ("Paid__c", None, 0),
        ("Status__c", "Done", "Done"),
        ("Tags__c", "blue;red", "red;blue"),
        ("OwnerId", USER_ID[:15], USER_ID),
        ("Place__c", "", None),
    ],
)
def test_a_value_is_stored(field: str, raw: object, stored: Stored) -> None:
    assert put(field, raw) == (stored, None)


OF_RESTRICTED = "bad value for restricted picklist field"


@pytest.mark.parametrize(
    ("field", "raw", "code", "message"),
    [
        (
            "Ext__c",
            "x" * 21,
            "STRING_TOO_LONG",
            f"External: data value too large: {'x' * 21} (max length=20)",
        ),
        ("Email__c", "foo", "INVALID_EMAIL_ADDRESS", "Contact Email: invalid email address: foo"),
        ("Email__c", "a@b", "INVALID_EMAIL_ADDRESS", "Contact Email: invalid email address: a@b"),
        ("Amount__c", "abc", "INVALID_TYPE_ON_FIELD_IN_RECORD", "Amount: value not of required type: abc"),
        ("Amount__c", True, "INVALID_TYPE_ON_FIELD_IN_RECORD", "Amount: value not of required type: true"),
        (
            "Amount__c",
            1e20,
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Amount: value outside of valid range on numeric field: 1e+20",
        ),
        ("Status__c", "open", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"Status: {OF_RESTRICTED}: open"),
        ("Status__c", "Old", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"Status: {OF_RESTRICTED}: Old"),
        ("Tags__c", "red;pink", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"Tags: {OF_RESTRICTED}: pink"),
        ("Place__c", "abc", "MALFORMED_ID", "Place: id value of incorrect type: abc"),
        ("Place__c", USER_ID, "FIELD_INTEGRITY_EXCEPTION", f"Place: id value of incorrect type: {USER_ID}"),
        ("Due__c", "1066-10-14", "FIELD_INTEGRITY_EXCEPTION", "Due: invalid date: 1066-10-14"),
        (
            "Key__c",
            "a\0b",
            "TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET",
            "Key: text data outside of the supported character set",
        ),
    ],
)
def test_a_value_is_refused(field: str, raw: object, code: str, message: str) -> None:
    stored, error = put(field, raw)
    assert stored is None
    assert error is not None
    assert (error.code, error.message, error.fields) == (code, message, (field,))


def test_text_is_cut_where_the_client_allows_it() -> None:
    assert put("Ext__c", "x" * 30, truncate=True) == ("x" * 20, None)
