"""Binds become the literals that mean their values, and the text that cursors keep says the same."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from isthmus.org.query import literals
from isthmus.org.query.parser.tokens import lift, scan, written_out

TEXTS = st.text(st.sampled_from("ab'\\%_:\n\t()né\u0301 -0"), max_size=20)
VALUES = st.one_of(
    TEXTS, st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)


@given(TEXTS)
def test_a_text_stays_what_it_is(text: str) -> None:
    tokens, slots = lift("SELECT Id FROM A WHERE B = :x", {"x": text})
    assert len(tokens) == 8
    assert literals.text(str(slots[0])) == unicodedata.normalize("NFC", text)


@given(st.lists(VALUES, min_size=1, max_size=40), VALUES, TEXTS)
def test_what_is_written_out_is_read_alike(listed: list[object], one: object, pattern: str) -> None:
    soql = "SELECT Id FROM A WHERE B IN:listed AND C =:one AND(D LIKE :pattern)LIMIT:most"
    binds = {"listed": listed, "one": one, "pattern": pattern, "most": 5}
    written = written_out(soql, binds)
    assert written is not None
    assert lift(written) == lift(soql, binds)


def test_tokens_stand_where_their_bind_does() -> None:
    soql = "SELECT Id FROM A WHERE B IN :listed"
    assert [(each.text, each.at) for each in scan(soql, {"listed": ["x", "y"]})][-5:] == [
        (text, soql.index(":")) for text in ("(", "'x'", ",", "'y'", ")")
    ]


def test_an_empty_list_is_not_written_out() -> None:
    assert written_out("SELECT Id FROM A WHERE B IN :x", {"x": []}) is None
