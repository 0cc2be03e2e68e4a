"""Wild: trees that may mean nothing: parts of a query put where they may not be right."""

import random
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from tests.fuzz.days import FUNCTIONS_OF_DAYS, FUNCTIONS_OF_INSTANTS
from tests.fuzz.literals import COUNTED_RANGES, RANGES
from tests.fuzz.tables import Tables
from tests.fuzz.tree import (
    Aggregate,
    And,
    AnyOf,
    Boolean,
    Children,
    Chosen,
    Compare,
    CountAll,
    DatePart,
    Distance,
    Fields,
    Format,
    Grouping,
    Id,
    Item,
    Label,
    Not,
    Null,
    Or,
    Order,
    Path,
    Plain,
    Query,
    Range,
    SemiJoin,
    Text,
    Typeof,
    Value,
    When,
)

_OPERATORS = ("=", "!=", "<>", "<", "<=", ">", ">=", "LIKE")
_FUNCTIONS = ("COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX")
_COUNTS = (0, 1, 2, 200, 201, 2000, 2001, 10**9, 10**30)


def some_tree(chance: random.Random, tables: Tables, right: Query) -> Query:
    """A query, some parts of which were replaced by others of their kind."""
    tree = right
    for _ in range(chance.choice((1, 1, 2, 3))):
        places = list(_places(tree))
        place = chance.choice(places)
        tree = _replaced(tree, place, _Maker(chance, tables, right).instead_of(_at(tree, place)))
    return tree


class _Maker:
    """Makes parts. `right` is a query that parts may be taken from."""

    def __init__(self, chance: random.Random, tables: Tables, right: Query) -> None:
        self._chance = chance
        self._tables = tables
        self._right = right

    def instead_of(self, node: Any) -> Any:
        chance = self._chance
        match node:
            case Path() | Aggregate() | DatePart() | Grouping() | Label() | Format() | Distance():
                return self._operand()
            case Null() | Text() | Id() | Plain() | Boolean() | Range():
                return self._value()
            case Compare():
                return replace(node, operator=chance.choice(_OPERATORS))
            case AnyOf():
                return replace(node, negated=not node.negated, values=(*node.values, self._value()))
            case Chosen():
                return AnyOf(node.left, node.excludes, node.values)
            case SemiJoin():
                return replace(
                    node, query=self._right if chance.random() < 0.5 else node.query, left=self._path()
                )
            case Not() | And() | Or():
                join = SemiJoin(self._path(), chance.random() < 0.5, self._selecting())
                return chance.choice((Not(node), Or((node, join)), And((node, join)), And((node, node))))
            case Item():
                return chance.choice(
                    (
                        Item(self._operand(), chance.choice((None, "a", "Id", "x1"))),
                        Children(self._right),
                        CountAll(),
                        Typeof(("Owner",), (When("User", (self._path(),)),), (self._path(),)),
                        Fields(chance.choice(("ALL", "CUSTOM", "STANDARD"))),
                    )
                )
            case Typeof():
                known = (self._path().steps, ("Owner",), ("Account",), ("What",))
                return replace(node, steps=chance.choice([each for each in known if each]))
            case When():
                return replace(node, sobject=chance.choice((*self._tables.records, "Nonesuch__c")))
            case Order():
                return replace(node, value=self._operand())
            case Query():
                return self._changed(node)
        return node

    def _changed(self, query: Query) -> Query:
        chance = self._chance
        match chance.randrange(10):
            case 0:
                return replace(
                    query, source=chance.choice((*self._tables.records, "Contacts", "Nonesuch__c"))
                )
            case 1:
                return replace(query, limit=chance.choice(_COUNTS))
            case 2:
                return replace(query, offset=chance.choice(_COUNTS))
            case 3:
                return replace(query, select=(*query.select, chance.choice(query.select)))
            case 4:
                return replace(query, select=(*query.select, Children(self._selecting())))
            case 5:
                return replace(query, group_by=(*query.group_by, self._key()))
            case 6:
                return replace(query, totals=chance.choice(("ROLLUP", "CUBE", None)))
            case 8:
                return replace(
                    query, marks=chance.choice(("FOR VIEW", "FOR UPDATE", "UPDATE TRACKING", "ALL ROWS"))
                )
            case 7:
                return replace(query, scope=chance.choice(("mine", "team", "delegated", "nonesuch")))
            case _:
                return replace(
                    query, order_by=(*query.order_by, Order(self._operand())) * chance.choice((1, 40))
                )

    def _selecting(self) -> Query:
        return Query(
            (Item(self._path()),), self._chance.choice(list(self._tables.records)), where=self._right.where
        )

    def _operand(self) -> Any:
        path = self._path()
        function = self._chance.choice((*FUNCTIONS_OF_DAYS, *FUNCTIONS_OF_INSTANTS))
        return self._chance.choice(
            (
                *(path, path, path),
                Aggregate(self._chance.choice(_FUNCTIONS), path),
                DatePart(function, path, self._chance.random() < 0.5),
                Grouping(path),
                Label(path),
                Format(path),
                Distance(path, ("91", "1"), "km"),
                Distance(path, self._path(), "mi"),
            )
        )

    def _key(self) -> Any:
        operand = self._operand()
        return operand if isinstance(operand, Path | DatePart) else operand.of

    def _path(self) -> Path:
        chance = self._chance
        sobject = self._tables.object(chance.choice((self._right.source, *self._tables.records)))
        steps = []
        while chance.random() < 0.3:
            known = [each.relationship_name for each in sobject.fields if each.relationship_name]
            steps.append(chance.choice((*known, "Nonesuch__r")))
        names = [each.name for each in sobject.fields]
        return Path(tuple(steps), chance.choice((*names, "Nonesuch__c", "Name", "Id")))

    def _value(self) -> Value:
        chance = self._chance
        plain = (
            Plain("number", "1.5"),
            Plain("date", "2026-01-09"),
            Plain("datetime", "2026-01-09T10:00:00Z"),
            Plain("time", "09:30:00Z"),
        )
        return chance.choice(
            (
                Null(),
                Text(chance.choice(("", "x", "%", "a;b"))),
                Id("0017Ab000000001QAA"),
                chance.choice(plain),
                Boolean(True),
                Range(chance.choice(RANGES)),
                Range(chance.choice(COUNTED_RANGES), chance.choice((0, 1, 5_000, 10**12))),
            )
        )


def _places(node: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where the parts of a tree are."""
    if isinstance(node, tuple):
        for number, each in enumerate(node):
            yield from _places(each, (*place, number))
    elif is_dataclass(node):
        yield place
        for each in fields(node):
            yield from _places(getattr(node, each.name), (*place, each.name))


def _at(node: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        node = node[step] if isinstance(step, int) else getattr(node, step)
    return node


def _replaced(node: Any, place: tuple[str | int, ...], part: Any) -> Any:
    if not place:
        return part
    step, *further = place
    if isinstance(step, int):
        return (*node[:step], _replaced(node[step], tuple(further), part), *node[step + 1 :])
    return replace(node, **{step: _replaced(getattr(node, step), tuple(further), part)})
