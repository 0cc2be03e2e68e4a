"""Tree: a query as the fuzzer makes it, the evaluator reads it and the renderer writes it.

It has nothing of the product's own tree: names are canonical, literals are what they mean, and whatever a
text may say in several ways (the case of keywords, aliases, ids of 15 or 18 characters) is the renderer's.
"""

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias


@dataclass(frozen=True)
class Path:
    """A field, behind the relationships that lead to it: `Path(("Account", "Owner"), "Name")`."""

    steps: tuple[str, ...]
    field: str

    def __str__(self) -> str:
        return ".".join((*self.steps, self.field))


@dataclass(frozen=True)
class Null:
    """`null`."""


@dataclass(frozen=True)
class Text:
    """A text, unescaped. After LIKE it is a pattern, in which `\\%` and `\\_` stand for themselves."""

    value: str


@dataclass(frozen=True)
class Id:
    """An id of 18 characters."""

    value: str


@dataclass(frozen=True)
class Plain:
    """A number, date, datetime or time, as it is written: `-1.5`, `2026-01-09T10:00:00+08:00`."""

    kind: OneOf["number", "date", "datetime", "time"]
    text: str


@dataclass(frozen=True)
class Boolean:
    value: bool


@dataclass(frozen=True)
class Range:
    """`TODAY`, `LAST_N_DAYS:3`."""

    name: str
    count: int | None = None


Value: TypeAlias = Null | Text | Id | Plain | Boolean | Range


@dataclass(frozen=True)
class DatePart:
    """`CALENDAR_YEAR(CloseDate)`; `local`: `HOUR_IN_DAY(convertTimezone(CreatedDate))`."""

    function: str
    of: Path
    local: bool = False


Key: TypeAlias = Path | DatePart
"""What records are grouped by."""


@dataclass(frozen=True)
class Grouping:
    """`GROUPING(Industry)`: 1 in the subtotals over what is grouped by."""

    of: Key


@dataclass(frozen=True)
class Label:
    """`toLabel(Industry)`."""

    of: Path


@dataclass(frozen=True)
class Aggregate:
    """COUNT, COUNT_DISTINCT, SUM, AVG, MIN or MAX of a field."""

    function: str
    of: Path


@dataclass(frozen=True)
class Format:
    """`FORMAT(Amount)`, `FORMAT(MAX(Amount))`."""

    of: Path | Aggregate


@dataclass(frozen=True)
class Distance:
    """`DISTANCE(Place__c, GEOLOCATION(1.5, 2), 'km')`; `to`: a latitude and a longitude, or another place."""

    of: Path
    to: tuple[str, str] | Path
    unit: OneOf["km", "mi"]


Operand: TypeAlias = Key | Aggregate | Grouping | Label | Format | Distance
Made: TypeAlias = Key | Label | Distance
"""What is made of each record, to be compared or sorted by."""


@dataclass(frozen=True)
class Compare:
    """`operator` is one of = != <> < <= > >= LIKE."""

    left: Operand
    operator: str
    right: Value


@dataclass(frozen=True)
class AnyOf:
    left: Operand
    negated: bool
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Chosen:
    """INCLUDES or EXCLUDES; each text holds values with semicolons between them."""

    left: Operand
    excludes: bool
    values: tuple[Text, ...]


@dataclass(frozen=True)
class SemiJoin:
    left: Path
    negated: bool
    query: "Query"


@dataclass(frozen=True)
class Not:
    condition: "Condition"


@dataclass(frozen=True)
class And:
    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True)
class Or:
    conditions: "tuple[Condition, ...]"


Condition: TypeAlias = Compare | AnyOf | Chosen | SemiJoin | Not | And | Or


@dataclass(frozen=True)
class CountAll:
    """`COUNT()`."""


@dataclass(frozen=True)
class Fields:
    """`FIELDS(ALL)`."""

    group: str


@dataclass(frozen=True)
class Children:
    """A subquery; its source is the name of a child relationship."""

    query: "Query"


@dataclass(frozen=True)
class Item:
    """A field or a function, with the alias that an aggregate query may give it."""

    value: Operand
    alias: str | None = None


@dataclass(frozen=True)
class When:
    """`WHEN Account THEN Phone`."""

    sobject: str
    fields: tuple[Path, ...]


@dataclass(frozen=True)
class Typeof:
    """`TYPEOF What WHEN … ELSE … END`; `steps` lead to the parent that may be of several types."""

    steps: tuple[str, ...]
    whens: tuple[When, ...]
    otherwise: tuple[Path, ...] = ()


Selected: TypeAlias = Item | CountAll | Fields | Children | Typeof


@dataclass(frozen=True)
class Order:
    value: Operand
    descending: bool = False
    nulls_first: bool | None = None
    """None: the query does not say."""


@dataclass(frozen=True)
class Query:
    """`parents` are relationship paths that FROM names, to give them an alias."""

    select: tuple[Selected, ...]
    source: str
    parents: tuple[tuple[str, ...], ...] = ()
    scope: str | None = None
    where: Condition | None = None
    group_by: tuple[Key, ...] = ()
    totals: OneOf["ROLLUP", "CUBE"] | None = None
    having: Condition | None = None
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int | None = None
    marks: str | None = None
    """`FOR VIEW` or `FOR REFERENCE`."""

    @property
    def is_grouped(self) -> bool:
        """Whether the query answers groups of records."""
        values = [each.value for each in self.select if isinstance(each, Item)]
        inner = [each.of if isinstance(each, Format) else each for each in values]
        return bool(self.group_by) or any(isinstance(each, Aggregate) for each in inner)
