"""How is text cut into words, and which words does a pattern match?"""

import doctest

import pytest

from isthmus.org.schema.standard import standard_objects
from isthmus.org.search import words
from isthmus.org.search.expression import (
    Either,
    Every,
    Expression,
    Phrase,
    Without,
    is_long_enough,
    loosened,
    phrase_of,
)
from isthmus.org.search.fields import Group, searched_fields
from isthmus.org.search.words import ANY_CHARACTERS, ONE_CHARACTER, words_of, words_of_html


def phrase(text: str) -> Phrase:
    found = phrase_of(text.replace("*", ANY_CHARACTERS).replace("?", ONE_CHARACTER))
    assert found is not None
    return found


def matches(pattern: str, word: str) -> bool:
    [only] = phrase(pattern).patterns
    return only.matches(word)


def test_the_examples_hold() -> None:
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("john", ["john"], ["johnson", "joh"]),
        ("john*", ["john", "johnson"], ["joh", "xjohn"]),
        ("jo?n", ["john", "joan"], ["jon", "johan"]),
        ("sm?th*", ["smith", "smythe"], ["smth"]),
        ("a*b*c", ["abc", "axbxc", "abbcc"], ["acb", "ab"]),
        ("*john?", ["johns"], ["john", "xjohns"]),
        ("a?*", ["ab", "abc"], ["a"]),
    ],
)
def test_wildcards_match_characters_of_one_word(pattern: str, matching: list[str], others: list[str]) -> None:
    assert [each for each in matching if not matches(pattern, each)] == []
    assert [each for each in others if matches(pattern, each)] == []


def test_many_wildcards_are_answered_soon() -> None:
    assert not matches("*".join("a" * 40), "a" * 99 + "b" * 200)


def test_a_text_without_words_is_no_phrase() -> None:
    assert phrase_of("") is None
    assert phrase_of(" -&! ") is None
    assert phrase_of(ANY_CHARACTERS * 3) is None


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("a", False),
        ("ab", True),
        ("a b c", False),
        ("a*", False),
        ("?b*", False),
        ("b?c", True),
        ("京", True),
    ],
)
def test_two_characters_are_enough_or_one_that_is_a_word(text: str, enough: bool) -> None:
    assert is_long_enough(phrase(text)) is enough


def test_rich_text_is_read_without_its_tags() -> None:
    assert words_of_html('<p style="x">a&amp;b<br>c</p>') == [("a",), ("b",), ("c",)]


def test_marks_that_are_no_accents_stay() -> None:
    assert words_of("が") != words_of("か")
    assert words_of("ﬁne ①") == [("fine",), ("1",)]
    assert words_of("İstanbul") == words_of("istanbul")


def test_or_takes_the_place_of_what_was_not_said() -> None:
    a, b, c = map(phrase, ("aa", "bb", "cc"))
    implied: Expression = Every((a, Every((b, c))), implied=True)
    assert loosened(implied) == Either((a, Every((b, c))))
    assert loosened(Every((a, Without(b)), implied=True)) == Every((a, Without(b)))


def test_groups_follow_the_reference() -> None:
    objects = {each.name: each for each in standard_objects()}

    def groups(name: str) -> dict[str, Group]:
        return {each.name: each.group for each in searched_fields(objects[name])}

    account, case, contact = groups("Account"), groups("Case"), groups("Contact")
    assert next(iter(account)) == "Name"
    assert {name for name, group in account.items() if group is Group.NAME} == {"Name", "Website", "Site"}
    assert account["Phone"] is Group.PHONE
    assert account["Description"] is Group.LONG
    assert account["BillingStreet"] is Group.TEXT
    assert not {"Industry", "NumberOfEmployees", "OwnerId", "BillingAddress"} & account.keys()
    assert case["CaseNumber"] is Group.NAME
    assert case["Subject"] is Group.NAME
    assert "ContactEmail" not in case
    assert contact["Email"] is Group.EMAIL
    assert "Fiscal" not in groups("Opportunity")
    assert groups("Attachment") == groups("AccountShare") == {}
