"""Result: what a query gives back, before any wire has encoded it.

Rows are tuples of *stored* values (`isthmus.org.schema.values`); the shape says what each position holds, so
that an adapter compiles one row encoder per shape and runs it over all rows.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from isthmus.kernel.database import Value
from isthmus.org.schema.model import Field, SObjectType


@dataclass(frozen=True, slots=True)
class Column:
    """A selected field: `key` is its name in the answer, `index` its place in the row.

    Of an aggregate, `aggregate` is how it was written (`COUNT(Id)`), and `field` is what its result is like.
    """

    key: str
    field: Field
    index: int
    aggregate: str | None = None


@dataclass(frozen=True, slots=True)
class Compound:
    """A selected address or location: `parts` are (key in the answer, column) in the wire's order."""

    key: str
    field: Field
    parts: tuple[tuple[str, Column], ...]


@dataclass(frozen=True, slots=True)
class Parent:
    """Fields of a parent: null in the answer where the row's `present` position is None.

    `type_index` is the place of the parent's type where the lookup is polymorphic, else None.
    """

    key: str
    shape: "Shape"
    present: int
    type_index: int | None = None


@dataclass(frozen=True, slots=True)
class Typeof:
    """Fields of a parent by which object it is of, as its type in the row's `type_index` position says.

    Null in the answer where its `present` position is None, and where `otherwise` is asked for and is None.
    `shape` has each item of any of them once: no row is of it.
    """

    key: str
    shape: "Shape"
    branches: "tuple[tuple[str, Shape], ...]"
    otherwise: "Shape | None"
    present: int
    type_index: int


@dataclass(frozen=True, slots=True)
class Children:
    """A child subquery: the row's `index` position holds a `ChildRows`, or None where there are no rows."""

    key: str
    shape: "Shape"
    index: int


Item: TypeAlias = Column | Compound | Parent | Typeof | Children


@dataclass(frozen=True, slots=True)
class Shape:
    """What one row holds. `id_index` is the place of the record's id (always fetched, asked for or not).

    A row of an aggregate query is no record: its `id_index` is None. `grouped`: the query has GROUP BY.
    """

    sobject: SObjectType
    items: tuple[Item, ...]
    id_index: int | None
    grouped: bool = False


@dataclass(frozen=True, slots=True)
class ChildRows:
    """One parent's children: the first page of them. `locator` says where they go on, if they do."""

    total_size: int
    rows: "list[ResultRow]"
    locator: "Locator | None" = None


ResultRow: TypeAlias = tuple[Value | ChildRows, ...]


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a result goes on: the cursor's 18-character id and the offset of the next row."""

    cursor_id: str
    offset: int

    def __str__(self) -> str:
        return f"{self.cursor_id}-{self.offset}"


@dataclass(frozen=True, slots=True)
class PendingCursor:
    """A cursor that a page's locators name and that is not stored yet.

    `chunks` holds the ids of the whole result in order, 18 characters each, `CHUNK` of them in a text.
    `child` is the path of the child subquery whose rows they are, `Contacts.Cases`; None for the query's own.
    `as_of` is the org time at which the query was first run, `expires` that at which the cursor ends.
    """

    id: str
    user_id: str
    soql: str
    child: str | None
    all_rows: bool
    as_of: int
    expires: int
    total_size: int
    chunks: tuple[str, ...]


CHUNK: Final = 2000


@dataclass(frozen=True, slots=True)
class Marks:
    """The records that a page has, to be noted for the caller as viewed, as referenced, or as both."""

    ids: tuple[str, ...]
    viewed: bool
    referenced: bool


@dataclass(slots=True)  # not frozen: a frozen one takes twice as long to make, and each read makes one
class QueryResult:
    """One page. `total_size` counts the whole result; for `COUNT()` there are no rows.

    Before a page with `pending` cursors is answered they have to be stored (`QueryEngine.store_cursors`);
    its `marks` are noted with them.
    """

    shape: Shape
    rows: list[ResultRow]
    total_size: int
    locator: Locator | None = None
    pending: tuple[PendingCursor, ...] = ()
    marks: Marks | None = None
