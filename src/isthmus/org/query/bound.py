"""Bound: a query whose names are the schema's objects and fields.

Conditions are two-valued: NOT has been pushed to the leaves, each of which says whether it is negated; a leaf
that compares with a null value is false, and true when negated. So SQL never meets an unknown.
"""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from isthmus.org.query.parser.syntax import Boolean, DateRange, Literal, Null
from isthmus.org.schema.model import Field, SObjectType


class Mode(Enum):
    """Whose rights a query within a transaction is asked with.

    Source: Apex Developer Guide, Enforce User Mode for Database Operations; Filter SOQL Queries Using WITH
    SECURITY_ENFORCED.
    """

    USER = "USER_MODE"
    SYSTEM = "SYSTEM_MODE"
    ENFORCED = "SECURITY_ENFORCED"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The query's object, or the parent of `parent` by its lookup `via`. `alias` is unique in the query.

    Without `via`: what the caller has seen of the records of `parent` (`seen`).
    """

    alias: str
    sobject: SObjectType
    parent: "Table | None"
    via: Field | None
    at: int

    @property
    def outer(self) -> bool:
        """Whether there may be no row of it."""
        return self.parent is not None


@dataclass(frozen=True, slots=True)
class BoundField:
    table: Table
    field: Field
    at: int


@dataclass(frozen=True, slots=True)
class BoundAggregate:
    """COUNT, COUNT_DISTINCT, SUM, AVG, MIN or MAX `of` a field's values; `field` is what its result is like.

    `field`'s name is the aggregate as it was written.
    """

    function: str
    of: BoundField
    field: Field
    at: int


@dataclass(frozen=True, slots=True)
class BoundDatePart:
    """A date function of a field's value: `CALENDAR_YEAR`, `DAY_ONLY`, …; `field` is what its result is like.

    `local`: of the day and time that the user's clock shows then (`convertTimezone`); else of those in UTC.
    """

    function: str
    of: BoundField
    local: bool
    field: Field
    at: int


@dataclass(frozen=True, slots=True)
class BoundGrouping:
    """`GROUPING` of what a query groups by: whether a row is a subtotal over all its values."""

    of: "BoundField | BoundDatePart"
    field: Field
    at: int


@dataclass(frozen=True, slots=True)
class BoundLabel:
    """`toLabel` of a field: what its values are called. `field`'s name is the call as it was written."""

    of: BoundField
    field: Field
    at: int


@dataclass(frozen=True, slots=True)
class BoundFormat:
    """`FORMAT` of a field or an aggregate, whose values are written as those of the field `like` are."""

    of: "BoundField | BoundAggregate"
    like: Field
    field: Field
    at: int


Coordinate: TypeAlias = BoundField | Literal
"""A latitude or longitude in degrees: a field's, or one that the text names."""
Position: TypeAlias = tuple[Coordinate, Coordinate]
"""A latitude and a longitude."""


@dataclass(frozen=True, slots=True)
class BoundDistance:
    """`DISTANCE` between a location or address `of` a record and another position; `unit` is `mi` or `km`.

    `others` are the fields that the other position is of, if it is of any.
    """

    of: BoundField
    start: Position
    end: Position
    unit: Literal
    others: tuple[BoundField, ...]
    field: Field
    at: int


BoundKey: TypeAlias = BoundField | BoundDatePart
"""What rows can be grouped by."""


def is_same(one: BoundKey, other: BoundKey) -> bool:
    """Whether two expressions, wherever they stand, mean the same."""
    if isinstance(one, BoundDatePart) and isinstance(other, BoundDatePart):
        same = one.function == other.function and one.local == other.local
        return same and is_same(one.of, other.of)
    if isinstance(one, BoundField) and isinstance(other, BoundField):
        return one.table is other.table and one.field is other.field
    return False


BoundValue: TypeAlias = BoundKey | BoundAggregate | BoundGrouping | BoundLabel | BoundFormat | BoundDistance


def field_of(value: BoundValue) -> BoundField:
    """The field that a value is, or is made of."""
    return value if isinstance(value, BoundField) else field_of(value.of)


def fields_of(value: BoundValue) -> tuple[BoundField, ...]:
    """All fields that a value is made of."""
    others = value.others if isinstance(value, BoundDistance) else ()
    return (field_of(value), *others)


Operand: TypeAlias = Literal | Null | Boolean | DateRange


@dataclass(frozen=True, slots=True)
class Test:
    """`operator` is one of = < <= > >= LIKE."""

    field: BoundValue
    operator: str
    operand: Operand
    negated: bool


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field's value is one of the operands."""

    field: BoundValue
    operands: tuple[Operand, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Contains:
    """All values of one of the literals (`A;B`) are chosen in a multi-select picklist."""

    field: BoundValue
    literals: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class InQuery:
    """The field's value is selected by a query of one field: a semi-join, negated an anti-join."""

    field: BoundField
    query: "BoundQuery"
    negated: bool


@dataclass(frozen=True, slots=True)
class All:
    conditions: "tuple[BoundCondition, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    conditions: "tuple[BoundCondition, ...]"


BoundCondition: TypeAlias = Test | AnyOf | Contains | InQuery | All | Some


@dataclass(frozen=True, slots=True)
class BoundOrder:
    field: BoundValue
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class BoundChildren:
    """A child subquery: `reference` is the lookup on its object that refers to the parent."""

    key: str
    reference: Field
    query: "BoundQuery"


@dataclass(frozen=True, slots=True)
class BoundComputed:
    """What a function makes of each record; `key` is its name among the fields of `table`'s record."""

    key: str
    table: Table
    value: BoundValue


@dataclass(frozen=True, slots=True)
class Branch:
    """`WHEN … THEN …`: `fields` of the parents that are `table`'s records, or of their parents."""

    table: Table
    fields: tuple[BoundField, ...]


@dataclass(frozen=True, slots=True)
class BoundTypeof:
    """`TYPEOF` of the relationship by which `table`, of what all its objects share, is joined.

    `otherwise` are the fields of records of other objects than those of the branches; None: these are null.
    """

    table: Table
    branches: tuple[Branch, ...]
    otherwise: tuple[BoundField, ...] | None
    at: int

    @property
    def fields(self) -> tuple[BoundField, ...]:
        """All that it selects, of whichever object."""
        return (*(field for branch in self.branches for field in branch.fields), *(self.otherwise or ()))


BoundItem: TypeAlias = BoundField | BoundComputed | BoundTypeof | BoundChildren


@dataclass(frozen=True, slots=True)
class GroupedItem:
    """A grouped field, or an aggregate, and its key in the answer."""

    key: str
    value: BoundValue


@dataclass(frozen=True, slots=True)
class Grouping:
    """What an aggregate query answers: a row for each group, or, where `by` is empty, a single one.

    `totals`: by which of `by` there are subtotals too, a set of their places for each kind of them.
    """

    items: tuple[GroupedItem, ...]
    by: tuple[BoundKey, ...]
    having: BoundCondition | None
    totals: tuple[frozenset[int], ...] = ()


@dataclass(frozen=True, slots=True)
class AccessAsked:
    """Of which user and records a query of UserRecordAccess asks; `at` is the place of the records."""

    user: Literal
    records: tuple[Literal, ...]
    at: int


@dataclass(frozen=True, slots=True)
class FewOnly:
    """The query may ask for few records only: by its LIMIT, or by the `ids` that it names."""

    ids: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Clauses:
    """What else a query says. `scope`: the name of the one that USING SCOPE names; None: everything.

    `views`, `references`: its rows are marked as viewed, as referenced. `locks`: they are locked until the
    transaction ends. `all_rows`: deleted ones are among them.
    """

    mode: Mode | None = None
    scope: str | None = None
    views: bool = False
    references: bool = False
    locks: bool = False
    all_rows: bool = False


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """`tables` are in join order, the query's object first; `named` is every field that the text names.

    An aggregate query has a `grouping`, and no `items`.
    """

    root: Table
    tables: tuple[Table, ...]
    items: tuple[BoundItem, ...]
    counts: bool
    where: BoundCondition | None
    order_by: tuple[BoundOrder, ...]
    limit: Literal | None
    offset: Literal | None
    named: tuple[BoundField, ...]
    grouping: Grouping | None = None
    clauses: Clauses = Clauses()
    record_access: AccessAsked | None = None
    """What the rows are worked out from, where they lie in no table."""
    spread: frozenset[str] = frozenset()
    """The fields of the query's object that it names by a group alone: those of them that may be read."""
    few: FewOnly | None = None
