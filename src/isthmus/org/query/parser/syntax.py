"""Syntax: the tree of a query, for the whole language. Every node knows its offset in the text (`at`).

Names are kept as they were written; nothing is resolved here. A literal has a slot and a marker, and no text,
because the tree may serve every query that differs only in its literals (see `tokens`).
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Path:
    """`Name`, `Account.Owner.Name`."""

    names: tuple[str, ...]
    at: int

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number, date, datetime or time. `run`: the slot holds a list of them."""

    marker: str
    slot: int
    at: int
    run: bool = False

    def __str__(self) -> str:
        return "a literal"


@dataclass(frozen=True, slots=True)
class Null:
    at: int


@dataclass(frozen=True, slots=True)
class Boolean:
    value: bool
    at: int


@dataclass(frozen=True, slots=True)
class DateRange:
    """`TODAY`, `LAST_N_DAYS:n`: `name` in upper case, `count` the slot of n."""

    name: str
    count: int | None
    at: int


Value: TypeAlias = "Literal | Null | Boolean | DateRange | Path"
"""What a field is compared with. A path is never right there, and only the binder knows what it should be."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function or aggregate: `COUNT(Id)`, `toLabel(Status)`, `GEOLOCATION(1.0, 2.0)`; `name` as written."""

    name: str
    arguments: "tuple[Expression, ...]"
    at: int

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"


Expression: TypeAlias = "Path | Call | Literal"


@dataclass(frozen=True, slots=True)
class FieldItem:
    expression: Path | Call
    alias: str | None
    at: int


@dataclass(frozen=True, slots=True)
class CountAll:
    """`COUNT()`, alone in its list."""

    at: int


@dataclass(frozen=True, slots=True)
class FieldsItem:
    """`FIELDS(ALL)`: `group` in upper case."""

    group: str
    at: int


@dataclass(frozen=True, slots=True)
class When:
    sobject: str
    fields: tuple[Path, ...]
    at: int


@dataclass(frozen=True, slots=True)
class TypeofItem:
    relationship: Path
    whens: tuple[When, ...]
    otherwise: tuple[Path, ...] | None
    at: int


@dataclass(frozen=True, slots=True)
class SubqueryItem:
    query: "Query"
    at: int


SelectItem: TypeAlias = FieldItem | CountAll | FieldsItem | TypeofItem | SubqueryItem


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operator` is one of = != < <= > >= LIKE."""

    left: Expression
    operator: str
    right: Value
    at: int


@dataclass(frozen=True, slots=True)
class Membership:
    left: Expression
    negated: bool
    values: tuple[Value, ...]
    at: int


@dataclass(frozen=True, slots=True)
class SemiJoin:
    left: Expression
    negated: bool
    query: "Query"
    at: int


@dataclass(frozen=True, slots=True)
class SetComparison:
    """`INCLUDES` or `EXCLUDES`."""

    left: Expression
    excludes: bool
    values: tuple[Value, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    condition: "Condition"
    at: int


@dataclass(frozen=True, slots=True)
class And:
    conditions: "tuple[Condition, ...]"
    at: int


@dataclass(frozen=True, slots=True)
class Or:
    conditions: "tuple[Condition, ...]"
    at: int


Condition: TypeAlias = Comparison | Membership | SemiJoin | SetComparison | Not | And | Or


@dataclass(frozen=True, slots=True)
class Source:
    """An object (or a child relationship, in a subquery) and its alias."""

    path: Path
    alias: str | None


@dataclass(frozen=True, slots=True)
class GroupBy:
    """`kind` is PLAIN, ROLLUP or CUBE."""

    kind: str
    expressions: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class OrderItem:
    """`nulls_first` is None where the query does not say."""

    expression: Expression
    descending: bool
    nulls_first: bool | None
    at: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause that is recognised by its words, in upper case: `WITH USER_MODE`, `FOR VIEW`.

    `argument` is what follows them, as it is written: `mine` of `USING SCOPE mine`.
    """

    words: str
    at: int
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    select: tuple[SelectItem, ...]
    sources: tuple[Source, ...]
    where: Condition | None
    group_by: GroupBy | None
    having: Condition | None
    order_by: tuple[OrderItem, ...]
    limit: Literal | None
    offset: Literal | None
    clauses: tuple[Clause, ...]
    at: int
