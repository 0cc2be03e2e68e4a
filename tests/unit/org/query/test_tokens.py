"""Tokens, and what of a text is a plan's key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.org.query.parser.tokens import RUN, RUN_MIN, Token, lift, pattern_marker, scan


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Name = 'x'", ("Name", "=", "'s'")),
        ("a.b>=-1.5", ("a.b", ">=", "0.0")),
        ("x<>5", ("x", "<>", "0")),
        ("2026-01-09 2026-01-09T10:00:00.5+08:00 09:30:00Z", ("0-d", "0-t", "0:t")),
        ("2026-01-09t10:00:00Z 2026-01-09T10:00:00-0800 2026-01-09T10:00:00", ("0-t", "0-t", "0-z")),
        ("LAST_N_DAYS:30", ("LAST_N_DAYS", ":", "0")),
        ("''", ("''",)),
        ("x LIKE 'a%' OR x LIKE '%a' or x like 'a_b' OR x LIKE 'ab'",
         ("x", "LIKE", "'p'", "OR", "x", "LIKE", "'o'", "or", "x", "like", "'r'", "OR", "x", "LIKE", "'s'")),
        ("'it\\'s'", ("'s'",)),
        ("Field1__c", ("Field1__c",)),
        ("- + '", ("-", "+", "'")),
        ("'a\\'", ("'",)),
    ],
)  # fmt: skip
def test_literals_become_markers(text: str, key: tuple[str, ...]) -> None:
    assert lift(text)[0] == key


@pytest.mark.parametrize(
    ("literal", "marker"),
    [
        ("'a'", "'s'"),
        ("'a%%'", "'p'"),
        ("'a%b'", "'r'"),
        ("'_'", "'o'"),
        (r"'\%a'", "'s'"),
        (r"'\\%'", "'p'"),
        (r"'\_%'", "'p'"),
    ],
)
def test_a_pattern_is_of_a_kind(literal: str, marker: str) -> None:
    assert pattern_marker(literal) == marker


def test_a_long_list_is_one_slot() -> None:
    def listed(count: int) -> str:
        return "x = 1 AND y IN (" + ", ".join(f"'{n}'" for n in range(count)) + ") LIMIT 7"

    key, slots = lift(listed(RUN_MIN))
    assert key == ("x", "=", "0", "AND", "y", "IN", "(", f"'s'{RUN}", ")", "LIMIT", "0")
    assert slots == ["1", [f"'{n}'" for n in range(RUN_MIN)], "7"]
    assert lift(listed(1000))[0] == key
    assert len(lift(listed(RUN_MIN - 1))[1]) == RUN_MIN + 1


def test_blanks_at_the_end_are_cut_quickly() -> None:
    assert lift("x" + " " * 100_000)[0] == ("x",)
    assert lift("'" + "\\'" * 50_000)[0] == ("'",)


@given(st.text(alphabet="'\\%_ax0123456789-:TZ.+,() \n=<>!", max_size=60))
def test_scanning_and_lifting_agree(text: str) -> None:
    check(text)


@given(
    st.lists(st.sampled_from(["'a'", "1", "+", "2026-01-09", ",", "x", "''"]), max_size=8), st.integers(1, 40)
)
def test_scanning_and_lifting_agree_on_runs(parts: list[str], times: int) -> None:
    check(" , ".join(parts * times))


def check(text: str) -> None:
    key, slots = lift(text)
    tokens = scan(text)
    assert [text[token.at : token.at + len(token.text)] for token in tokens] == [t.text for t in tokens]
    seen: list[str] = []
    literals: dict[int, list[str]] = {}
    for token in tokens:
        if token.marker is None:
            if not (token.text == "," and seen and seen[-1].endswith(RUN) and in_run(tokens, token.at)):
                seen.append(token.text)
            continue
        if token.slot not in literals:
            seen.append(token.marker)
        literals.setdefault(token.slot, []).append(token.text)
    assert tuple(seen) == key
    flat = [slot if isinstance(slot, list) else [slot] for slot in slots]
    assert [literals[n] for n in sorted(literals)] == flat


def in_run(tokens: list[Token], at: int) -> bool:
    """Whether the comma at `at` stands between two literals of one run."""
    places = [token.at for token in tokens]
    here = places.index(at)
    if here + 1 == len(tokens):
        return False
    before, after = tokens[here - 1], tokens[here + 1]
    return before.slot == after.slot and before.slot >= 0
