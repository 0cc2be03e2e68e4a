"""Record ids: 15 and 18 characters, in order, and random text that a seed repeats."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.kernel.ids import DIGITS, Ids, MalformedId, base62, record_id, to_18

# source: SOAP API Developer Guide, "ID Field Type"; pairs as real orgs show them
PAIRS = [
    ("001D000000IqhSL", "001D000000IqhSLIAZ"),
    ("001A0000006Vm9r", "001A0000006Vm9rIAC"),
    ("000000000000000", "000000000000000AAA"),
    ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
]


@pytest.mark.parametrize(("short", "long"), PAIRS)
def test_the_long_form_guards_the_case(short: str, long: str) -> None:
    assert to_18(short) == long
    assert to_18(long) == long
    assert to_18(long.upper()) == long
    assert to_18(long.lower()) == long


@given(st.text(DIGITS, min_size=15, max_size=15))
def test_a_lost_case_is_restored(short: str) -> None:
    long = to_18(short)
    assert long[:15] == short
    assert to_18(long.swapcase()) == long


@pytest.mark.parametrize(
    "text",
    [
        "",
        "001",
        "001D000000IqhS",
        "001D000000IqhSLIA",
        "001D000000IqhSLIAZX",
        "001D000000Iqh_L",
        "001D000000IqhSLI9Z",
        "001RM000003oLrB000",  # a digit, the second, that is said to be in upper case
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(MalformedId):
        to_18(text)


def test_ids_sort_as_they_were_given_out() -> None:
    ids = [record_id("001", "7Ab", number) for number in (0, 1, 9, 10, 61, 62, 3_843, 3_844, 62**8)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"0017Ab[0-9A-Za-z]{12}", each) for each in ids)
    assert [to_18(each[:15]) for each in ids] == ids


def test_base_62_is_as_wide_as_wanted() -> None:
    numbers = [base62(number, 1) for number in (0, 9, 10, 35, 36, 61, 62)]
    assert numbers == ["0", "9", "A", "Z", "a", "z", "10"]
    assert base62(62) == "000000010"
    assert [base62(62**each) for each in (3, 8, 9)] == ["000001000", "100000000", "1000000000"]


def test_a_seed_repeats_itself_and_without_one_nothing_does() -> None:
    def texts(ids: Ids) -> list[str]:
        return [ids.instance_tag(), ids.text(24), ids.uuid()]

    assert texts(Ids(7)) == texts(Ids(7))
    assert texts(Ids(7)) != texts(Ids(8))
    assert texts(Ids()) != texts(Ids())


def test_a_uuid_is_of_version_4() -> None:
    ids = Ids(1)
    form = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(form.fullmatch(ids.uuid()) for _ in range(100))
