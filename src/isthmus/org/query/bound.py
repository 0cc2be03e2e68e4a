"""Bound: a query whose names are the schema's objects and fields.

Conditions are two-valued: NOT has been pushed to the leaves, each of which says whether it is negated; a leaf
that compares with a null value is false, and true when negated. So SQL never meets an unknown.
"""

from dataclasses import dataclass
from typing import TypeAlias

from isthmus.org.query.parser.syntax import Boolean, DateRange, Literal, Null
from isthmus.org.schema.model import Field, SObjectType


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The query's object, or the parent of `parent` by its lookup `via`. `alias` is unique in the query."""

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


Operand: TypeAlias = Literal | Null | Boolean | DateRange


@dataclass(frozen=True, slots=True)
class Test:
    """`operator` is one of = < <= > >= LIKE."""

    field: BoundField
    operator: str
    operand: Operand
    negated: bool


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field's value is one of the operands."""

    field: BoundField
    operands: tuple[Operand, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Contains:
    """All values of one of the literals (`A;B`) are chosen in a multi-select picklist."""

    field: BoundField
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
    field: BoundField
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class BoundChildren:
    """A child subquery: `reference` is the lookup on its object that refers to the parent."""

    key: str
    reference: Field
    query: "BoundQuery"


BoundItem: TypeAlias = BoundField | BoundChildren


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """`tables` are in join order, the query's object first; `named` is every field that the text names."""

    root: Table
    tables: tuple[Table, ...]
    items: tuple[BoundItem, ...]
    counts: bool
    where: BoundCondition | None
    order_by: tuple[BoundOrder, ...]
    limit: Literal | None
    offset: Literal | None
    named: tuple[BoundField, ...]
