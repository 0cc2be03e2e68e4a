"""Make groups: random aggregate queries, with GROUP BY or of all records together."""

import random
from collections.abc import Sequence
from typing import Literal as OneOf
from typing import TypeGuard

from tests.fuzz.days import FUNCTIONS_OF_DAYS
from tests.fuzz.locale_texts import FORMATTED, LOCALES
from tests.fuzz.make_conditions import ConditionMaker
from tests.fuzz.paths import LABELLED, Paths, is_groupable, path_of
from tests.fuzz.tables import Tables, Who
from tests.fuzz.tree import (
    Aggregate,
    And,
    Condition,
    DatePart,
    Format,
    Grouping,
    Item,
    Key,
    Label,
    Not,
    Operand,
    Or,
    Order,
    Path,
    Query,
)
from tests.fuzz.values import DECIMALS, INTEGERS, Val

from isthmus.org.schema.model import COMPOUNDS, Field, FieldType, SObjectType

_ANY = ("COUNT", "COUNT_DISTINCT", "MIN", "MAX")
_NUMBERS = ("SUM", "AVG")


class GroupMaker:
    def __init__(
        self, chance: random.Random, tables: Tables, paths: Paths, conditions: ConditionMaker, who: Who
    ) -> None:
        self._chance = chance
        self._tables = tables
        self._paths = paths
        self._conditions = conditions
        self._is_read = who.locale in LOCALES

    def query(self, sobject: SObjectType, where: Condition | None) -> Query:
        """An aggregate query of an object."""
        by = self._grouped(sobject) if self._chance.random() < 0.8 else ()
        aggregates = self._aggregates(sobject, by)
        items = self._items(sobject, by, aggregates)
        if not by:
            return Query(items, sobject.name, where=where)
        values: tuple[Operand, ...] = (*by, *aggregates)
        having = self._having(sobject, values, 2) if self._chance.random() < 0.4 else None
        totals: OneOf["ROLLUP", "CUBE"] | None = None
        if self._chance.random() < 0.3:
            totals = "ROLLUP" if self._chance.random() < 0.5 else "CUBE"
        parts = (self._part_of_grouped(sobject, each) for each in by)
        values += tuple(each for each in parts if each is not None)
        if totals:
            marks = tuple(Grouping(each) for each in by if self._chance.random() < 0.5)
            values += marks
            items += tuple(Item(each, f"g{number}") for number, each in enumerate(marks))
        ordered = self._chance.sample(values, self._chance.randint(0, min(2, len(values))))
        # The order of encrypted groups is not known, so that a part of them is not either.
        settled = all(self._tables.key_field(sobject, each).encryption is None for each in by)
        limit = self._chance.choice((None, None, 1, 3, 10)) if settled else None
        return Query(
            items,
            sobject.name,
            where=where,
            group_by=by,
            totals=totals,
            having=having,
            order_by=tuple(self._order(each) for each in ordered if self._is_sorted(sobject, each)),
            limit=limit,
            offset=self._chance.choice((None, None, 1, 2)) if limit is not None else None,
        )

    def _grouped(self, sobject: SObjectType) -> tuple[Key, ...]:
        found: list[Key | None] = []
        for _ in range(self._chance.choice((1, 1, 2, 2, 3))):
            if self._chance.random() < 0.25:
                found.append(self._paths.date_part(sobject, stay=0.75))
            else:
                found.append(self._paths.some(sobject, is_groupable, stay=0.75))
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def _aggregates(self, sobject: SObjectType, by: Sequence[Key]) -> tuple[Aggregate, ...]:
        found = []
        for _ in range(self._chance.choice((1, 1, 2, 3))):
            path = self._paths.some(sobject, _is_aggregatable, stay=0.8)
            if path is None or path in by:
                continue
            number = self._tables.field_at(sobject, path).type in DECIMALS | INTEGERS
            found.append(Aggregate(self._chance.choice(_ANY + _NUMBERS * 2 if number else _ANY), path))
        if not found and Path((), "Id") not in by:
            found.append(Aggregate("COUNT", Path((), "Id")))
        return tuple(dict.fromkeys(found))

    def _items(
        self, sobject: SObjectType, by: Sequence[Key], aggregates: Sequence[Aggregate]
    ) -> tuple[Item, ...]:
        """What is selected: all aggregates, and most of what is grouped by, under keys that differ."""
        values: list[Operand] = [each for each in by if self._chance.random() < 0.85]
        values += [each for each in aggregates if self._chance.random() < 0.9]
        values += [each for each in map(self._part_of_grouped, [sobject] * len(by), by) if each is not None]
        paths = [each for each in by if isinstance(each, Path) and self._is_labelled(sobject, each)]
        values += [Label(each) for each in paths if self._chance.random() < 0.3]
        operands: tuple[Operand, ...] = (*by, *aggregates)
        written = [each for each in operands if self._is_written(each, sobject)]
        values += [Format(each) for each in written if self._chance.random() < 0.15]
        values = values or list(aggregates) or list(by)
        self._chance.shuffle(values)
        items = []
        keys: set[str] = set()
        for number, value in enumerate(values):
            alias = f"a{number}" if self._chance.random() < 0.2 else None
            inner = value.of if isinstance(value, Format) else value
            if isinstance(inner, Path | Label) and alias is None:
                key = path_of(value).field.lower()
                alias = f"a{number}" if key in keys else None
                keys.add(key)
            items.append(Item(value, alias))
        return tuple(items)

    def _is_written(self, operand: Operand, sobject: SObjectType) -> TypeGuard[Path | Aggregate]:
        """Whether its user's locale writes it, and the evaluator knows how."""
        if not self._is_read or not isinstance(operand, Path | Aggregate):
            return False
        if isinstance(operand, Aggregate) and operand.function not in ("MIN", "MAX"):
            return True
        return self._tables.field_at(sobject, path_of(operand)).type in FORMATTED

    def _is_labelled(self, sobject: SObjectType, path: Path) -> bool:
        return self._tables.field_at(sobject, path).type in LABELLED

    def _part_of_grouped(self, sobject: SObjectType, key: Key) -> DatePart | None:
        """A function of a date that is grouped by."""
        if not isinstance(key, Path) or self._tables.field_at(sobject, key).type is not FieldType.DATE:
            return None
        return DatePart(self._chance.choice(FUNCTIONS_OF_DAYS), key) if self._chance.random() < 0.3 else None

    def _having(self, sobject: SObjectType, values: Sequence[Operand], depth: int) -> Condition:
        luck = self._chance.random()
        if depth and luck < 0.15:
            return Not(self._having(sobject, values, depth - 1))
        if depth and luck < 0.35:
            parts = tuple(self._having(sobject, values, depth - 1) for _ in range(2))
            return And(parts) if self._chance.random() < 0.5 else Or(parts)
        operand = self._chance.choice(values)
        path = path_of(operand)
        owner: SObjectType | None = sobject
        for step in path.steps:
            owner = self._tables.parent_object(owner or sobject, step)
        field = self._tables.field_at(sobject, path)
        value: Val = None
        if isinstance(operand, DatePart):
            field, owner = self._tables.key_field(sobject, operand), None
        elif not isinstance(operand, Path) and getattr(operand, "function", "") not in ("MIN", "MAX"):
            field, owner = Field(field.name, "", FieldType.INT), None
            value = self._chance.choice((0, 1, 2, 5, 12))
        name = None if owner is None else owner.name
        return self._conditions.leaf(operand, field, name, value, known=value is not None)

    def _is_sorted(self, sobject: SObjectType, operand: Operand) -> bool:
        return not isinstance(operand, Path) or self._tables.field_at(sobject, operand).sortable

    def _order(self, operand: Operand) -> Order:
        return Order(operand, self._chance.random() < 0.5, self._chance.choice((None, None, True, False)))


def _is_aggregatable(field: Field) -> bool:
    return field.aggregatable and field.type not in COMPOUNDS and field.type is not FieldType.TIME
