"""Generate: random queries that are right, and whose answers are seldom empty.

What a query may be is drawn from the schema: which relationships there are, which fields may be filtered,
sorted, grouped. A witness, one record that is seen, gives most literals, so that it meets most conditions.
"""

import random
from collections.abc import Sequence

from tests.fuzz.literals import Literals
from tests.fuzz.locale_texts import FORMATTED, LOCALES
from tests.fuzz.make_conditions import ConditionMaker
from tests.fuzz.make_groups import GroupMaker
from tests.fuzz.paths import Paths, is_sortable, path_of
from tests.fuzz.tables import Asked, Record, Tables
from tests.fuzz.tree import (
    Children,
    Condition,
    CountAll,
    Fields,
    Format,
    Item,
    Made,
    Order,
    Path,
    Query,
    Selected,
    Typeof,
    When,
)

from isthmus.org.schema.model import Field, SObjectType

_ROOTS = {
    "Gem__c": 8,
    "Account": 5,
    "Contact": 4,
    "Opportunity": 4,
    "Task": 4,
    "Case": 3,
    "Lead": 2,
    "Facet__c": 3,
    "User": 1,
    "Group": 1,
    "UserRole": 1,
}
_LEVELS = 5
_SUBQUERIES_MAX = 6
_MARKS = ("FOR VIEW", "FOR REFERENCE")


class Generator:
    """Makes queries for one who asks."""

    def __init__(self, chance: random.Random, tables: Tables, asked: Asked) -> None:
        self._chance = chance
        self._tables = tables
        self._asked = asked
        self._paths = Paths(chance, tables, asked.who)
        self._literals = Literals(chance, tables)
        self._conditions = ConditionMaker(chance, tables, self._paths, self._literals)
        self._groups = GroupMaker(chance, tables, self._paths, self._conditions, asked.who)
        self._subqueries = 0

    def query(self) -> Query:
        name = self._chance.choices(list(_ROOTS), list(_ROOTS.values()))[0]
        sobject = self._tables.object(name)
        where = self._where(sobject) if self._chance.random() < 0.85 else None
        kind = self._chance.random()
        if kind > 0.96:
            return self._long()
        if kind < 0.2:
            return self._groups.query(sobject, where)
        if kind < 0.25:
            return Query((CountAll(),), name, where=where, limit=self._limit(), offset=self._offset())
        limit = self._limit() if kind > 0.3 else self._chance.randint(1, 200)
        return Query(
            self._selected(sobject, limit) if kind > 0.3 else self._all_fields(sobject),
            name,
            parents=self._parents(sobject),
            scope=self._paths.scope(sobject),
            where=where,
            order_by=self._order_by(sobject),
            limit=limit,
            offset=self._offset(),
            marks=self._chance.choice(_MARKS) if self._chance.random() < 0.04 else None,
        )

    def _long(self) -> Query:
        """One whose answer has more than one page, for who asks for 200 at a time and sees much."""
        sobject = self._tables.object("Facet__c")
        return Query(self._selected(sobject, None), sobject.name, order_by=self._order_by(sobject))

    def _where(self, sobject: SObjectType) -> Condition:
        return self._conditions.condition(sobject, self._asked, self._witness(sobject))

    def _witness(self, sobject: SObjectType) -> Record | None:
        seen = self._tables.seen(self._asked, sobject)
        return self._chance.choice(seen) if seen else None

    def _selected(self, sobject: SObjectType, limit: int | None) -> tuple[Selected, ...]:
        found = (
            self._paths.some(sobject, _any, stay=0.6) for _ in range(self._chance.choice((1, 2, 3, 4, 6)))
        )
        items: list[Selected] = [Item(each) for each in dict.fromkeys(found) if each is not None]
        if self._chance.random() < 0.2:
            items += self._children(sobject, 2, limit)
        items += self._texts(sobject, items)
        self._chance.shuffle(items)
        return tuple(items) or (Item(Path((), "Id")),)

    def _texts(self, sobject: SObjectType, items: Sequence[Selected]) -> list[Selected]:
        """What functions make of a record, or, beside which there may be none, a TYPEOF."""
        made = self._made(sobject, items)
        if not made and self._chance.random() < 0.12 and (typeof := self._typeof(sobject, items)) is not None:
            return [typeof]
        return made

    def _made(self, sobject: SObjectType, items: Sequence[Selected]) -> list[Selected]:
        """Labels and forms, under an alias or in the place of a field that is not selected itself."""
        found: list[Selected] = []
        for made, alias in ((self._paths.label(sobject, _any), "said"), (self._format(sobject), "written")):
            if made is None or self._chance.random() > 0.12:
                continue
            named = self._chance.random() < 0.5 or any(path_of(made) == each for each in _paths_of(items))
            found.append(Item(made, alias if named else None))
        if self._chance.random() < 0.04 and (distance := self._paths.distance(sobject)) is not None:
            found.append(Item(distance, self._chance.choice((None, "away"))))
        return found

    def _typeof(self, sobject: SObjectType, items: Sequence[Selected]) -> Typeof | None:
        """A TYPEOF of a parent that nothing else is asked of."""
        steps: list[str] = []
        while self._chance.random() < 0.3 and (further := self._paths.parents(sobject)):
            steps.append(self._chance.choice(further))
            sobject = self._tables.parent_object(sobject, steps[-1])
        lookups = [
            each for each in self._paths.fields(sobject) if each.polymorphic and each.relationship_name
        ]
        if not lookups or sobject.name == "Name":
            return None
        lookup = self._chance.choice(lookups)
        steps.append(str(lookup.relationship_name))
        if any(path.steps[: len(steps)] == tuple(steps) for path in _paths_of(items)):
            return None
        kinds = [each for each in lookup.reference_to if each in self._tables.records]
        whens = tuple(
            When(each, self._few(self._tables.object(each)))
            for each in self._chance.sample(kinds, self._chance.randint(1, min(3, len(kinds))))
        )
        otherwise = self._few(self._tables.object("Name")) if self._chance.random() < 0.5 else ()
        return Typeof(tuple(steps), whens, otherwise)

    def _few(self, sobject: SObjectType) -> tuple[Path, ...]:
        found = (self._paths.some(sobject, _any, levels=2) for _ in range(self._chance.choice((1, 2, 3))))
        return tuple(dict.fromkeys(each for each in found if each is not None)) or (Path((), "Id"),)

    def _format(self, sobject: SObjectType) -> Format | None:
        """What its user's locale writes, where the evaluator knows how."""
        if self._asked.who.locale not in LOCALES:
            return None
        path = self._paths.some(sobject, lambda field: field.type in FORMATTED)
        return None if path is None else Format(path)

    def _all_fields(self, sobject: SObjectType) -> tuple[Selected, ...]:
        return (
            Fields(
                self._chance.choice(("ALL", "CUSTOM", "STANDARD") if sobject.custom else ("ALL", "STANDARD"))
            ),
        )

    def _children(self, sobject: SObjectType, level: int, limit: int | None) -> list[Selected]:
        """Subqueries of child relationships, and theirs; `level` is theirs, that of the query itself is 1.

        They may have an OFFSET where the `limit` of what they stand in is 1.
        """
        known = [
            each
            for each in self._tables.schema.children(sobject.name)
            if each.name is not None and each.child in self._tables.records and each.child != "Name"
        ]
        found: list[Selected] = []
        for each in self._chance.sample(known, min(len(known), self._chance.choice((1, 1, 2)))):
            if self._subqueries == _SUBQUERIES_MAX:
                break
            self._subqueries += 1
            child = self._tables.object(each.child)
            most = self._limit()
            select = self._selected_of_child(child)
            if level < _LEVELS and self._chance.random() < 0.35:
                select += self._children(child, level + 1, most)
            query = Query(
                tuple(select),
                str(each.name),
                scope=self._paths.scope(child),
                where=self._where(child) if self._chance.random() < 0.4 else None,
                order_by=self._order_by(child),
                limit=most,
                offset=self._chance.choice((None, 1, 2)) if limit == 1 else None,
            )
            found.append(Children(query))
        return found

    def _selected_of_child(self, child: SObjectType) -> list[Selected]:
        if self._chance.random() < 0.05:
            return [Fields("STANDARD")]
        found = (self._paths.some(child, _any, stay=0.75) for _ in range(self._chance.choice((1, 2, 3))))
        items: list[Selected] = [Item(each) for each in dict.fromkeys(found) if each is not None]
        return [*items, *self._texts(child, items)] or [Item(Path((), "Id"))]

    def _parents(self, sobject: SObjectType) -> tuple[tuple[str, ...], ...]:
        """Parents that FROM names, each below one that it names before."""
        if self._chance.random() > 0.1:
            return ()
        found: list[tuple[str, ...]] = []
        for _ in range(self._chance.choice((1, 2, 3))):
            above = self._chance.choice([(), *found])
            owner = sobject
            for step in above:
                owner = self._tables.parent_object(owner, step)
            further = self._paths.parents(owner)
            if further and len(above) < _LEVELS:
                found.append((*above, self._chance.choice(further)))
        return tuple(dict.fromkeys(found))

    def _order_by(self, sobject: SObjectType) -> tuple[Order, ...]:
        count = self._chance.choice((0, 0, 1, 1, 2, 3))
        found: list[Made | None] = [self._paths.some(sobject, is_sortable, stay=0.7) for _ in range(count)]
        if self._chance.random() < 0.05:
            found.insert(0, self._paths.distance(sobject))
        return tuple(
            Order(each, self._chance.random() < 0.5, self._chance.choice((None, None, True, False)))
            for each in dict.fromkeys(found)
            if each is not None
        )

    def _limit(self) -> int | None:
        return self._chance.choice((None, None, 1, 2, 5, 20, 20, 2000)) if self._chance.random() < 0.98 else 0

    def _offset(self) -> int | None:
        return self._chance.choice((1, 2, 7)) if self._chance.random() < 0.1 else None


def _paths_of(items: Sequence[Selected]) -> list[Path]:
    return [path_of(each.value) for each in items if isinstance(each, Item)]


def _any(field: Field) -> bool:
    return True
