"""Directory: the rights of each user, found by the permission sets that apply to them.

Users with the same sets share one value. It is made anew when the schema has changed, or a record that
grants: every unit of work that writes one counts a version up, which each process of the org looks at when it
reads a session again.
"""

from collections.abc import Callable, Sequence
from typing import Final

from isthmus.kernel.database import Connection, Dialect, Migration, Transaction
from isthmus.kernel.lru_cache import LruCache
from isthmus.org.schema.model import Schema
from isthmus.org.security.access import Access
from isthmus.org.security.rights.grants import Grants, read_grants, together
from isthmus.org.security.rights.permissions import permissions_of

COMPONENT: Final = "rights"
GRANTING: Final = frozenset(
    {
        "FieldPermissions",
        "MutingPermissionSet",
        "ObjectPermissions",
        "PermissionSet",
        "PermissionSetAssignment",
        "PermissionSetGroup",
        "PermissionSetGroupComponent",
        "Profile",
    }
)
"""The objects whose records say who may do what."""

_KEPT_MAX: Final = 200
_OWN_SETS: Final = """
    SELECT "Id" FROM "PermissionSet" WHERE "ProfileId" = ? AND "IsDeleted" = 0
    UNION SELECT "PermissionSetId" FROM "PermissionSetAssignment"
        WHERE "AssigneeId" = ? AND "IsDeleted" = 0 AND "PermissionSetId" IS NOT NULL
    ORDER BY 1"""
_GROUPS: Final = """
    SELECT "PermissionSetGroupId" FROM "PermissionSetAssignment"
    WHERE "AssigneeId" = ? AND "IsDeleted" = 0 AND "PermissionSetGroupId" IS NOT NULL ORDER BY 1"""
_COMPONENTS: Final = """
    SELECT "PermissionSetId" FROM "PermissionSetGroupComponent"
    WHERE "PermissionSetGroupId" = ? AND "IsDeleted" = 0 ORDER BY 1"""
_MUTING: Final = "0QM"


def _version(dialect: Dialect) -> Sequence[str]:
    return (
        f'CREATE TABLE "isthmus_rights" ("version" {dialect.integer} NOT NULL)',
        'INSERT INTO "isthmus_rights" VALUES (0)',
    )


MIGRATIONS: Final = (Migration(1, "which version the granting records are at", _version),)


def count_change(tx: Transaction) -> None:
    """Note, in the unit of work that writes a granting record, that rights are to be read anew."""
    tx.execute('UPDATE "isthmus_rights" SET "version" = "version" + 1')


class RightsDirectory:
    """`schema` gives the schema in force. May be asked from any thread."""

    def __init__(self, schema: Callable[[], Schema]) -> None:
        self._schema = schema
        self._kept: LruCache[tuple[object, ...], Access] = LruCache(_KEPT_MAX)

    def access_of(self, connection: Connection, user_id: str, profile_id: str) -> Access:
        """The rights of a user with that profile. A user without any set has no rights."""
        schema = self._schema()
        version = connection.row('SELECT "version" FROM "isthmus_rights"')
        sets = _column(connection, _OWN_SETS, profile_id, user_id)
        groups = _column(connection, _GROUPS, user_id)
        key = (schema.version, version, sets, groups)
        known = self._kept.get(key)
        if known is None:
            parts = [read_grants(connection, schema, "PermissionSet", each) for each in sets]
            parts += [_of_group(connection, schema, each) for each in groups]
            known = permissions_of(together(parts), schema)
            self._kept.put(key, known)
        return known

    def access_of_user(self, connection: Connection, user_id: str) -> Access | None:
        """The rights of the user of that 18-character id; None: there is no such user."""
        row = connection.row('SELECT "ProfileId" FROM "User" WHERE "Id" = ? AND "IsDeleted" = 0', (user_id,))
        return None if row is None else self.access_of(connection, user_id, str(row[0]))


def _of_group(connection: Connection, schema: Schema, group_id: str) -> Grants:
    """What a permission set group grants: its sets together, less what it mutes."""
    sets, muting = list[Grants](), list[Grants]()
    for each in _column(connection, _COMPONENTS, group_id):
        if each.startswith(_MUTING):
            muting.append(read_grants(connection, schema, "MutingPermissionSet", each))
        else:
            sets.append(read_grants(connection, schema, "PermissionSet", each))
    return together(sets).less(together(muting))


def _column(connection: Connection, sql: str, *parameters: str) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in connection.rows(sql, parameters))
