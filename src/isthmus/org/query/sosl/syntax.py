"""Syntax: the tree of a search. Conditions, fields and orders are those of queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from isthmus.org.query.parser.syntax import Condition, FieldItem, Literal, OrderItem, Path
from isthmus.org.query.parser.tokens import Slot
from isthmus.org.search.expression import Expression
from isthmus.org.search.fields import Group

GROUPS: dict[str, frozenset[Group]] = {
    "ALL": frozenset(Group),
    "NAME": frozenset({Group.NAME}),
    "EMAIL": frozenset({Group.EMAIL}),
    "PHONE": frozenset({Group.PHONE}),
    "SIDEBAR": frozenset(Group) - {Group.LONG},
}
"""What `IN … FIELDS` may name. Source: SOQL and SOSL Reference, IN SearchGroup; Salesforce Help, Sidebar
Search, which leaves long text out.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """The text that a part of the tree is of: `key` is its token stream, `slots` its literals."""

    text: str
    key: tuple[str, ...]
    slots: Sequence[Slot]


@dataclass(frozen=True, slots=True)
class Returned:
    """An object of RETURNING, and what of it. Without `items` its ids alone.

    `place` tells it from the others of its source.
    """

    sobject: Path
    source: Source
    place: int = 0
    items: tuple[FieldItem, ...] = ()
    where: Condition | None = None
    order_by: tuple[OrderItem, ...] = ()
    limit: int | None = None
    offset: int = 0
    price_book: Literal | None = None
    """Of the products, those with a price in this book alone."""


@dataclass(frozen=True, slots=True)
class Search:
    """`expression` is None where nothing can be found, `returned` where every object is searched.

    `labels`: what the fields are called is told as well. `text` is what an error points into.
    """

    text: str
    expression: Expression | None
    groups: frozenset[Group] = field(default_factory=lambda: GROUPS["ALL"])
    returned: tuple[Returned, ...] | None = None
    limit: int | None = None
    labels: bool = False
    highlight: bool = False
    """Whether what is found is marked in the texts that are returned."""
    by_name: bool = False
    """Whether the name field alone is searched."""
