"""The whole language is recognised; every node knows its place."""

import pytest
from tests.unit.org.query.entries import FIXTURES, Entry, entries

from isthmus.org.query.parser import parse
from isthmus.org.query.parser.syntax import And, Comparison, FieldItem, Membership, Not, Path, Query
from isthmus.org.query.problem import SoqlProblem


@pytest.mark.parametrize("entry", entries(FIXTURES / "language.soql"))
def test_the_language_is_recognised(entry: Entry) -> None:
    query = parse(entry.text)
    assert isinstance(query, Query)
    assert parse(entry.text.replace(" ", "\n\t")) != query or " " not in entry.text


def test_nodes_know_their_places() -> None:
    soql = "SELECT Id, Account.Name FROM Contact WHERE NOT (Name = 'x' AND Email IN ('a', null))"
    query = parse(soql)
    item = query.select[1]
    assert isinstance(item, FieldItem)
    assert item.expression == Path(("Account", "Name"), soql.index("Account"))
    assert isinstance(query.where, Not)
    inside = query.where.condition
    assert isinstance(inside, And)
    first, second = inside.conditions
    assert isinstance(first, Comparison)
    assert isinstance(second, Membership)
    assert [first.at, second.at] == [soql.index("Name ="), soql.index("Email")]
    assert [value.at for value in second.values] == [soql.index("'a'"), soql.index("null")]


@pytest.mark.parametrize("word", ["AND", "asc", "Limit", "NULLS", "where", "IN"])
def test_a_reserved_word_is_no_alias(word: str) -> None:
    with pytest.raises(SoqlProblem) as caught:
        parse(f"SELECT Id FROM Account {word} WHERE Name = 'x'")
    assert caught.value.name == "unexpected_token"


@pytest.mark.parametrize("alias", ["a", "offset", "order", "update", "all"])
def test_other_words_are_aliases(alias: str) -> None:
    [source] = parse(f"SELECT Id FROM Account {alias} WHERE Name = 'x'").sources
    assert source.alias == alias
