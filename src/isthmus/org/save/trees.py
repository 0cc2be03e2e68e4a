"""Trees: records with those below them, all made or none.

Level by level, and within a level object by object, so that the records of an object pass the save order
together. Source: REST API Developer Guide, "sObject Tree".
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.errors import RowError, fault, row_error
from isthmus.org.save import requests
from isthmus.org.save.objects import find_sobject
from isthmus.org.save.result import SaveResult
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.model import ChildRelationship

LEVELS_MAX: Final = 5
TYPES_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Tree:
    """A record to be made: how the request calls it, and the records `below` it by child relationship."""

    reference: str
    sobject: str
    values: Mapping[str, object]
    below: "Mapping[str, Sequence[Tree]]"

    def all(self) -> "Iterator[Tree]":
        """It and all that are below it."""
        yield self
        for trees in self.below.values():
            for each in trees:
                yield from each.all()


class TreesFailed(Exception):
    """A record could not be made: nothing may stay. `failed` are the results of those by reference."""

    def __init__(self, failed: list[tuple[str, SaveResult]]) -> None:
        super().__init__("not all records of a tree were valid")
        self.failed = failed


@dataclass(slots=True)
class _Planted:
    """A tree whose record is made next, as a record of `values`, with what then comes right below it."""

    tree: Tree
    values: dict[str, object]
    below: list[tuple[ChildRelationship, Tree]]
    error: RowError | None


def insert_trees(unit: UnitOfWork, sobject: str, trees: Sequence[Tree]) -> list[tuple[str, SaveResult]]:
    """Make the records of trees whose roots are of one object; returns a result for each, by reference, the
    roots first, then what is right below them.

    Raises TreesFailed. Faults: `resource_not_found`, `tree_limit_exceeded`.
    """
    root = find_sobject(unit.schema, unit.access, sobject)
    _refuse_twice(trees)
    types = {each.sobject.lower() for tree in trees for each in tree.all()}
    if len(types) > TYPES_MAX:
        raise fault("tree_limit_exceeded", maximum=TYPES_MAX, what="types of records")
    level = [_planted(unit, each, root.name, {}) for each in trees]
    results: list[tuple[str, SaveResult]] = []
    for _ in range(LEVELS_MAX):
        made = _insert(unit, level)
        results += made
        level = [
            _planted(unit, child, relationship.child, {relationship.field: result.id})
            for parent, (_, result) in zip(level, made, strict=True)
            for relationship, child in parent.below
        ]
        if not level:
            return results
    raise fault("tree_limit_exceeded", maximum=LEVELS_MAX, what="levels of records")


def _refuse_twice(trees: Sequence[Tree]) -> None:
    counts = Counter(each.reference for tree in trees for each in tree.all())
    twice = SaveResult(None, (row_error("tree_reference_twice"),))
    if failed := [(reference, twice) for reference, count in counts.items() if count > 1]:
        raise TreesFailed(failed)


def _insert(unit: UnitOfWork, level: list[_Planted]) -> list[tuple[str, SaveResult]]:
    results: dict[int, SaveResult] = {}
    by_type: dict[str, list[_Planted]] = {}
    for each in level:
        if each.error is None:
            by_type.setdefault(each.tree.sobject.lower(), []).append(each)
        else:
            results[id(each)] = SaveResult(None, (each.error,))
    for some in by_type.values():
        made = requests.insert(unit, some[0].tree.sobject, [each.values for each in some])
        results.update(zip(map(id, some), made, strict=True))
    told = [(each.tree.reference, results[id(each)]) for each in level]
    if failed := [(reference, result) for reference, result in told if not result.success]:
        raise TreesFailed(failed)
    return told


def _planted(unit: UnitOfWork, tree: Tree, sobject: str, parent: Mapping[str, object]) -> _Planted:
    """A tree that is to be of that object. What is no child relationship of it is taken for a field."""
    if tree.sobject.lower() != sobject.lower():
        return _Planted(tree, {}, [], row_error("unsupported_sobject_type", sobject=tree.sobject))
    relationships = {each.name.lower(): each for each in unit.schema.children(sobject) if each.name}
    below: list[tuple[ChildRelationship, Tree]] = []
    fields: dict[str, object] = {}
    for name, trees in tree.below.items():
        relationship = relationships.get(name.lower())
        if relationship is None:
            fields[name] = None
        else:
            below += ((relationship, each) for each in trees)
    return _Planted(tree, {**tree.values, **fields, **parent}, below, None)
