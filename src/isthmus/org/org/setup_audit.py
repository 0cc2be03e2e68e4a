"""Setup audit trail: who has changed users, rights, roles, groups and queues, as records nobody can write.

A line commits with the change that it tells of, through the save path. Source: Object Reference,
SetupAuditTrail; what lines say, and which of it is recorded: `setup_audit.toml`.
"""

from collections.abc import Iterator
from typing import Final

from isthmus.kernel.clock import DAY
from isthmus.kernel.database import Transaction
from isthmus.org.org.audit_lines import Line, entries, label, line, short
from isthmus.org.org.audited_rights import (
    kind_of_profile,
    of_field_rights,
    of_object_rights,
    of_profile,
    of_set,
)
from isthmus.org.save.engine import SaveEngine
from isthmus.org.save.operation import Operation
from isthmus.org.save.requests import insert
from isthmus.org.save.unit_of_work import Change, UnitOfWork
from isthmus.org.schema.model import Schema
from isthmus.org.security.principal import Principal
from isthmus.org.security.sharing.work import waiting

_TRAIL: Final = "SetupAuditTrail"
_KEPT_FOR: Final = 180 * DAY
"""Source: Object Reference, SetupAuditTrail: at least 180 days."""
_NAMED: Final = {"PermissionSetGroup": ("set_group", "MasterLabel"), "UserRole": ("role", "Name")}
_VERBS: Final = {Operation.INSERT: "created", Operation.UPDATE: "changed", Operation.DELETE: "deleted"}
_GROUPS: Final = {"Queue": "queue", "Regular": "public_group"}
_NOBODYS: Final = "<None Specified>"
_LAST_OF_DEFAULTS: Final = (
    'SELECT "Action", "CreatedById" FROM "SetupAuditTrail" '
    """WHERE "Action" IN ('owdUpdateStarted', 'owdUpdateFinished') """
    'ORDER BY "CreatedDate" DESC, "Id" DESC LIMIT 1'
)
AUDITED: Final = frozenset(
    {
        "FieldPermissions",
        "Group",
        "GroupMember",
        "ObjectPermissions",
        "PermissionSet",
        "PermissionSetAssignment",
        "PermissionSetGroupComponent",
        "Profile",
        "User",
        "UserLogin",
        *_NAMED,
    }
)


class SetupAudit:
    """Writes in the name of who made the change."""

    def __init__(self, saves: SaveEngine) -> None:
        self._saves = saves

    def record(self, unit: UnitOfWork) -> None:
        """One line for each thing that a unit has changed. The platform's own work leaves none."""
        if unit.system or unit.schema.find(_TRAIL) is None:
            return
        told = dict.fromkeys(
            each for change in unit.merged_changes().values() for each in _told(unit, change)
        )
        if told:
            lines = [each.record for each in told]
            self._saves.transaction(
                unit.tx, unit.schema, unit.principal, lambda own: _insert(own, lines), system=True
            )

    def finish_defaults(self, tx: Transaction, schema: Schema) -> None:
        """Tell that organization-wide defaults are as they should be, where it was told that they will."""
        if schema.find(_TRAIL) is None or waiting(tx):
            return
        row = tx.row(_LAST_OF_DEFAULTS)
        if row is not None and row[0] == entries()["defaults_started"]["action"]:
            self.tell(tx, schema, Principal(str(row[1]), "", "", ""), line("defaults_finished"))

    def tell(self, tx: Transaction, schema: Schema, who: Principal, *lines: Line) -> None:
        """Tell what `who` has changed by other ways than the save path."""
        if schema.find(_TRAIL) is not None:
            records = [each.record for each in lines]
            self._saves.transaction(tx, schema, who, lambda own: _insert(own, records), system=True)

    def purge(self, tx: Transaction, schema: Schema) -> None:
        """Remove what is older than 180 days."""
        if schema.find(_TRAIL) is None:
            return
        before = self._saves.clock.now() - _KEPT_FOR
        tx.execute('DELETE FROM "SetupAuditTrail" WHERE "CreatedDate" < ?', (before,))


def _insert(unit: UnitOfWork, lines: list[dict[str, object]]) -> None:
    for each in insert(unit, _TRAIL, lines):
        if not each.success:
            raise RuntimeError(f"{_TRAIL}: {'; '.join(error.message for error in each.errors)}")


def _told(unit: UnitOfWork, change: Change) -> Iterator[Line]:
    tx, schema = unit.tx, unit.schema
    match change.sobject:
        case "User":
            yield from _of_user(tx, change)
        case "UserLogin":
            yield from _of_login(tx, change)
        case "PermissionSetAssignment":
            yield from _of_assignment(tx, change)
        case "PermissionSet":
            yield from of_set(tx, schema, change)
        case "Profile":
            yield from of_profile(schema, change)
        case "ObjectPermissions":
            yield from of_object_rights(tx, schema, change)
        case "FieldPermissions":
            yield from of_field_rights(tx, schema, change)
        case "PermissionSetGroupComponent":
            yield from _of_component(tx, change)
        case "Group":
            yield from _of_group(change)
        case "GroupMember":
            yield from _of_member(tx, change)
        case sobject if sobject in _NAMED:
            stem, field = _NAMED[sobject]
            values = change.after or change.before or {}
            name = values.get(field) or change.id
            yield line(f"{stem}_{_VERBS.get(change.operation, 'changed')}", name=name)


def _of_user(tx: Transaction, change: Change) -> Iterator[Line]:
    before, after = change.before, change.after
    if after is None:
        return
    who = {"user": label(tx, "User", "Name", change.id), "id": short(change.id)}
    if before is None:
        yield line("user_created", **who)
        return
    if before.get("IsActive") != after.get("IsActive"):
        yield line("user_activated" if after.get("IsActive") else "user_deactivated", **who)
    if before.get("ProfileId") != after.get("ProfileId"):
        old, new = (label(tx, "Profile", "Name", each.get("ProfileId")) for each in (before, after))
        yield line("user_profile", **who, kinds=_kinds(old, new), old=old, new=new)
    if before.get("UserRoleId") != after.get("UserRoleId"):
        yield _of_role(tx, who, before.get("UserRoleId"), after.get("UserRoleId"))
    for field, which in (("Username", "user_username"), ("Email", "user_email")):
        if before.get(field) != after.get(field):
            yield line(which, **who, old=before.get(field), new=after.get(field))


def _kinds(old: str, new: str) -> str:
    """How the action ends: from a profile of the platform's, or one's own, to one of these."""
    if kind_of_profile(old) == kind_of_profile(new) == "Custom":
        return ""
    return "to".join("std" if kind_of_profile(each) == "Standard" else "cust" for each in (old, new))


def _of_role(tx: Transaction, who: dict[str, str], before: object, after: object) -> Line:
    old, new = (_NOBODYS if each is None else label(tx, "UserRole", "Name", each) for each in (before, after))
    kinds = "fromnone" if before is None else "tonone" if after is None else ""
    return line("user_role", **who, kinds=kinds, old=old, new=new)


def _of_login(tx: Transaction, change: Change) -> Iterator[Line]:
    before, after = change.before, change.after
    if before is None or after is None:
        return
    user = after.get("UserId")
    who = {"user": label(tx, "User", "Name", user), "id": short(user)}
    if before.get("IsFrozen") != after.get("IsFrozen"):
        yield line("user_frozen" if after.get("IsFrozen") else "user_unfrozen", **who)
    if before.get("IsPasswordLocked") and not after.get("IsPasswordLocked"):
        yield line("user_unlocked", **who, username=label(tx, "User", "Username", user))


def _of_assignment(tx: Transaction, change: Change) -> Iterator[Line]:
    given = change.operation is Operation.INSERT
    values = change.after if given else change.before
    if values is None:
        return
    verb, user = "assigned" if given else "unassigned", values.get("AssigneeId")
    who = {"user": label(tx, "User", "Name", user), "id": short(user)}
    if (group := values.get("PermissionSetGroupId")) is not None:
        yield line(f"group_{verb}", **who, set=label(tx, "PermissionSetGroup", "MasterLabel", group))
    else:
        held = label(tx, "PermissionSet", "Label", values.get("PermissionSetId"))
        yield line(f"set_{verb}", **who, set=held)


def _of_component(tx: Transaction, change: Change) -> Iterator[Line]:
    added = change.operation is Operation.INSERT
    values = change.after if added else change.before
    if values is None:
        return
    name = label(tx, "PermissionSetGroup", "DeveloperName", values.get("PermissionSetGroupId"))
    member = label(tx, "PermissionSet", "Label", values.get("PermissionSetId"))
    yield line(f"set_group_member_{'added' if added else 'removed'}", name=name, set=member)


def _of_group(change: Change) -> Iterator[Line]:
    """Queues and public groups; those of roles follow their roles."""
    before, after = change.before, change.after
    values = after or before or {}
    stem = _GROUPS.get(str(values.get("Type")))
    if stem is None:
        return
    name = values.get("Name")
    if stem == "queue" and before is not None and after is not None and before.get("Name") != name:
        yield line("queue_renamed", name=name, old=before.get("Name"), new=name)
    else:
        yield line(f"{stem}_{_VERBS.get(change.operation, 'changed')}", name=name)


def _of_member(tx: Transaction, change: Change) -> Iterator[Line]:
    values = change.after or change.before
    if values is None:
        return
    group = str(values.get("GroupId"))
    row = tx.row('SELECT "Type", "Name" FROM "Group" WHERE "Id" = ?', (group,))
    stem = None if row is None else _GROUPS.get(str(row[0]))
    if row is not None and stem is not None:
        yield line(f"{stem}_members", name=row[1])
