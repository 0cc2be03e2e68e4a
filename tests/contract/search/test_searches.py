"""Does a search give what RETURNING asks, of what it finds, on both databases?"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.contract.query.world import drawn
from tests.contract.save.world import INSTANCE, PRINCIPAL
from tests.contract.search.world import OBJECTS, PLAIN, Hidden, Library

from isthmus.kernel.errors import Fault
from isthmus.org.query.sosl.engine import SearchEngine, SearchResult
from isthmus.org.security.access import EVERYTHING, Access


class Shelf(Library):
    """A library with two searched objects, asked by statements."""

    def fill(self) -> None:
        self.engine_of_searches = SearchEngine(self.clock, INSTANCE)
        self.define([*(each for each in OBJECTS if each != PLAIN), replace(PLAIN, searchable=True)])
        for number, (name, note) in enumerate(
            [("acme one", "red"), ("two", "acme"), ("acme three", None), ("four", "blue"), ("five", "acme")]
        ):
            self.paper(name, Note__c=note, Pages__c=number, Kind__c="Novel" if number % 2 else None)
        for name in ("acme plain", "other plain"):
            self.new("Plain__c", Name=name)
        self.settle()

    def search(self, sosl: str, access: Access = EVERYTHING) -> SearchResult:
        principal = replace(PRINCIPAL, access=access)
        return self.database.read(
            lambda connection: self.engine_of_searches.run(connection, self.schema, principal, sosl)
        ).result()

    def ask(self, sosl: str, access: Access = EVERYTHING) -> list[list[str]]:
        """The rows of each object."""
        return [drawn(each) for each in self.search(sosl, access).found]


@pytest.fixture
def shelf(library: Library) -> Shelf:
    library.__class__ = Shelf
    assert isinstance(library, Shelf)
    library.fill()
    return library


def refusal(shelf: Shelf, sosl: str, access: Access = EVERYTHING) -> tuple[str, str]:
    with pytest.raises(Fault) as caught:
        shelf.search(sosl, access)
    return caught.value.code, caught.value.message


def test_rows_come_in_the_order_of_the_search_unless_one_is_asked_for(shelf: Shelf) -> None:
    assert shelf.ask("FIND {acme} RETURNING Paper__c(Name)") == [["acme one", "acme three", "two", "five"]]
    ordered = "FIND {acme} RETURNING Paper__c(Name, Pages__c ORDER BY Pages__c DESC)"
    assert shelf.ask(ordered) == [["five | 4.0", "acme three | 2.0", "two | 1.0", "acme one | 0.0"]]


def test_conditions_filter_what_is_found(shelf: Shelf) -> None:
    assert shelf.ask("FIND {acme} RETURNING Paper__c(Name WHERE Kind__c = 'Novel')") == [["two"]]
    assert shelf.ask("FIND {acme} RETURNING Paper__c(Name WHERE Kind__c = 'Essay')") == [[]]
    assert shelf.ask("FIND {acme} RETURNING Paper__c(Name WHERE Name LIKE 'acme%' AND Pages__c > 1)") == [
        ["acme three"]
    ]
    either = "FIND {acme} RETURNING Paper__c(Name WHERE Note__c = null OR Owner.Name != null)"
    assert shelf.ask(either) == [["acme one", "acme three", "two", "five"]]


def test_several_objects_each_give_their_own(shelf: Shelf) -> None:
    assert shelf.ask("FIND {acme} RETURNING Plain__c(Name), Paper__c(Name WHERE Pages__c < 2)") == [
        ["acme plain"],
        ["acme one", "two"],
    ]
    assert shelf.ask("FIND {plain} RETURNING Paper__c(Name), Plain__c(Name)") == [
        [],
        ["acme plain", "other plain"],
    ]


def test_without_returning_every_object_gives_ids(shelf: Shelf) -> None:
    found = shelf.search("FIND {acme}").found
    assert [each.shape.sobject.name for each in found] == ["Paper__c", "Plain__c"]
    assert [len(each.rows) for each in found] == [4, 1]
    assert all(row[:1] and len(row) == 1 for each in found for row in each.rows)


def test_limits_cut_what_each_gives_and_deal_what_all_may(shelf: Shelf) -> None:
    assert shelf.ask("FIND {acme} RETURNING Paper__c(Name LIMIT 2)") == [["acme one", "acme three"]]
    assert shelf.ask("FIND {acme} RETURNING Paper__c(Name LIMIT 2 OFFSET 1)") == [["acme three", "two"]]
    assert shelf.ask("FIND {acme} RETURNING Paper__c(Name LIMIT 0), Plain__c(Name)") == [[], ["acme plain"]]
    assert shelf.ask("FIND {plain OR acme} RETURNING Paper__c(Name), Plain__c(Name) LIMIT 3") == [
        ["acme one", "acme three"],
        ["acme plain"],
    ]
    assert shelf.ask("FIND {acme} RETURNING Paper__c(Name), Plain__c(Name) LIMIT 4") == [
        ["acme one", "acme three", "two"],
        ["acme plain"],
    ]
    assert shelf.ask("FIND {acme} RETURNING Paper__c(Name) LIMIT 0") == [[]]


def test_an_object_gives_250_unless_it_is_filtered_or_ordered(shelf: Shelf) -> None:
    for start in range(0, 2_200, 200):
        shelf.insert("Plain__c", *({"Name": f"many {start + n}"} for n in range(200)))
    shelf.settle()

    def count(sosl: str) -> list[int]:
        return [len(each.rows) for each in shelf.search(sosl).found]

    assert count("FIND {many}") == [250]
    assert count("FIND {many} RETURNING Plain__c") == [250]
    assert count("FIND {many} RETURNING Plain__c(Id WHERE Name != null)") == [2_000]
    assert count("FIND {many} RETURNING Plain__c(Id ORDER BY Name)") == [2_000]
    assert count("FIND {many} RETURNING Plain__c(Id ORDER BY Name LIMIT 700 OFFSET 1500)") == [500]
    assert count("FIND {many} RETURNING Plain__c(Id ORDER BY Name), Paper__c") == [250, 0]
    assert count("FIND {many} RETURNING Plain__c(Id ORDER BY Name) LIMIT 2001") == [2_000]


def test_groups_and_rights_narrow_a_search(shelf: Shelf) -> None:
    assert shelf.ask("FIND {acme} IN NAME FIELDS RETURNING Paper__c(Name)") == [["acme one", "acme three"]]
    assert shelf.ask("FIND {acme} IN EMAIL FIELDS RETURNING Paper__c(Name)") == [[]]
    blind = Hidden(fields=frozenset({"Note__c"}))
    assert shelf.ask("FIND {acme} RETURNING Paper__c(Name)", blind) == [["acme one", "acme three"]]
    code, message = refusal(shelf, "FIND {acme} RETURNING Paper__c(Note__c)", blind)
    assert (code, "No such column 'Note__c' on entity 'Paper__c'" in message) == ("INVALID_FIELD", True)


def test_what_is_found_is_marked_in_what_is_returned(shelf: Shelf) -> None:
    sosl = "FIND {acme AND NOT blue} RETURNING Paper__c(Name, Note__c, Kind__c), Plain__c(Id) WITH HIGHLIGHT"
    papers, plain = shelf.search(sosl).highlights
    assert papers == (
        {"Name": "<mark>acme</mark> one"},
        {"Name": "<mark>acme</mark> three"},
        {"Note__c": "<mark>acme</mark>"},
        {"Note__c": "<mark>acme</mark>"},
    )
    assert plain == ({},)
    [wild] = shelf.search("FIND {acm* OR red} RETURNING Paper__c(Name, Note__c) WITH HIGHLIGHT").highlights
    assert wild[0] == {"Note__c": "<mark>red</mark>"}
    assert shelf.search("FIND {acme} RETURNING Paper__c(Name)").highlights == ()


def test_25_records_of_an_object_are_marked(shelf: Shelf) -> None:
    shelf.insert("Plain__c", *({"Name": f"many {n}"} for n in range(30)))
    result = shelf.search("FIND {many} RETURNING Plain__c(Name) WITH HIGHLIGHT")
    assert (len(result.found[0].rows), len(result.highlights[0])) == (30, 25)


@pytest.mark.parametrize(
    ("clause", "code", "message"),
    [
        ("Foo", "INVALID_TYPE", "sObject type 'Foo' is not supported."),
        ("Group", "INVALID_TYPE", "entity type Group does not support search"),
        ("Paper__c(Foo)", "INVALID_FIELD", "No such column 'Foo' on entity 'Paper__c'."),
        ("Paper__c(Name WHERE Foo = 'x')", "INVALID_FIELD", "No such column 'Foo' on entity 'Paper__c'."),
        ("Paper__c(Name WHERE Pages__c = 'x')", "INVALID_FIELD", "must be of type double"),
        ("Paper__c(Name WHERE Long__c = 'x')", "INVALID_FIELD", "can not be filtered in a query call"),
        ("Paper__c(Name ORDER BY Long__c)", "INVALID_FIELD", "can not be sorted in a query call"),
        ("Paper__c(Name WHERE Id = 'x')", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
        ("Paper__c(COUNT(Id))", "MALFORMED_SEARCH", "An aggregate is not supported here"),
        ("Paper__c(Name), Plain__c, paper__c(Id)", "MALFORMED_SEARCH", "duplicate object type in RETURNING"),
        ("Paper__c(Name OFFSET 1), Plain__c", "MALFORMED_SEARCH", "only when a single object is searched"),
        ("Paper__c(Name OFFSET 2001)", "MALFORMED_SEARCH", "SOSL offset should be between 0 to 2000"),
    ],
)
def test_what_can_not_be_returned_is_refused_whatever_is_found(
    shelf: Shelf, clause: str, code: str, message: str
) -> None:
    for term in ("acme", "nothing"):
        found = refusal(shelf, f"FIND {{{term}}} RETURNING {clause}")
        assert found[0] == code
        assert message in found[1]


def test_plans_are_shared_by_searches_that_differ_in_literals(shelf: Shelf) -> None:
    sosl = "FIND {acme} RETURNING Paper__c(Name WHERE Pages__c = %s)"
    first, second = shelf.search(sosl % 1).found, shelf.search(sosl % 2).found
    assert first[0].shape is second[0].shape
    assert [drawn(each[0]) for each in (first, second)] == [["two"], ["acme three"]]
    assert shelf.ask("FIND {acme} RETURNING Paper__c(Name WHERE Id = '000000000000000')") == [[]]
    code, message = refusal(shelf, "FIND {acme}   RETURNING Paper__c(Name WHERE Id = 'x')")
    assert (code, "Column:45\n" in message) == ("INVALID_QUERY_FILTER_OPERATOR", True)


def test_a_plan_is_not_shared_with_who_may_read_less(shelf: Shelf) -> None:
    sosl = "FIND {acme} RETURNING Paper__c(Name, Pages__c)"
    assert len(shelf.ask(sosl)[0]) == 4
    assert refusal(shelf, sosl, Hidden(fields=frozenset({"Pages__c"})))[0] == "INVALID_FIELD"


def test_too_long_a_term_finds_nothing(shelf: Shelf) -> None:
    words: Sequence[str] = ["acme"] * 2_001
    assert shelf.ask(f"FIND {{{' '.join(words)}}} RETURNING Paper__c(Name)") == [[]]
