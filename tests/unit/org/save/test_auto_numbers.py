"""Auto-numbers and defaults: is a new record given what its metadata says?"""

import pytest
from tests.contract.save.world import LINE, ORDER

from isthmus.org.save.auto_numbers import display_format, formatted
from isthmus.org.save.defaults import fixed_defaults
from isthmus.org.schema.model import Field, FieldType, SObjectType

NEW_YEAR = 1_767_225_600_000


@pytest.mark.parametrize(
    ("pattern", "number", "text"),
    [
        ("A-{0000}", 7, "A-0007"),
        ("{0}", 12345, "12345"),
        ("{YYYY}{MM}{DD}-{00}", 3, "20260101-03"),
        ("{YY}/{000}", 1000, "26/1000"),
    ],
)
def test_a_number_is_formatted(pattern: str, number: int, text: str) -> None:
    assert formatted(pattern, number, NEW_YEAR) == text


def test_standard_numbers_begin_where_a_new_org_begins() -> None:
    number = Field("CaseNumber", "Case Number", FieldType.STRING, auto_number=True)
    assert display_format("Case", number) == ("{00000000}", 1000)
    name = LINE.field("Name")
    assert name is not None
    assert display_format("Line__c", name) == ("L-{000}", 1)


def test_defaults_are_picklist_defaults_literals_and_false() -> None:
    defaults = fixed_defaults(ORDER)
    assert {name: value for name, value in defaults.items() if name.endswith("__c")} == {
        "Count__c": 7,
        "Paid__c": 1,
        "Status__c": "Open",
    }
    assert defaults["IsDeleted"] == 0


@pytest.mark.parametrize(
    ("type_", "given", "stored"),
    [
        (FieldType.STRING, '"New"', "New"),
        (FieldType.STRING, "'New'", "New"),
        (FieldType.STRING, "$User.FirstName", None),
        (FieldType.DOUBLE, "0.5", 0.5),
        (FieldType.DOUBLE, "1 + 1", None),
        (FieldType.BOOLEAN, "false", 0),
        (FieldType.DATE, '"2026-01-01"', NEW_YEAR),
        (FieldType.DATE, '"never"', None),
    ],
)
def test_a_default_is_a_literal_or_waits_for_formulas(type_: FieldType, given: str, stored: object) -> None:
    field = Field("F__c", "F", type_, scale=2, default_value=given)
    sobject = SObjectType("X__c", "X", "Xs", "a09", (field,))
    assert fixed_defaults(sobject).get("F__c") == stored
