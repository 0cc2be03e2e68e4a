"""Record levels: what a user may do with each of some records, by the conditions of queries and saves.

Source: Object Reference, UserRecordAccess.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Connection
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.tables import quoted
from isthmus.org.security.access import Access
from isthmus.org.security.sharing.lists import values_of
from isthmus.org.security.sharing.model import Level
from isthmus.org.security.sharing.predicate import NEVER, RecordAccess

_ALIAS: Final = "t"
_ALWAYS: Final = "1 = 1"


@dataclass(frozen=True, slots=True)
class RecordLevels:
    """What a user may do with one record."""

    record_id: str
    read: bool
    edit: bool
    delete: bool
    transfer: bool

    @property
    def all(self) -> bool:
        return self.read and self.edit and self.delete and self.transfer

    @property
    def highest(self) -> str:
        """The highest of them, by the platform's name."""
        names = {
            "All": self.all,
            "Transfer": self.transfer,
            "Delete": self.delete,
            "Edit": self.edit,
            "Read": self.read,
        }
        return next((name for name, given in names.items() if given), "None")


@dataclass(frozen=True, slots=True)
class Person:
    """A user, and what their rights are; None: there are none."""

    user_id: str
    access: Access | None


def levels_of(
    connection: Connection,
    schema: Schema,
    sobject: SObjectType,
    record_ids: Sequence[str],
    whose: Person,
    asker: Person,
) -> Iterator[RecordLevels]:
    """What `whose` user may do with those of the records, of one stored object, which the `asker` may read.

    `record_ids` have 18 characters. Records that are deleted are left out.
    """
    seen = _conditions(schema, sobject, asker.access)[0]
    asked = _conditions(schema, sobject, whose.access)
    columns = ", ".join(f"CASE WHEN {each} THEN 1 ELSE 0 END" for each in asked)
    sql = (
        f"SELECT {_ALIAS}.{quoted('Id')}, {columns} FROM {quoted(sobject.name)} AS {_ALIAS} "
        f"WHERE {_ALIAS}.{quoted('Id')} IN {values_of(connection.dialect)} "
        f"AND {_ALIAS}.{quoted('IsDeleted')} = 0 AND {seen}"
    )
    parameters = [
        *(whose.user_id,) * columns.count("?"),
        json.dumps(record_ids),
        *(asker.user_id,) * seen.count("?"),
    ]
    for record_id, read, edit, delete, transfer in connection.rows(sql, parameters):
        yield RecordLevels(str(record_id), bool(read), bool(edit), bool(delete), bool(transfer))


def _conditions(schema: Schema, sobject: SObjectType, access: Access | None) -> tuple[str, str, str, str]:
    """That a record may be read, edited, deleted and given to another owner, with the right to its object."""
    if access is None or not access.may_read(sobject.name):
        return NEVER, NEVER, NEVER, NEVER
    records = RecordAccess(schema, access)
    name = sobject.name
    read = records.condition(sobject, _ALIAS) or _ALWAYS
    edit = delete = transfer = NEVER
    if sobject.updateable and access.may_edit(name):
        edit = records.condition(sobject, _ALIAS, Level.EDIT) or _ALWAYS
        transfer = f"({edit} AND {records.transfer(sobject, _ALIAS) or _ALWAYS})"
    if sobject.deletable and access.may_delete(name):
        delete = records.condition(sobject, _ALIAS, Level.ALL) or _ALWAYS
    return read, edit, delete, transfer
