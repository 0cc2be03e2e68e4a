"""What does the text between the braces of FIND look for?"""

import pytest
from tests.unit.org.query.sosl.drawing import drawn

from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.sosl.find_clause import (
    EXCLUSIONS_MAX,
    OPERATORS_MAX,
    PARENTHESES_MAX,
    TEXT_MAX,
    parse_find,
    parse_text,
)
from isthmus.org.query.sosl.problem import as_search_fault


def find(inner: str) -> str:
    text = f"FIND {{{inner}}} IN ALL FIELDS"
    found = parse_find(text, len("FIND {"))
    assert text[found.end :] == " IN ALL FIELDS"
    return drawn(found.expression)


def message(text: str) -> str:
    with pytest.raises(SoqlProblem) as caught:
        parse_find(text, text.index("{") + 1)
    fault = as_search_fault(text, caught.value)
    return f"{fault.code}: {fault.message}"


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("joe", "joe"),
        ("  Joe   Smith ", "(joe smith)"),
        ('"Joe Smith"', "joe.smith"),
        ("joe AND smith", "(joe & smith)"),
        ("joe and smith", "(joe & smith)"),
        ("joe OR smith", "(joe | smith)"),
        ("joe AND NOT smith", "(joe & !smith)"),
        ("aa AND NOT bb AND cc", "(aa & !(bb & cc))"),
        ("aa AND NOT bb OR cc", "((aa & !bb) | cc)"),
        ("aa AND bb OR cc AND dd", "((aa & bb) | (cc & dd))"),
        ("aa AND (bb OR cc)", "(aa & (bb | cc))"),
        ('("Bob" and "Jones") OR ("Sally" and "Smith")', "((bob & jones) | (sally & smith))"),
        ('("Bob") and ("Jones" OR "Thomas") and Sally Smith', "(bob & (jones | thomas) & sally & smith)"),
        ('"and" or "or"', "(and | or)"),
        ("returning", "returning"),
        ("Joe Sm?th*", "(joe sm*)"),
        ("*acme*", "acme*"),
        (r"why not\?", "(why not)"),
        (r"\{1\+1\}\:2\0", "1.1.20"),
        (r'a "where are you\?" \*', "(a where.are.you)"),
        ("mylogin@mycompany.com", "mylogin.mycompany.com"),
        (r"right \} brace", "(right brace)"),
        (r"Marie\-Pier", "marie.pier"),
        ("anderson(smith)", "(anderson smith)"),
        ('joe"smith"', "(joe smith)"),
        ("東京 tower", "(東.京 tower)"),
        ("x joe", "(x joe)"),
    ],
)
def test_words_phrases_operators_and_escapes(inner: str, expected: str) -> None:
    assert find(inner) == expected


@pytest.mark.parametrize(
    ("inner", "term"), [("", ""), ("a", "a"), (" ", " "), ("a*", "a*"), (r"\?", r"\?"), ("a OR b", "a OR b")]
)
def test_a_term_of_one_character_is_refused(inner: str, term: str) -> None:
    text = f"FIND {{{inner}}}"
    assert message(text) == f"INVALID_SEARCH: search term must be longer than one character: {term}"


def test_reserved_characters_are_refused_where_they_stand() -> None:
    # recorded: github.com/restforce/restforce issue 688
    assert message("FIND {John|jane_gray@uoa.edu} RETURNING Contact") == (
        "MALFORMED_SEARCH: \nFIND {John|jane_gray@uoa.edu} RETURNING Contact\n         ^\n"
        "ERROR at Row:1:Column:10\nline 1:10 mismatched character '|' expecting '}'"
    )
    # recorded: github.com/simple-salesforce/simple-salesforce issue 415
    assert message("FIND {Marie-Pier Martin}").endswith(
        "ERROR at Row:1:Column:11\nline 1:11 mismatched character '-' expecting '}'"
    )
    for sign in "&|!{[]^~:'+-":
        assert f"mismatched character '{sign}'" in message(f"FIND {{ab{sign}cd}}")


def test_what_is_not_closed_is_refused() -> None:
    assert message("FIND {joe").endswith("mismatched character '<EOF>' expecting '}'")
    assert message('FIND {"John Smith}').endswith("mismatched character '}' expecting '\"'")
    assert message("FIND {(joe}").endswith("unexpected token: '}'")
    assert message("FIND {joe)}").endswith("unexpected token: ')'")
    assert message("FIND {joe AND}").endswith("unexpected token: '}'")
    assert message("FIND {OR joe}").endswith("unexpected token: 'OR'")
    assert message("FIND {joe OR}").startswith("MALFORMED_SEARCH: ")


def test_long_texts_lose_their_operators_and_longer_ones_find_nothing() -> None:
    filling = "x" * (OPERATORS_MAX - len("joe AND smith "))
    assert find(f"joe AND smith {filling}").startswith("(joe & smith & ")
    assert find(f"joe AND smith {filling}x").startswith("(joe | and | smith | ")
    assert find("joe " * (TEXT_MAX // 4)).startswith("(joe | joe | ")
    assert find("joe " * (TEXT_MAX // 4) + "x") == "nothing"


def test_nesting_has_a_bound() -> None:
    deep = "(" * PARENTHESES_MAX + "joe" + ")" * PARENTHESES_MAX
    assert find(deep) == "joe"
    assert message(f"FIND {{({deep})}}").startswith("QUERY_TOO_COMPLICATED")
    long = "joe" + " AND NOT ann" * EXCLUSIONS_MAX
    assert find(long).startswith("(joe & !(ann & ")
    assert message(f"FIND {{{long} AND NOT bob}}").startswith("QUERY_TOO_COMPLICATED")


def test_a_text_without_braces_may_hold_every_character() -> None:
    assert drawn(parse_text("Marie-Pier & {co}")) == "(marie.pier co)"
    assert drawn(parse_text('"joe smith" OR ann')) == "(joe.smith | ann)"
    assert drawn(parse_text('"joe smith')) == "joe.smith"
    assert drawn(parse_text("ac*e")) == "ac*"
