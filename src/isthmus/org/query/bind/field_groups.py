"""Field groups: `FIELDS(ALL)`, `FIELDS(CUSTOM)`, `FIELDS(STANDARD)`, and what a query may ask of them.

A group stands for the fields that the caller may read: which these are, the authorize stage says.
Source: SOQL and SOSL Reference, FIELDS().
"""

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Final

from isthmus.org.query.bind.named_values import conjuncts, named_values, own_field
from isthmus.org.query.bound import BoundCondition, BoundField, Some, Table
from isthmus.org.query.parser.syntax import FieldsItem, Literal, Query
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import Field

_GROUPS: Final[Mapping[str, Callable[[Field], bool]]] = {
    "ALL": lambda _: True,
    "CUSTOM": lambda field: field.custom,
    "STANDARD": lambda field: not field.custom,
}
_BOUNDED: Final = frozenset({"ALL", "CUSTOM"})
"""These want few rows: one can't know how many fields there are."""


def spread(item: FieldsItem, table: Table) -> tuple[BoundField, ...]:
    """The fields of a group, in the object's order. Raises SoqlProblem."""
    belongs = _GROUPS.get(item.group)
    if belongs is None:
        raise SoqlProblem("unexpected_token", item.at, token=f"'{item.group}'")
    return tuple(BoundField(table, each, item.at) for each in table.sobject.fields if belongs(each))


def wants_few(query: Query) -> bool:
    """Whether the query has a group that only few records may be asked for with."""
    return any(isinstance(each, FieldsItem) and each.group in _BOUNDED for each in query.select)


def ids_named(where: BoundCondition | None) -> tuple[Literal, ...]:
    """The ids to which a condition restricts the query, or ()."""
    for part in conjuncts(where):
        if isinstance(part, Some):
            either = [ids_named(each) for each in part.conditions]
            if all(either):
                return tuple(chain.from_iterable(either))
        if own_field(part) == "Id" and (named := named_values(part)) is not None:
            return named
    return ()
