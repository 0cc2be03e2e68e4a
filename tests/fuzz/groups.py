"""Groups: records put together, and what is said of each group.

Source: SOQL and SOSL Reference, Aggregate Functions, GROUP BY, HAVING.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from tests.fuzz.tables import Asked, Record, Tables
from tests.fuzz.tree import Aggregate, Operand, Path, Query
from tests.fuzz.values import DECIMALS, Key, Val, compared, sorted_by

from isthmus.org.schema.model import Field, FieldType, SObjectType

_DIGITS = Decimal("1e-12")
"""So far sums are told: docs/decisions/0055-aggregates.md."""


@dataclass(frozen=True)
class Group:
    """The records that are alike in what they are grouped by; without GROUP BY all of them."""

    tables: Tables
    sobject: SObjectType
    records: Sequence[Record]
    asked: Asked

    def value(self, operand: Operand) -> tuple[Field, Val]:
        """An aggregate, or the value that the group's records share, and of which field it is."""
        if isinstance(operand, Path):
            field = self.tables.field_at(self.sobject, operand)
            return field, _first(field, self._values(operand))
        of = self.tables.field_at(self.sobject, operand.of)
        values = [each for each in self._values(operand.of) if each is not None]
        return _result(operand, of), _aggregated(operand.function, of, values)

    def sort_key(self, operand: Operand) -> Key | None:
        field, value = self.value(operand)
        if isinstance(operand, Aggregate) and operand.function in ("MIN", "MAX"):
            field = self.tables.field_at(self.sobject, operand.of)
        return sorted_by(field, value)

    def _values(self, path: Path) -> list[Val]:
        return [self.tables.value(self.asked, self.sobject, each, path) for each in self.records]


def groups_of(
    tables: Tables, query: Query, sobject: SObjectType, records: Sequence[Record], asked: Asked
) -> list[Group]:
    """The groups of a query; those that are sorted alike (their case counts) by their exact values."""
    if not query.group_by:
        return [Group(tables, sobject, records, asked)]
    found: dict[tuple[Key | None, ...], list[Record]] = {}
    for record in records:
        key = tuple(
            compared(tables.field_at(sobject, each), tables.value(asked, sobject, record, each))
            for each in query.group_by
        )
        found.setdefault(key, []).append(record)
    keys = sorted(found, key=lambda key: [(each is not None, str(each)) for each in key])
    return [Group(tables, sobject, found[key], asked) for key in keys]


def _aggregated(function: str, field: Field, values: Sequence[Val]) -> Val:
    """`values` without nulls."""
    match function:
        case "COUNT":
            return len(values)
        case "COUNT_DISTINCT":
            return len({compared(field, each) for each in values})
    if not values:
        return None
    if function in ("MIN", "MAX"):
        ordered = sorted(values, key=lambda each: (sorted_by(field, each), str(each)))
        return ordered[0 if function == "MIN" else -1]
    total = sum((Decimal(repr(each)) for each in values), Decimal()).quantize(_DIGITS, ROUND_HALF_UP)
    if function == "AVG":
        return float(total) / len(values)
    return float(total) if field.type in DECIMALS else int(total)


def _result(aggregate: Aggregate, of: Field) -> Field:
    """What an aggregate's value is like."""
    match aggregate.function:
        case "COUNT" | "COUNT_DISTINCT":
            return replace(of, type=FieldType.INT)
        case "AVG":
            return replace(of, type=FieldType.DOUBLE)
        case _:
            return of


def _first(field: Field, values: Sequence[Val]) -> Val:
    """What a group shows of what it is grouped by: of texts that differ in case alone, the first."""
    return min(values, key=str) if isinstance(values[0], str) else values[0]
