"""Does a matcher match what it should, and nothing else?"""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.conformance.matching import ABSENT, at_path, differences, element_at, guarded, row_differences

MATCHING: list[tuple[Any, Any]] = [
    ("Acme", "Acme"),
    (1, 1),
    (1.0, 1.0),
    (None, None),
    (True, True),
    ({"a": 1}, {"a": 1}),
    ([1, "x"], [1, "x"]),
    ("~A.*e", "Acme"),
    ("~.*", "two\nlines"),
    ("<any>", None),
    ("<string>", "x"),
    ("<number>", 1.5),
    ("<int>", 1),
    ("<float>", 1.0),
    ("<boolean>", False),
    ("<null>", None),
    ("<string|null>", None),
    ("<array>", []),
    ("<object>", {}),
    ("<id>", "001D000000IqhSLIAZ"),
    ("<id 001>", "001D000000IqhSLIAZ"),
    ("<datetime>", "2026-01-09T18:03:21.000+0000"),
    ("<date>", "2026-01-09"),
    ("<time>", "09:30:00.000Z"),
    ("<url>", "https://acme.my.salesforce.com/id/00D/005"),
    ({"<contains>": [2, {"a": "x"}]}, [1, {"a": "x", "b": 1}, 2]),
    ({"<each>": {"a": "<int>"}}, [{"a": 1, "b": 2}, {"a": 3}]),
    ({"<each>": "<int>"}, []),
    ({"<size>": 2}, ["x", "y"]),
    ({"gone": "<absent>", "a": 1}, {"a": 1}),
]
DIFFERING: list[tuple[Any, Any]] = [
    ("Acme", "acme"),
    ("1", 1),
    (1, 1.0),
    (1, True),
    (0, False),
    (None, ""),
    (None, ABSENT),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": 1, "b": 2}, {"a": 1}),
    ({"a": 1}, [1]),
    ([1, 2], [2, 1]),
    ([1], [1, 1]),
    ("~A.*e", "Acme Inc"),
    ("~1", 1),
    ("<any>", ABSENT),
    ("<string>", ""),
    ("<int>", 1.0),
    ("<int>", True),
    ("<float>", 1),
    ("<id>", "001D000000IqhSLIAA"),
    ("<id>", "001D000000IqhSL"),
    ("<id 003>", "001D000000IqhSLIAZ"),
    ("<datetime>", "2026-01-09T18:03:21Z"),
    ("<date>", "2026-01-09T00:00:00Z"),
    ("<string|null>", 1),
    ({"<contains>": [3]}, [1, 2]),
    ({"<each>": {"a": "<int>"}}, [{"a": 1}, {"a": "x"}]),
    ({"<size>": 2}, ["x"]),
    ({"<size>": 2}, "xy"),
    ({"gone": "<absent>"}, {"gone": None}),
]


@pytest.mark.parametrize(("expected", "got"), MATCHING, ids=repr)
def test_a_match_has_no_differences(expected: Any, got: Any) -> None:
    assert differences(expected, got) == []


@pytest.mark.parametrize(("expected", "got"), DIFFERING, ids=repr)
def test_a_mismatch_is_told(expected: Any, got: Any) -> None:
    assert differences(expected, got)


def test_an_unknown_matcher_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such matcher"):
        differences("<nonesuch>", "x")


def test_a_subset_may_lack_keys_at_every_depth_but_not_rows() -> None:
    got = {"a": 1, "b": {"c": [{"d": 1, "e": 2}]}}
    assert differences({"b": {"c": [{"d": 1}]}}, got, subset=True) == []
    assert differences({"b": {"c": []}}, got, subset=True)
    assert differences({"b": {"c": [{"d": 2}]}}, got, subset=True) == ["$.b.c[0].d: expected 2, got 1"]


def test_rows_match_in_any_order_once_each() -> None:
    rows = [{"Name": "b"}, {"Name": "a"}]
    assert row_differences([{"Name": "a"}, {"Name": "b"}], rows, ordered=False) == []
    assert row_differences([{"Name": "a"}, {"Name": "b"}], rows, ordered=True)
    assert row_differences([{"Name": "a"}], rows, ordered=False)
    assert row_differences([{"Name": "a"}, {"Name": "a"}], rows, ordered=False)


def test_paths_lead_into_json_and_xml() -> None:
    value = json.loads('{"sobjects": [{"name": "Account", "urls": {"a": 1}}, {"name": "Contact"}]}')
    assert at_path(value, "sobjects.[name=Contact].name") == "Contact"
    assert at_path(value, "sobjects.0.urls.a") == 1
    assert at_path(value, "sobjects.7.urls") is ABSENT
    root = ElementTree.fromstring('<s:Envelope xmlns:s="urn:s"><s:Body><x>1</x></s:Body></s:Envelope>')
    element = element_at(root, "Envelope/Body/x")
    assert element is not None
    assert element.text == "1"
    assert element_at(root, "Envelope/Head/x") is None


def test_an_ids_guard_is_the_documented_one() -> None:
    assert guarded("001D000000IqhSL") == "001D000000IqhSLIAZ"
