"""Is a body taken where it is a JSON object, and refused in the platform's words, with the place, else?"""

# ruff: noqa: E501 - the messages are compared whole

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.kernel.errors import Fault
from isthmus.org.api.rest.json_body import DEPTH_MAX, parse_record
from isthmus.org.api.rest.json_problems import wrong_type

VALUE = "expected a valid value (number, String, array, object, 'true', 'false' or 'null')"


def refusal(body: bytes) -> str:
    with pytest.raises(Fault) as refused:
        parse_record(body)
    assert (refused.value.code, refused.value.status, refused.value.fields) == (
        "JSON_PARSER_ERROR",
        400,
        None,
    )
    return refused.value.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{x", "Unexpected character ('x' (code 120)): was expecting double-quote to start field name at [line:1, column:2]"),
        (b"{'a':1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name at [line:1, column:2]"),
        (b'{"a":1,}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name at [line:1, column:8]"),
        (b'{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value at [line:1, column:6]"),
        (b'{"a":1\n "b":2}', "Unexpected character ('\"' (code 34)): was expecting comma to separate OBJECT entries at [line:2, column:2]"),
        (b'{"a":[1 2]}', "Unexpected character ('2' (code 50)): was expecting comma to separate ARRAY entries at [line:1, column:9]"),
        (b'{"a":}', f"Unexpected character ('}}' (code 125)): {VALUE} at [line:1, column:6]"),
        (b"<a/>", f"Unexpected character ('<' (code 60)): {VALUE} at [line:1, column:1]"),
        (b'{"a":tru}', "Unrecognized token 'tru': was expecting ('true', 'false' or 'null') at [line:1, column:6]"),
        (b'{"a": NaN}', "Unrecognized token 'NaN': was expecting ('true', 'false' or 'null') at [line:1, column:7]"),
        (b'{"a":01}', "Invalid numeric value: Leading zeroes not allowed at [line:1, column:7]"),
        (b'{"a":1.}', "Unexpected character ('}' (code 125)) in numeric value at [line:1, column:8]"),
        (b'{"a":1e999}', "Numeric value (1e999) out of range of double at [line:1, column:6]"),
        (b'{"a":"\\x"}', "Unrecognized character escape 'x' (code 120) at [line:1, column:8]"),
        (b'{"a":"\n"}', "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value at [line:1, column:7]"),
        (b'{"a":"\xff"}', "Invalid UTF-8 start byte 0xff at [line:1, column:7]"),
        (b'{"a":"\xc3("}', "Invalid UTF-8 middle byte 0x28 at [line:1, column:7]"),
        (b'{"a":1', "Unexpected end-of-input at [line:1, column:7]"),
        (b'{"a":"b', "Unexpected end-of-input at [line:1, column:8]"),
        (b'{"a":1}}', "Unexpected character ('}' (code 125)): was expecting the end of the input at [line:1, column:8]"),
        (b'{"a":1,"b":":","a":2}', "Duplicate field 'a' at [line:1, column:16]"),
        (b'{"p":{"a":1,"a":2}}', "Duplicate field 'a' at [line:1, column:13]"),
        (b"[]", "Cannot deserialize instance of sobject from START_ARRAY value [ or request may be missing a required field at [line:1, column:1]"),
        (b"null", "Cannot deserialize instance of sobject from VALUE_NULL value null or request may be missing a required field at [line:1, column:1]"),
    ],
)  # fmt: skip
def test_what_does_not_parse_is_refused_with_its_place(body: bytes, message: str) -> None:
    assert refusal(body) == message


@pytest.mark.parametrize("levels", [DEPTH_MAX + 1, 5_000, 100_000])
def test_deep_nesting_is_refused(levels: int) -> None:
    body = b'{"a":' + b"[" * levels + b"]" * levels + b"}"
    assert "nesting depth exceeds the maximum allowed (32)" in refusal(body)


def test_a_number_beyond_all_bounds_is_refused() -> None:
    assert "out of range" in refusal(b'{"a":' + b"9" * 5_000 + b',"b":"x:y"}')


def test_a_colon_in_a_text_is_no_duplicate() -> None:
    assert parse_record(b'{"a":"b:c","d":"a"}') == {"a": "b:c", "d": "a"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(), each, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON))
def test_every_json_object_is_taken(record: dict[str, Any]) -> None:
    if any(isinstance(each, float) and math.isinf(each) for each in _leaves(record)):
        return
    assert parse_record(json.dumps(record).encode()) == record


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]


@given(st.binary(max_size=40) | st.text('{}[]":,0123e-.ntf \n', max_size=40).map(str.encode))
def test_no_bytes_break_the_parser(body: bytes) -> None:
    with contextlib.suppress(Fault):  # and nothing else
        parse_record(body)


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [  # source: github.com/restforce/restforce issue 619, github.com/regican/Salesforce issue 2
        (b'{"Amount": "abc"}', "double", "Cannot deserialize instance of double from VALUE_STRING value abc or request may be missing a required field at [line:1, column:12]"),
        (b'{"x":{"Amount":1},\n"amount": [1]}', "currency", "Cannot deserialize instance of currency from START_ARRAY value [ or request may be missing a required field at [line:2, column:11]"),
        (b'{"Amount":{}}', "string", "Cannot deserialize instance of string from START_OBJECT value { or request may be missing a required field at [line:1, column:11]"),
        (b'{"a":1,"Amount":1.50}', "date", "Cannot deserialize instance of date from VALUE_NUMBER_FLOAT value 1.50 or request may be missing a required field at [line:1, column:17]"),
        (b'{ "Amount" : true }', "date", "Cannot deserialize instance of date from VALUE_TRUE value true or request may be missing a required field at [line:1, column:14]"),
        (b'{"Amount":7}', "boolean", "Cannot deserialize instance of boolean from VALUE_NUMBER_INT value 7 or request may be missing a required field at [line:1, column:11]"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_refused_with_its_place(body: bytes, kind: str, message: str) -> None:
    assert wrong_type(body, kind, "Amount").message == message
