"""Grants: what a combination of permission sets says, added up from the records that say it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import Final

from isthmus.kernel.database import Connection, Value
from isthmus.org.schema.model import Schema
from isthmus.org.schema.tables import quoted

_PREFIX: Final = "Permissions"


class Right(Flag):
    """What may be done with an object's records, or with a field (READ and EDIT)."""

    NONE = 0
    READ = auto()
    CREATE = auto()
    EDIT = auto()
    DELETE = auto()
    VIEW_ALL = auto()
    MODIFY_ALL = auto()


_RESTS_ON: Final = (
    (Right.READ, ~Right.NONE),
    (Right.EDIT, Right.DELETE | Right.MODIFY_ALL),
    (Right.DELETE | Right.VIEW_ALL, Right.MODIFY_ALL),
)
"""What can't be had without a right. Source: Salesforce Help, "Object Permissions" (dependencies)."""

SYSTEM_RESTS_ON: Final[Mapping[str, frozenset[str]]] = {"ModifyAllData": frozenset({"ViewAllData"})}
"""What a system permission can't be had without.

Source: Salesforce Help, "View All Data and Modify All Data".
"""

WORDS: Final[Mapping[Right, str]] = {
    Right.READ: "Read",
    Right.CREATE: "Create",
    Right.EDIT: "Edit",
    Right.DELETE: "Delete",
    Right.VIEW_ALL: "View All",
    Right.MODIFY_ALL: "Modify All",
}
"""What errors call rights, before the object's name."""

OBJECT_COLUMNS: Final = (
    ("PermissionsRead", Right.READ),
    ("PermissionsCreate", Right.CREATE),
    ("PermissionsEdit", Right.EDIT),
    ("PermissionsDelete", Right.DELETE),
    ("PermissionsViewAllRecords", Right.VIEW_ALL),
    ("PermissionsModifyAllRecords", Right.MODIFY_ALL),
)
FIELD_COLUMNS: Final = (("PermissionsRead", Right.READ), ("PermissionsEdit", Right.EDIT))


@dataclass(frozen=True, slots=True)
class Grants:
    """System permissions by their names in metadata (`ApiEnabled`), rights by object, and by field
    (`Account.Phone`).
    """

    system: frozenset[str]
    objects: Mapping[str, Right]
    fields: Mapping[str, Right]

    def less(self, muted: "Grants") -> "Grants":
        """These without what is muted, and without what rests on that."""
        return Grants(
            frozenset(each for each in self.system if muted.system.isdisjoint(_with_needed(each))),
            {name: right & ~_with_dependents(muted.objects, name) for name, right in self.objects.items()},
            {name: right & ~_with_dependents(muted.fields, name) for name, right in self.fields.items()},
        )


def is_muting(schema: Schema, set_id: object) -> bool:
    """Whether what a set says is taken away: then a right stands without those that it depends on."""
    muting = schema.find("MutingPermissionSet")
    return muting is not None and str(set_id)[:3] == muting.key_prefix


def needed_for(right: Right) -> Right:
    """What a single right can't be had without."""
    found = Right.NONE
    for each, dependents in _RESTS_ON:
        if right in dependents and each != right:
            found |= each
    return found


def _with_needed(permission: str) -> frozenset[str]:
    return SYSTEM_RESTS_ON.get(permission, frozenset()) | {permission}


def _with_dependents(muted: Mapping[str, Right], name: str) -> Right:
    """What is muted of an object or a field: who may not read it may not edit it either."""
    right = muted.get(name, Right.NONE)
    for each, dependents in _RESTS_ON:
        if each & right:
            right |= dependents
    return right


def together(parts: Iterable[Grants]) -> Grants:
    """The union of grants."""
    system: set[str] = set()
    objects: dict[str, Right] = {}
    fields: dict[str, Right] = {}
    for part in parts:
        system |= part.system
        for into, more in ((objects, part.objects), (fields, part.fields)):
            for name, right in more.items():
                into[name] = into.get(name, Right.NONE) | right
    return Grants(frozenset(system), objects, fields)


def read_grants(connection: Connection, schema: Schema, permission_set: str, set_id: str) -> Grants:
    """What one set says: `permission_set` is PermissionSet, or MutingPermissionSet, and `set_id` its id."""
    return Grants(
        _system(connection, schema, permission_set, set_id),
        _rights(connection, "ObjectPermissions", '"SobjectType"', OBJECT_COLUMNS, set_id),
        _rights(connection, "FieldPermissions", '"Field"', FIELD_COLUMNS, set_id),
    )


def _system(connection: Connection, schema: Schema, permission_set: str, set_id: str) -> frozenset[str]:
    sobject = schema.find(permission_set)
    names = [each.name for each in sobject.fields if each.name.startswith(_PREFIX)] if sobject else []
    if not names:
        return frozenset()
    row = connection.row(
        f'SELECT {", ".join(map(quoted, names))} FROM {quoted(permission_set)} WHERE "Id" = ?', (set_id,)
    )
    given = zip(names, row or (), strict=False)
    return frozenset(name.removeprefix(_PREFIX) for name, flag in given if flag)


def _rights(
    connection: Connection, table: str, name: str, columns: Sequence[tuple[str, Right]], set_id: str
) -> Mapping[str, Right]:
    flags = ", ".join(quoted(column) for column, _ in columns)
    rows = connection.rows(
        f'SELECT {name}, {flags} FROM {quoted(table)} WHERE "ParentId" = ? AND "IsDeleted" = 0', (set_id,)
    )
    return {str(row[0]): _right(row[1:], columns) for row in rows}


def _right(flags: Sequence[Value], columns: Sequence[tuple[str, Right]]) -> Right:
    given = Right.NONE
    for flag, (_, right) in zip(flags, columns, strict=True):
        if flag:
            given |= right
    return given
