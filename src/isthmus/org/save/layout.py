"""Layout: the keys of a record, resolved once for all records that have the same keys in the same order.

Field names come in any case. A key is a field, or the name of a parent relationship, whose value gives the
parent by an external id (`{"Account": {"Ext__c": "A-1"}}`). What is wrong with the keys is wrong with every
such record.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.errors import RowError, row_error
from isthmus.org.save.columns import Column
from isthmus.org.schema.model import Field, SObjectType

IGNORED_KEYS: Final = frozenset({"attributes"})
"""What REST sends beside fields."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`fields` and `parents` are (key in the record, column to set)."""

    fields: tuple[tuple[str, Column], ...]
    parents: tuple[tuple[str, Column], ...]
    names: frozenset[str]
    """Every field that the record sets, in canonical case."""
    direct: frozenset[str]
    """Those of them that it sets by the field's own name."""
    errors: tuple[RowError, ...]


def resolve(
    sobject: SObjectType,
    columns: Mapping[str, Column],
    keys: Iterable[str],
    *,
    may_read: Callable[[Field], bool],
    may_write: Callable[[Field], bool],
    may_give_id: bool,
) -> Layout:
    """The layout of records with `keys`. `columns` are the object's by their names in lower case."""
    fields: dict[str, tuple[str, Column]] = {}
    parents: dict[str, tuple[str, Column]] = {}
    denied: list[str] = []
    errors: list[RowError] = []
    for key in keys:
        lowered = key.lower()
        if lowered in IGNORED_KEYS:
            continue
        column = columns.get(lowered)
        parent = sobject.parent_field(key) if column is None else None
        if column is None and parent is not None:
            column = columns[parent.name.lower()]
        if column is None or not may_read(column.field):
            errors.append(row_error("no_such_field", field=key, sobject=sobject.name))
        elif column.name == "Id":
            if not may_give_id:
                errors.append(row_error("id_in_insert", "Id"))
        elif not may_write(column.field):
            denied.append(column.name)
        elif parent is not None:
            parents[column.name] = (key, column)
        else:
            fields[column.name] = (key, column)
    if denied:
        errors.append(row_error("field_not_writable", *denied, names=", ".join(denied)))
    return Layout(
        fields=tuple(fields.values()),
        parents=tuple(parents.values()),
        names=frozenset(fields) | frozenset(parents),
        direct=frozenset(fields),
        errors=tuple(errors),
    )
