"""Make conditions: random ones, which a witness meets more often than not."""

import random

from tests.fuzz.literals import NOWHERE, Literals
from tests.fuzz.paths import Paths, is_dated, is_filterable, targets_of
from tests.fuzz.tables import Asked, Record, Tables
from tests.fuzz.tree import (
    And,
    AnyOf,
    Chosen,
    Compare,
    Condition,
    Item,
    Label,
    Not,
    Null,
    Operand,
    Or,
    Path,
    Plain,
    Query,
    SemiJoin,
    Text,
    Value,
)
from tests.fuzz.values import Val

from isthmus.org.schema.model import IDS, TEXTS, Field, FieldType, SObjectType

_SEMI_JOINS_MAX = 2
_NEVER_INNER = ("Name", "Task", "Event", "Note", "Attachment")
"""Source: SOQL and SOSL Reference, "Considerations for Semi-Join and Anti-Join Queries"."""


class ConditionMaker:
    def __init__(self, chance: random.Random, tables: Tables, paths: Paths, literals: Literals) -> None:
        self._chance = chance
        self._tables = tables
        self._paths = paths
        self._literals = literals

    def condition(
        self, sobject: SObjectType, asked: Asked, witness: Record | None, *, joins: int = _SEMI_JOINS_MAX
    ) -> Condition:
        """The condition of a WHERE, with at most so many semi-joins."""
        parts = [
            self._nested(sobject, asked, witness, 2) for _ in range(self._chance.choice((1, 1, 1, 2, 2, 3)))
        ]
        for _ in range(joins):
            if self._chance.random() < 0.12 and (join := self._semi_join(sobject, asked)) is not None:
                parts.append(join)
        self._chance.shuffle(parts)
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def leaf(
        self, operand: Operand, field: Field, owner: str | None, value: Val, *, known: bool
    ) -> Condition:
        """A test of an operand. `value` is what the witness has, if that is `known`; `owner` the object whose
        records give other values.
        """

        def literal() -> Value:
            if known and self._chance.random() < 0.75:
                return Null() if value is None else self._literals.of(field, value)
            return self._literals.of(field, None) if owner is None else self._literals.some(owner, field)

        if (
            field.type is FieldType.MULTIPICKLIST
            and isinstance(operand, Path)
            and self._chance.random() < 0.6
        ):
            return self._chosen(operand, field, value)
        if self._chance.random() < 0.25:
            values = tuple(literal() for _ in range(self._chance.choice((1, 2, 2, 3, 5))))
            if self._chance.random() < 0.04:
                values *= self._chance.randint(8, 40)
            return AnyOf(operand, self._chance.random() < 0.4, values)
        likable = (
            field.type in TEXTS and field.type is not FieldType.MULTIPICKLIST and field.encryption is None
        )
        if likable and self._chance.random() < 0.35:
            return Compare(operand, "LIKE", self._literals.pattern(value if known else None))
        operators = ["=", "=", "!=", "<>"]
        ordered = field.type not in (FieldType.BOOLEAN, FieldType.MULTIPICKLIST) and field.encryption is None
        if ordered and not isinstance(operand, Label):
            operators += ["<", "<=", ">", ">=", "<=", ">="]
        return Compare(operand, self._chance.choice(operators), literal())

    def _nested(self, sobject: SObjectType, asked: Asked, witness: Record | None, depth: int) -> Condition:
        luck = self._chance.random()
        if depth and luck < 0.12:
            return Not(self._nested(sobject, asked, witness, depth - 1))
        if depth and luck < 0.35:
            parts = tuple(
                self._nested(sobject, asked, witness, depth - 1)
                for _ in range(self._chance.choice((2, 2, 3)))
            )
            return And(parts) if self._chance.random() < 0.3 else Or(parts)
        return self._test(sobject, asked, witness)

    def _test(self, sobject: SObjectType, asked: Asked, witness: Record | None) -> Condition:
        part = self._paths.date_part(sobject) if self._chance.random() < 0.07 else None
        if part is not None:
            value = None if witness is None else self._tables.key(asked, sobject, witness, part)
            field = self._tables.key_field(sobject, part)
            return self.leaf(part, field, None, value, known=witness is not None)
        dated = self._paths.some(sobject, is_dated) if self._chance.random() < 0.1 else None
        if dated is not None:
            operator = self._chance.choice(("=", "=", "!=", "<", "<=", ">", ">="))
            return Compare(dated, operator, self._literals.days())
        distance = self._paths.distance(sobject) if self._chance.random() < 0.04 else None
        if distance is not None:
            far = Plain("number", self._chance.choice(("0", "1", "500", "4000.5", "7000", "9000", "20000")))
            return Compare(distance, self._chance.choice("<>"), far)
        label = self._paths.label(sobject, is_filterable) if self._chance.random() < 0.04 else None
        if label is not None:
            value = None if witness is None else self._tables.key(asked, sobject, witness, label)
            field = self._tables.key_field(sobject, label)
            return self.leaf(label, field, None, value, known=witness is not None)
        path = self._paths.some(sobject, is_filterable)
        while path is None:
            path = self._paths.some(sobject, is_filterable)
        owner = sobject
        for step in path.steps:
            owner = self._tables.parent_object(owner, step)
        value = None if witness is None else self._tables.value(asked, sobject, witness, path)
        field = self._tables.field_at(sobject, path)
        return self.leaf(path, field, owner.name, value, known=witness is not None)

    def _chosen(self, left: Operand, field: Field, value: Val) -> Chosen:
        values = [self._literals.choice(field, value)]
        while self._chance.random() < 0.3:
            values.append(self._literals.choice(field, None))
        if self._chance.random() < 0.05:
            values.append(Text(NOWHERE))
        return Chosen(left, self._chance.random() < 0.4, tuple(values))

    def _semi_join(self, sobject: SObjectType, asked: Asked) -> SemiJoin | None:
        left = self._chance.choice([each for each in self._paths.fields(sobject) if each.type in IDS])
        targets = targets_of(sobject, left)
        inner: list[tuple[SObjectType, Field]] = []
        for name in self._tables.records:
            other = self._tables.object(name)
            if name in (sobject.name, *_NEVER_INNER):
                continue
            if (found := self._paths.lookup(other, targets)) is not None:
                inner.append((other, found))
        if not inner:
            return None
        other, selected = self._chance.choice(inner)
        where = None
        if self._chance.random() < 0.7:
            seen = self._tables.seen(asked, other)
            witness = self._chance.choice(seen) if seen else None
            where = self.condition(other, asked, witness, joins=0)
        scope = self._paths.scope(other)
        query = Query((Item(Path((), selected.name)),), other.name, scope=scope, where=where)
        return SemiJoin(Path((), left.name), self._chance.random() < 0.4, query)
