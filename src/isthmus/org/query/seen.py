"""Seen: when a user last viewed a record, or came across it: fields whose values are the user's own.

They lie in the table of recent items, which is joined where they are asked for, under an alias that follows
from that of the record's own table. Source: Object Reference, LastViewedDate and LastReferencedDate; SOQL and
SOSL Reference, FOR VIEW and FOR REFERENCE.
"""

from typing import Final

from isthmus.org.schema.model import Field, SObjectType
from isthmus.org.schema.tables import quoted

VIEWED: Final = "LastViewedDate"
REFERENCED: Final = "LastReferencedDate"
TABLE: Final = "isthmus_recent"
_FIELDS: Final = frozenset({VIEWED, REFERENCED})


def is_of_user(field: Field) -> bool:
    """Whether a field's values are the user's."""
    return field.name in _FIELDS


def is_marked(sobject: SObjectType) -> bool:
    """Whether it is noted who views the object's records. Source: Object Reference, RecentlyViewed."""
    return sobject.field(VIEWED) is not None and sobject.field(REFERENCED) is not None


def alias_of(alias: str, field: Field) -> str:
    """The alias of the table that has the column of a field; `alias` is that of its object's."""
    return f"{alias}v" if is_of_user(field) else alias


def inlined(alias: str, column: str) -> str:
    """The column of a select list, where that table is not joined: the user's own is looked up (`?`).

    SQLite reads a wide row of a join ten times slower than one of a single table.
    """
    if not column.startswith(f"{alias}v."):
        return column
    name = column.removeprefix(f"{alias}v.")
    return (
        f"(SELECT v.{name} FROM {quoted(TABLE)} AS v WHERE v.{quoted('id')} = {alias}.{quoted('Id')} "
        f"AND v.{quoted('user_id')} = ?)"
    )


def joined(alias: str) -> str:
    """The join to what the user (`?`) has seen of the records of the table `alias`."""
    return (
        f" LEFT JOIN {quoted(TABLE)} AS {alias}v ON {alias}v.{quoted('id')} = {alias}.{quoted('Id')} "
        f"AND {alias}v.{quoted('user_id')} = ?"
    )
