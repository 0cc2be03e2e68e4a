"""Groups: records put together, and what is said of each group.

Source: SOQL and SOSL Reference, Aggregate Functions, GROUP BY, GROUP BY ROLLUP, GROUP BY CUBE, HAVING.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

from tests.fuzz.locale_texts import formatted
from tests.fuzz.tables import Asked, Record, Tables
from tests.fuzz.tree import Aggregate, DatePart, Distance, Format, Grouping, Key, Label, Operand, Path, Query
from tests.fuzz.values import DECIMALS, INTEGERS, Val, compared, label_of, sorted_by
from tests.fuzz.values import Key as Compared

from isthmus.org.schema.model import Field, FieldType, SObjectType

_DIGITS = Decimal("1e-12")
"""So far sums are told: docs/decisions/0055-aggregates.md."""


@dataclass(frozen=True)
class Group:
    """The records that are alike in what they are grouped by; without GROUP BY all of them.

    `over`: what it is a subtotal over; `by`: what it is grouped by.
    """

    tables: Tables
    sobject: SObjectType
    records: Sequence[Record]
    asked: Asked
    over: frozenset[Key] = frozenset()
    by: frozenset[Key] = frozenset()

    def value(self, operand: Operand) -> tuple[Field, Val]:
        """An aggregate, or the value that the group's records share, and of which field it is."""
        match operand:
            case Aggregate():
                of = self.tables.field_at(self.sobject, operand.of)
                values = [each for each in self._values(operand.of) if each is not None]
                return _result(operand, of), _aggregated(operand.function, of, values)
            case Format():
                return self._written(operand.of)
            case Distance():
                raise KeyError("groups have no distances")
            case Label():
                of, value = self.value(operand.of)
                return of, label_of(of, value)
            case Grouping():
                return Field("GROUPING", "", FieldType.INT), int(operand.of in self.over)
        field = self.tables.key_field(self.sobject, operand)
        of_total = isinstance(operand, DatePart) and operand.of in self.over and operand not in self.by
        if operand in self.over or of_total:
            return field, None
        return field, _first(self._values(operand))

    def _written(self, operand: Path | Aggregate) -> tuple[Field, Val]:
        """A value as the user's locale writes it: like the field that it is of, but for counts."""
        field, value = self.value(operand)
        path = operand if isinstance(operand, Path) else operand.of
        like = self.tables.field_at(self.sobject, path)
        if isinstance(operand, Aggregate) and operand.function in ("COUNT", "COUNT_DISTINCT"):
            like = field
        elif isinstance(operand, Aggregate) and operand.function == "AVG" and like.type in INTEGERS:
            like = replace(like, type=FieldType.DOUBLE)
        return replace(like, type=FieldType.STRING), formatted(like, value, self.asked.who)

    def sort_key(self, operand: Operand) -> Compared | None:
        field, value = self.value(operand)
        if isinstance(operand, Aggregate) and operand.function in ("MIN", "MAX"):
            field = self.tables.field_at(self.sobject, operand.of)
        return sorted_by(field, value)

    def _values(self, key: Key) -> list[Val]:
        return [self.tables.key(self.asked, self.sobject, each, key) for each in self.records]


def groups_of(
    tables: Tables, query: Query, sobject: SObjectType, records: Sequence[Record], asked: Asked
) -> list[Group]:
    """The groups of a query and their subtotals; those that are sorted alike by their exact values."""
    if not query.group_by:
        return [Group(tables, sobject, records, asked)]
    found = []
    for over in _subtotals(query):
        kept = [each for each in query.group_by if each not in over]
        groups: dict[tuple[Compared | None, ...], list[Record]] = {}
        for record in records:
            key = tuple(
                compared(tables.key_field(sobject, each), tables.key(asked, sobject, record, each))
                for each in kept
            )
            groups.setdefault(key, []).append(record)
        if not kept:
            groups.setdefault((), [])  # a grand total is there, be it of nothing
        keys = sorted(groups, key=lambda key: [(each is not None, str(each)) for each in key])
        found += [
            Group(tables, sobject, groups[key], asked, frozenset(over), frozenset(kept)) for key in keys
        ]
    return found


def _subtotals(query: Query) -> list[tuple[Key, ...]]:
    """Over what there are totals; over nothing are the groups themselves."""
    by = query.group_by
    if query.totals == "ROLLUP":
        return [by[kept:] for kept in range(len(by), -1, -1)]
    if query.totals == "CUBE":
        return [each for count in range(len(by) + 1) for each in combinations(by, count)]
    return [()]


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


def _first(values: Sequence[Val]) -> Val:
    """What a group shows of what it is grouped by: of texts that differ in case alone, the first."""
    return min(values, key=str) if isinstance(values[0], str) else values[0]
