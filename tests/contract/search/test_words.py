"""Do both databases find the same words, before and after they are in the index?"""

import pytest
from tests.contract.search.world import Hidden, Library, phrase

from isthmus.org.search.expression import Either, Every, Without
from isthmus.org.search.fields import Group

PAPERS: dict[str, dict[str, object]] = {
    "Acme Corp": {"Email__c": "ada.lovelace@example.com", "Phone__c": "(415) 555-1212"},
    "Müller & Söhne": {"Note__c": "Straße 12, ÉCLAIR"},
    "blue12": {"Note__c": "john smith johnson", "Long__c": "the acme of skill"},
    "東京都": {"Note__c": "서울 กรุงเทพ"},
    "Tags": {"Rich__c": "<p class='bold'>in&nbsp;R&amp;D <b>dept</b></p>", "Kind__c": "Novel"},
    "Привет": {"Note__c": "smith john", "Pages__c": 4711},
}
FOUND = {
    "acme": ["Acme Corp", "blue12"],
    "ACME": ["Acme Corp", "blue12"],
    "acme corp": ["Acme Corp"],
    "corp acme": [],
    "acm": [],
    "acm*": ["Acme Corp", "blue12"],
    "a*e": ["Acme Corp", "blue12"],
    "jo?n": ["blue12", "Привет"],
    "jo?ns*": ["blue12"],
    "j*n s*th": ["blue12"],
    "john smith": ["blue12"],
    "smith john": ["Привет"],
    "muller": ["Müller & Söhne"],
    "MÜLLER SOHNE": ["Müller & Söhne"],
    "strasse": ["Müller & Söhne"],
    "eclair": ["Müller & Söhne"],
    "12": ["blue12", "Müller & Söhne"],
    "blue": ["blue12"],
    "Blue12": ["blue12"],
    "lovelace": ["Acme Corp"],
    "ada.lovelace@example.com": ["Acme Corp"],
    "lovelace@example": ["Acme Corp"],
    "lovelace com": [],
    "4155551212": ["Acme Corp"],
    "5551212": ["Acme Corp"],
    "1212": ["Acme Corp"],
    "415-555-1212": ["Acme Corp"],
    "555121": [],
    "東": ["東京都"],
    "京都": ["東京都"],
    "東都": [],
    "서울": ["東京都"],
    "กรุง": ["東京都"],
    "привет": ["Привет"],
    "ПРИ*": ["Привет"],
    "bold": [],
    "R&D": ["Tags"],
    "nbsp": [],
    "novel": [],
    "4711": [],
    "zzz": [],
}


@pytest.fixture
def filled(library: Library) -> Library:
    for name, values in PAPERS.items():
        library.paper(name, **values)
    return library


def test_phrases_are_found_as_the_reference_says(filled: Library) -> None:
    noted = {each: sorted(filled.found(each)) for each in FOUND}
    assert noted == {each: sorted(names) for each, names in FOUND.items()}
    filled.settle()
    assert filled.noted() == 0
    assert {each: sorted(filled.found(each)) for each in FOUND} == noted


def test_groups_of_fields_are_searched_by_themselves(filled: Library) -> None:
    def found(sought: str, *groups: Group) -> list[str]:
        return filled.either_way(lambda: filled.found(sought, *groups))

    assert found("acme", Group.NAME) == ["Acme Corp"]
    assert found("acme", Group.LONG) == ["blue12"]
    assert found("acme", Group.EMAIL, Group.PHONE) == []
    assert found("example", Group.EMAIL) == ["Acme Corp"]
    assert found("example", Group.NAME, Group.TEXT) == []
    assert found("555", Group.PHONE) == ["Acme Corp"]


def test_expressions_are_of_the_record_and_phrases_of_a_field(filled: Library) -> None:
    def found(expression: Every | Either) -> list[str]:
        return filled.either_way(lambda: filled.found(expression))

    assert found(Every((phrase("acme"), phrase("1212")))) == ["Acme Corp"]
    assert found(Either((phrase("strasse"), phrase("dept")))) == ["Müller & Söhne", "Tags"]
    assert found(Every((phrase("acme"), Without(phrase("corp"))))) == ["blue12"]
    assert found(Every((phrase("smith"), Without(phrase("john smith"))))) == ["Привет"]
    nobody = Every((phrase("acme"), Without(Either((phrase("corp"), phrase("skill"))))))
    assert found(nobody) == []


def test_long_lists_and_deep_trees_are_looked_up(filled: Library) -> None:
    words = [phrase(f"word{n}") for n in range(1_500)]
    assert filled.either_way(lambda: filled.found(Either((*words, phrase("dept"))))) == ["Tags"]
    deep: Every | Either = Every((phrase("acme"), phrase("corp")))
    for n in range(10):
        deep = Every((phrase("acme"), Either((deep, phrase(f"x{n}")))))
    assert filled.either_way(lambda: filled.found(deep)) == ["Acme Corp"]


def test_who_has_it_in_the_name_comes_first_then_ids_decide(library: Library) -> None:
    library.paper("later", Note__c="acme")
    library.paper("acme one")
    library.paper("last", Long__c="acme")
    library.paper("acme two")
    assert library.either_way(lambda: library.found("acme")) == ["acme one", "acme two", "later", "last"]


def test_what_a_reader_may_not_see_is_not_looked_into(filled: Library) -> None:
    blind = Hidden(fields=frozenset({"Note__c", "Email__c"}))

    def found(sought: str) -> list[str]:
        return filled.either_way(lambda: filled.found(sought, access=blind))

    assert found("lovelace") == []
    assert found("strasse") == []
    assert found("muller") == ["Müller & Söhne"]
    filled.paper("lovelace")
    assert found("lovelace") == ["lovelace"]


def test_auto_numbers_need_no_leading_zeros(library: Library) -> None:
    library.paper("one")
    library.paper("two")
    assert library.either_way(lambda: library.found("0002")) == ["two"]
    assert library.found("2") == ["two"]
    assert library.found("P-0001") == ["one"]


def test_long_words_and_many_words_are_kept(library: Library) -> None:
    words = " ".join(f"w{n}" for n in range(20_000))
    library.paper("many", Long__c=words[:131_000])
    library.paper("long", Long__c="x" * 131_000)
    assert library.either_way(lambda: library.found("w17000")) == ["many"]
    assert library.found("x" * 131_000) == ["long"]
    assert library.found("x*x") == ["long"]
    assert library.found("x" * 99) == []
