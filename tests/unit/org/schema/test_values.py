"""Does every wire's value become the stored one, and back?"""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.kernel.clock import DAY
from isthmus.org.schema import instants
from isthmus.org.schema.model import Field, FieldType, PicklistValue
from isthmus.org.schema.values import JSON_FORMS, BadValue, Reason, fold, parse_value, text_value


def a(kind: str, **more: object) -> Field:
    return Field("Some__c", "Some", FieldType(kind), **more)  # type: ignore[arg-type]  # any of Field's own


def at(text: str) -> int:
    return instants.parse_datetime(text)


ACCEPTED = [
    # text; source: REST API Developer Guide, and github.com/forcedotcom/cli issue 3367 for numbers as text
    ("string", "Ada ", "Ada"),
    ("string", "", None),
    ("string", "   ", None),
    ("string", 12, "12"),
    ("string", 1e7, "1.0E7"),
    ("string", True, "true"),
    ("string", "e\u0301", "\u00e9"),
    ("string", " \t a  b \n", "a  b"),
    ("string", " \t\n", None),
    ("string", "\u00a0a\u00a0", "\u00a0a\u00a0"),
    ("textarea", "\n a\n b\n", "a\n b"),
    ("picklist", "Hot", "Hot"),
    ("anyType", 1.5, "1.5"),
    ("base64", "eA==", "eA=="),
    ("base64", "", None),
    ("boolean", True, 1),
    ("boolean", "FALSE", 0),
    ("boolean", "1", 1),
    ("boolean", 0, 0),
    ("boolean", None, 0),
    ("boolean", "", 0),
    ("int", "12", 12),
    ("int", 12.0, 12),
    ("int", "12.00", 12),
    ("int", "", None),
    ("long", "9007199254740993", 9007199254740993),
    ("double", "1.5e3", 1500.0),
    ("double", " 2 ", 2.0),
    ("double", 3, 3.0),
    ("double", -0.0, 0.0),
    ("double", None, None),
    ("id", "001D000000IqhSL", "001D000000IqhSLIAZ"),
    ("reference", "001d000000iqhsliaz", "001D000000IqhSLIAZ"),
    ("reference", "", None),
    ("date", "2026-01-09", 1_767_916_800_000),
    ("date", "2026-01-09Z", 1_767_916_800_000),
    ("date", "2026-01-09+0800", 1_767_916_800_000),
    ("date", "1700-01-01", instants.FIRST),
    ("datetime", "2026-01-09T18:03:21Z", 1_767_981_801_000),
    ("datetime", "2026-01-09T18:03:21.987Z", 1_767_981_801_000),
    ("datetime", "2026-01-09T18:03:21.000+0000", 1_767_981_801_000),
    ("datetime", "2026-01-09T10:03:21-08:00", 1_767_981_801_000),
    ("datetime", "2026-01-09T18:03:21", 1_767_981_801_000),
    ("datetime", "2026-01-09T18:03Z", 1_767_981_780_000),
    ("datetime", "2026-01-09", 1_767_916_800_000),
    ("datetime", "4000-12-31T23:59:59Z", instants.LAST - 999),
    ("datetime", "1969-12-31T23:59:59.500Z", -1_000),
    ("time", "09:30:00.000Z", 34_200_000),
    ("time", "09:30", 34_200_000),
    ("time", "23:30:00+01:00", 81_000_000),
    ("time", "00:30:00+01:00", 84_600_000),
    ("address", None, None),
]

REFUSED = [
    ("string", {"a": 1}, Reason.WRONG_TYPE),
    ("string", ["a"], Reason.WRONG_TYPE),
    ("string", "a\0b", Reason.UNSUPPORTED_TEXT),
    ("string", "\ud800", Reason.UNSUPPORTED_TEXT),
    ("boolean", "yes", Reason.WRONG_TYPE),
    ("boolean", 2, Reason.WRONG_TYPE),
    ("int", "abc", Reason.WRONG_TYPE),
    ("int", 1.5, Reason.WRONG_TYPE),
    ("int", True, Reason.WRONG_TYPE),
    ("int", 2**31, Reason.NUMBER_OUT_OF_RANGE),
    ("int", float("inf"), Reason.NUMBER_OUT_OF_RANGE),
    ("int", "1e300", Reason.NUMBER_OUT_OF_RANGE),
    ("long", 2**63, Reason.NUMBER_OUT_OF_RANGE),
    ("double", "abc", Reason.WRONG_TYPE),
    ("double", "1,000", Reason.WRONG_TYPE),
    ("double", "NaN", Reason.WRONG_TYPE),
    ("double", False, Reason.WRONG_TYPE),
    ("double", "1e999", Reason.NUMBER_OUT_OF_RANGE),
    ("double", 10**400, Reason.NUMBER_OUT_OF_RANGE),
    ("id", "001", Reason.MALFORMED_ID),
    ("id", "not an id at al", Reason.MALFORMED_ID),
    ("reference", 12, Reason.MALFORMED_ID),
    # source: github.com/qoretechnologies/qore issue 3908, a date field refuses a datetime
    ("date", "2020-04-30T13:19:18.000000+02:00", Reason.WRONG_TYPE),
    ("date", "20260109", Reason.WRONG_TYPE),
    ("date", "2026-02-30", Reason.WRONG_TYPE),
    ("date", "2026-W01-1", Reason.WRONG_TYPE),
    ("date", "٢٠٢٦-01-09", Reason.WRONG_TYPE),
    ("date", 20260109, Reason.WRONG_TYPE),
    ("date", "1699-12-31", Reason.DATE_OUT_OF_RANGE),
    ("date", "4001-01-01", Reason.DATE_OUT_OF_RANGE),
    # source: github.com/restforce/restforce issue 897, a space is no separator
    ("datetime", "2024-07-30 20:54:16 UTC", Reason.WRONG_TYPE),
    ("datetime", "2024-07-30T24:00:00Z", Reason.WRONG_TYPE),
    ("datetime", "2024-07-30T20:54:16+99:00", Reason.WRONG_TYPE),
    ("datetime", "2024-07-30T20:54:16,5Z", Reason.WRONG_TYPE),
    ("datetime", "4001-01-01T00:00:00Z", Reason.DATE_OUT_OF_RANGE),
    ("datetime", "4000-12-31T23:59:59-01:00", Reason.DATE_OUT_OF_RANGE),
    ("time", "9:30", Reason.WRONG_TYPE),
    ("time", "09:60", Reason.WRONG_TYPE),
    ("address", {"city": "Rome"}, Reason.WRONG_TYPE),
]


@pytest.mark.parametrize(("kind", "raw", "stored"), ACCEPTED)
def test_a_value_is_accepted(kind: str, raw: object, stored: object) -> None:
    value = parse_value(a(kind), raw)
    assert value == stored
    assert type(value) is type(stored)


@pytest.mark.parametrize(("kind", "raw", "reason"), REFUSED)
def test_a_value_is_refused(kind: str, raw: object, reason: Reason) -> None:
    with pytest.raises(BadValue) as refused:
        parse_value(a(kind), raw)
    assert refused.value.reason is reason
    assert refused.value.raw is raw


@pytest.mark.parametrize(
    ("raw", "scale", "stored"),
    [
        (1.005, 2, 1.01),
        ("1.005", 2, 1.01),
        (2.5, 0, 3.0),
        (-2.5, 0, -3.0),
        ("0.045", 2, 0.05),
        (1e15 + 0.5, 0, 1e15 + 1),
    ],
)
def test_numbers_round_half_up_as_they_were_written(raw: object, scale: int, stored: float) -> None:
    assert parse_value(a("double", precision=18, scale=scale), raw) == stored


@pytest.mark.parametrize(
    ("raw", "fits"), [("9999.99", True), ("9999.995", False), ("-10000", False), (1e20, False)]
)
def test_a_number_has_as_many_digits_as_its_field(raw: object, fits: bool) -> None:
    field = a("currency", precision=6, scale=2)
    if fits:
        assert parse_value(field, raw) == float(str(raw))
    else:
        with pytest.raises(BadValue, match="number out of range"):
            parse_value(field, raw)


def test_an_integer_has_as_many_digits_as_its_field() -> None:
    assert parse_value(a("int", digits=8), 99_999_999) == 99_999_999
    with pytest.raises(BadValue, match="number out of range"):
        parse_value(a("int", digits=8), 100_000_000)


def test_chosen_values_lie_in_the_fields_order() -> None:
    field = a("multipicklist", picklist=tuple(PicklistValue(each, each) for each in ("A", "B", "C")))
    assert parse_value(field, "C; A;C;;X") == "A;C;X"
    assert parse_value(field, ";") is None


@pytest.mark.parametrize(
    ("kind", "stored", "json", "text"),
    [
        ("string", "Ada", "Ada", "Ada"),
        ("string", None, None, None),
        ("boolean", 1, True, "true"),
        ("boolean", 0, False, "false"),
        ("int", 12, 12, "12"),
        ("double", 1.0, 1.0, "1.0"),
        ("double", 16147805824397.0, 16147805824397.0, "1.6147805824397E13"),
        ("double", 9999999.0, 9999999.0, "9999999.0"),
        ("double", 1e7, 1e7, "1.0E7"),
        ("double", 0.001, 0.001, "0.001"),
        ("double", 0.00099, 0.00099, "9.9E-4"),
        ("double", -1e7, -1e7, "-1.0E7"),
        ("currency", 5, 5.0, "5.0"),
        ("currency", None, None, None),
        ("date", 1_767_916_800_000, "2026-01-09", "2026-01-09"),
        ("datetime", 1_767_981_801_000, "2026-01-09T18:03:21.000+0000", "2026-01-09T18:03:21.000Z"),
        ("datetime", instants.FIRST, "1700-01-01T00:00:00.000+0000", "1700-01-01T00:00:00.000Z"),
        ("time", 34_200_000, "09:30:00.000Z", "09:30:00.000Z"),
        ("time", None, None, None),
    ],
)
def test_a_stored_value_is_written(
    kind: str, stored: float | str | None, json: object, text: str | None
) -> None:
    assert JSON_FORMS[a(kind).type](stored) == json
    assert type(JSON_FORMS[a(kind).type](stored)) is type(json)
    assert text_value(a(kind), stored) == text


def test_folded_text_is_equal_where_case_alone_differs() -> None:
    assert fold("ACME") == fold("acme")
    assert fold("Straße") == fold("STRASSE")
    assert fold("E\u0301") == fold("\u00e9")


INSTANTS = st.integers(instants.FIRST // 1000, instants.LAST // 1000).map(lambda seconds: seconds * 1000)
DAYS = st.integers(instants.FIRST // DAY, instants.LAST // DAY).map(lambda day: day * DAY)


@given(
    st.one_of(
        st.tuples(st.just("datetime"), INSTANTS),
        st.tuples(st.just("date"), DAYS),
        st.tuples(st.just("time"), st.integers(0, DAY - 1)),
        st.tuples(st.just("boolean"), st.integers(0, 1)),
        st.tuples(st.just("int"), st.integers(-(2**31) + 1, 2**31 - 1)),
        st.tuples(st.just("double"), st.decimals(-(10**14), 10**14, places=3).map(float)),
    )
)
def test_a_stored_value_survives_every_wire(case: tuple[str, float]) -> None:
    kind, stored = case
    field = a(kind, scale=3)
    assert parse_value(field, JSON_FORMS[field.type](stored)) == stored
    assert parse_value(field, text_value(field, stored)) == stored


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_text_is_parsed_once_and_for_all(raw: str) -> None:
    stored = parse_value(a("string"), raw)
    assert parse_value(a("string"), stored) == stored
    if isinstance(stored, str):
        assert fold(fold(stored)) == fold(stored)


@given(st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False), st.integers(0, 8))
def test_rounding_agrees_with_decimal_arithmetic(number: Decimal, scale: int) -> None:
    exact = Decimal(repr(float(number)))
    expected = float(exact.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP))
    assert parse_value(a("double", scale=scale), float(number)) == expected
