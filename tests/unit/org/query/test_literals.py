"""What literals mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.org.query import literals
from isthmus.org.query.problem import SoqlProblem


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r"'it\'s'", "it's"),
        (r"'\n\N\r\t\b\f\"\\'", '\n\n\r\t\b\f"\\'),
        (r"'\u0041\U0062'", "Ab"),
        (r"'\uD83D\uDE00'", "\N{GRINNING FACE}"),
        (r"'\uD83D'", "\ufffd"),
        (r"'\u0000'", "\ufffd"),
        ("'e\u0301'", "\u00e9"),
        ("'100%'", "100%"),
    ],
)
def test_escapes(literal: str, text: str) -> None:
    assert literals.text(literal) == text


@pytest.mark.parametrize("literal", [r"'\d'", r"'\%'", r"'\u12'", r"'\x41'"])
def test_another_escape_is_wrong(literal: str) -> None:
    with pytest.raises(SoqlProblem) as caught:
        literals.text(literal)
    assert caught.value.name == "text_literal_invalid"


@pytest.mark.parametrize(
    ("literal", "pattern", "prefix"),
    [
        ("'Ab%c_'", "ab%c_", "ab"),
        (r"'50\%\_%'", r"50\%\_%", "50%_"),
        (r"'a\\%'", r"a\\%", "a\\"),
        (r"'\u0025x%'", r"\%x%", "%x"),
        ("'%'", "%", ""),
    ],
)
def test_patterns(literal: str, pattern: str, prefix: str) -> None:
    assert literals.pattern(literal) == pattern
    assert literals.prefix(literal) == prefix


@given(st.text(min_size=1), st.text(), st.text())
def test_what_comes_after_a_prefix_is_greater_than_all_that_begin_with_it(
    prefix: str, ending: str, other: str
) -> None:
    after = literals.after_prefix(prefix)
    assert prefix <= prefix + ending
    if prefix.strip("\U0010ffff"):
        assert prefix + ending < after
        assert other.startswith(prefix) == (prefix <= other < after)
    after.encode()


@pytest.mark.parametrize(
    ("literal", "value"),
    [("7", 7), ("-7", -7), ("+7", 7), ("7.5", 7.5), ("9" * 400, float("inf")), ("9" * 18, 10**18 - 1)],
)
def test_integers(literal: str, value: float) -> None:
    assert literals.integer(literal) == value
