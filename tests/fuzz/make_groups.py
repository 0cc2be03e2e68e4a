"""Make groups: random aggregate queries, with GROUP BY or of all records together."""

import random
from collections.abc import Sequence

from tests.fuzz.make_conditions import ConditionMaker
from tests.fuzz.paths import Paths, is_groupable
from tests.fuzz.tables import Tables
from tests.fuzz.tree import Aggregate, And, Condition, Item, Not, Operand, Or, Order, Path, Query
from tests.fuzz.values import DECIMALS, INTEGERS

from isthmus.org.schema.model import COMPOUNDS, Field, FieldType, SObjectType

_ANY = ("COUNT", "COUNT_DISTINCT", "MIN", "MAX")
_NUMBERS = ("SUM", "AVG")


class GroupMaker:
    def __init__(
        self, chance: random.Random, tables: Tables, paths: Paths, conditions: ConditionMaker
    ) -> None:
        self._chance = chance
        self._tables = tables
        self._paths = paths
        self._conditions = conditions

    def query(self, sobject: SObjectType, where: Condition | None) -> Query:
        """An aggregate query of an object."""
        by = self._grouped(sobject) if self._chance.random() < 0.8 else ()
        aggregates = self._aggregates(sobject, by)
        items = self._items(by, aggregates)
        if not by:
            return Query(items, sobject.name, where=where)
        values: tuple[Operand, ...] = (*by, *aggregates)
        having = self._having(sobject, values, 2) if self._chance.random() < 0.4 else None
        ordered = self._chance.sample(values, self._chance.randint(0, min(2, len(values))))
        # The order of encrypted groups is not known, so that a part of them is not either.
        settled = all(self._tables.field_at(sobject, each).encryption is None for each in by)
        limit = self._chance.choice((None, None, 1, 3, 10)) if settled else None
        return Query(
            items,
            sobject.name,
            where=where,
            group_by=by,
            having=having,
            order_by=tuple(self._order(each) for each in ordered if self._is_sorted(sobject, each)),
            limit=limit,
            offset=self._chance.choice((None, None, 1, 2)) if limit is not None else None,
        )

    def _grouped(self, sobject: SObjectType) -> tuple[Path, ...]:
        count = self._chance.choice((1, 1, 2, 2, 3))
        found = (self._paths.some(sobject, is_groupable, stay=0.75) for _ in range(count))
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def _aggregates(self, sobject: SObjectType, by: Sequence[Path]) -> tuple[Aggregate, ...]:
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

    def _items(self, by: Sequence[Path], aggregates: Sequence[Aggregate]) -> tuple[Item, ...]:
        """What is selected: all aggregates, and most of what is grouped by, under keys that differ."""
        values: list[Operand] = [each for each in by if self._chance.random() < 0.85]
        values += [each for each in aggregates if not values or self._chance.random() < 0.9]
        self._chance.shuffle(values)
        items = []
        keys: set[str] = set()
        for number, value in enumerate(values):
            alias = f"a{number}" if self._chance.random() < 0.2 else None
            if isinstance(value, Path) and alias is None and value.field.lower() in keys:
                alias = f"a{number}"
            if isinstance(value, Path) and alias is None:
                keys.add(value.field.lower())
            items.append(Item(value, alias))
        return tuple(items)

    def _having(self, sobject: SObjectType, values: Sequence[Operand], depth: int) -> Condition:
        luck = self._chance.random()
        if depth and luck < 0.15:
            return Not(self._having(sobject, values, depth - 1))
        if depth and luck < 0.35:
            parts = tuple(self._having(sobject, values, depth - 1) for _ in range(2))
            return And(parts) if self._chance.random() < 0.5 else Or(parts)
        operand = self._chance.choice(values)
        path = operand.of if isinstance(operand, Aggregate) else operand
        owner = sobject
        for step in path.steps:
            owner = self._tables.parent_object(owner, step)
        field = self._tables.field_at(sobject, path)
        if isinstance(operand, Aggregate) and operand.function not in ("MIN", "MAX"):
            number = Field(field.name, "", FieldType.INT)
            return self._conditions.leaf(
                operand, number, None, self._chance.choice((0, 1, 2, 5, 12)), known=True
            )
        return self._conditions.leaf(operand, field, owner.name, None, known=False)

    def _is_sorted(self, sobject: SObjectType, operand: Operand) -> bool:
        return isinstance(operand, Aggregate) or self._tables.field_at(sobject, operand).sortable

    def _order(self, operand: Operand) -> Order:
        return Order(operand, self._chance.random() < 0.5, self._chance.choice((None, None, True, False)))


def _is_aggregatable(field: Field) -> bool:
    return field.aggregatable and field.type not in COMPOUNDS and field.type is not FieldType.TIME
