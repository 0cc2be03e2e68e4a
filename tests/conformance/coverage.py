"""What of SOQL the corpus covers: each production of the grammar, and each operator on each type of field.

Both are read off the cases' own queries. What an org must run is covered by a query that is answered; what it
must refuse, by one that is refused, and compares nothing else.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias
from xml.etree import ElementTree

from tests.conformance.corpus import Case
from tests.conformance.grammar import GRAMMAR, Node, NotAQuery
from tests.conformance.local_org import PROJECT
from tests.conformance.variables import UnknownVariable, Variables

Cell: TypeAlias = tuple[str, str]
"""A field's type, and an operator."""

_TYPES: Final[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "field_types.toml").read_text("utf-8"))
_METADATA: Final = "{http://soap.sforce.com/2006/04/metadata}"
_OPERATORS: Final = {
    "equals": "=",
    "not_equals": "!=",
    "less_or_greater": "!=",
    "less": "<",
    "less_or_equal": "<=",
    "greater": ">",
    "greater_or_equal": ">=",
    "like": "LIKE",
    "in_list": "IN",
    "not_in_list": "NOT IN",
    "includes": "INCLUDES",
    "excludes": "EXCLUDES",
}
_NAMED_MAX: Final = 12
"""How many of what is not covered are named."""
_TESTS: Final = frozenset({"comparison", "in_list", "not_in_list", "includes", "excludes"})


class AnyVariables(Variables):
    """Variables of which every one is set: to `x`, where it is no date."""

    def __init__(self) -> None:
        super().__init__({}, lambda: datetime(2026, 1, 9, tzinfo=UTC))

    def expand(self, text: str) -> str:
        while True:
            try:
                return super().expand(text)
            except UnknownVariable as unknown:
                self.values[str(unknown).split("{{")[1].rstrip("}")] = "x"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Productions and cells: those that are wanted, or those that cases cover."""

    productions: frozenset[str]
    cells: frozenset[Cell]

    def lines(self, what: str) -> list[str]:
        """How much of what is wanted these are, and what is left."""
        found = []
        for name, wanted, here in (
            ("productions of SOQL", WANTED.productions, self.productions),
            ("operators by field type", WANTED.cells, self.cells),
        ):
            left = sorted(each if isinstance(each, str) else " ".join(each) for each in wanted - here)
            more = f"; and {len(left) - _NAMED_MAX} more" if len(left) > _NAMED_MAX else ""
            missing = f"; not: {'; '.join(left[:_NAMED_MAX])}{more}" if left else ""
            found.append(f"{name}: {len(wanted & here)} of {len(wanted)} {what}{missing}")
        return found


def coverage(cases: Iterable[Case]) -> Coverage:
    """What the cases cover."""
    productions: set[str] = set()
    cells: set[Cell] = set()
    for tree, answered in _queries(cases):
        made_of = {node.production for node in tree.walk()}
        productions |= made_of if answered else made_of & GRAMMAR.refused.keys()
        compared = list(_compared(tree))
        if answered or len(compared) == 1:
            cells |= {cell for cell in compared if (cell in ALLOWED) == answered}
    return Coverage(frozenset(productions), frozenset(cells))


def queries(case: Case) -> Iterator[tuple[str, bool]]:
    """The case's queries, with something for each variable, and whether each must be answered."""
    for step in (*case.given, case.step, *case.then):
        if step.soql:
            yield AnyVariables().expand(step.soql), step.status == 200


def _queries(cases: Iterable[Case]) -> Iterator[tuple[Node, bool]]:
    for case in cases:
        for soql, answered in queries(case):
            if (tree := _tree(soql)) is not None:
                yield tree, answered


@cache
def _tree(soql: str) -> Node | None:
    try:
        return GRAMMAR.tree(soql)
    except NotAQuery:
        return None


def _compared(tree: Node) -> Iterator[Cell]:
    """Every comparison of a field, of the object itself, whose type is known."""
    for query in (node for node in tree.walk() if node.production == "query"):
        sobject = query.first("source").first("object").text
        where = next((part for part in query.parts if part.production == "where"), None)
        for test in _tests(where) if where is not None else ():
            left = test.first("left")
            kind = field_types().get(f"{sobject}.{left.text}".lower())
            if kind is not None:
                yield kind, _operator(test)


def _tests(node: Node) -> Iterator[Node]:
    if node.production in _TESTS:
        yield node
    for part in node.parts:
        if part.production != "query":
            yield from _tests(part)


def _operator(test: Node) -> str:
    named = next(node.production for node in test.walk() if node.production in _OPERATORS)
    operator = _OPERATORS[named]
    with_null = operator in ("=", "!=") and test.parts[-1].text.upper() == "NULL"
    return f"{operator} null" if with_null else operator


@cache
def field_types() -> dict[str, str]:
    """The type of every field that the matrix is about, by `object.field` in lower case."""
    types = {name.lower(): kind for name, kind in _TYPES["fields"].items()}
    for path in PROJECT.rglob("*.field-meta.xml"):
        field = ElementTree.parse(path).getroot()
        kind = _TYPES["metadata"].get(field.findtext(f"{_METADATA}type"))
        if kind is None or field.find(f"{_METADATA}formula") is not None:
            continue
        if kind == "string" and field.findtext(f"{_METADATA}caseSensitive") == "true":
            kind = "string, case-sensitive"
        types[f"{path.parents[1].name}.{field.findtext(f'{_METADATA}fullName')}".lower()] = kind
    return types


ALLOWED: Final = frozenset(
    (kind, operator)
    for kind, groups in _TYPES["types"].items()
    for group in groups
    for operator in _TYPES["operators"][group]
)
"""The operators that a type of field has."""
WANTED: Final = Coverage(
    GRAMMAR.countable,
    frozenset(
        (kind, operator)
        for kind in _TYPES["types"]
        for operators in _TYPES["operators"].values()
        for operator in operators
    ),
)
