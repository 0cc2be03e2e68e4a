"""Setup audit trail: who has changed users, permission sets and roles, as records that nobody can write.

A line commits with the change that it tells of, through the save path. Source: Object Reference,
SetupAuditTrail; the actions are those that tools which read it know (sfdx-hardis, audit-trail-watcher), their
sentences follow the documented example ("Created permission set MAD: with user license Salesforce").
"""

from collections.abc import Iterator
from typing import Final

from isthmus.kernel.clock import DAY
from isthmus.kernel.database import Transaction
from isthmus.org.save.engine import SaveEngine
from isthmus.org.save.operation import Operation
from isthmus.org.save.requests import insert
from isthmus.org.save.unit_of_work import Change, UnitOfWork
from isthmus.org.schema.model import Schema

_TRAIL: Final = "SetupAuditTrail"
_KEPT_FOR: Final = 180 * DAY
"""Source: Object Reference, SetupAuditTrail: at least 180 days."""
_USERS: Final = "Manage Users"
_DISPLAY_MAX: Final = 1_000
_NAMED: Final = {
    "PermissionSet": ("PermSet", "permission set", "Label"),
    "PermissionSetGroup": ("PermissionSetGroup", "permission set group", "MasterLabel"),
    "UserRole": ("role", "role", "Name"),
    "Profile": ("profile", "profile", "Name"),
}
_VERBS: Final = {Operation.INSERT: "Create", Operation.UPDATE: "Change", Operation.DELETE: "Delete"}
AUDITED: Final = frozenset({"User", "UserLogin", "PermissionSetAssignment", *_NAMED})


class SetupAudit:
    """Writes in the name of who made the change."""

    def __init__(self, saves: SaveEngine) -> None:
        self._saves = saves

    def record(self, unit: UnitOfWork) -> None:
        """One line for each thing that a unit has changed. The platform's own work leaves none."""
        if unit.system or unit.schema.find(_TRAIL) is None:
            return
        lines: list[dict[str, object]] = [
            {"Action": action, "Section": _USERS, "Display": display[:_DISPLAY_MAX]}
            for change in unit.merged_changes().values()
            for action, display in _told(unit.tx, change)
        ]
        if lines:
            self._saves.transaction(
                unit.tx, unit.schema, unit.principal, lambda own: _insert(own, lines), system=True
            )

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


def _told(tx: Transaction, change: Change) -> Iterator[tuple[str, str]]:
    if change.sobject == "User":
        yield from _of_user(tx, change)
    elif change.sobject == "UserLogin":
        yield from _of_login(tx, change)
    elif change.sobject == "PermissionSetAssignment":
        yield from _of_assignment(tx, change)
    elif change.sobject in _NAMED:
        yield _of_named(change)


def _of_user(tx: Transaction, change: Change) -> Iterator[tuple[str, str]]:
    before, after = change.before, change.after
    who = _label(tx, "User", "Username", change.id)
    if before is None:
        yield "createduser", f"Created new user {who}"
        return
    if after is None:
        return
    if before.get("IsActive") != after.get("IsActive"):
        active = bool(after.get("IsActive"))
        yield (
            ("activateduser", f"Activated user {who}")
            if active
            else ("deactivateduser", f"Deactivated user {who}")
        )
    if before.get("ProfileId") != after.get("ProfileId"):
        old, new = (_label(tx, "Profile", "Name", each.get("ProfileId")) for each in (before, after))
        yield "changedprofileforuser", f"Changed profile for user {who} from {old} to {new}"
    if before.get("UserRoleId") != after.get("UserRoleId"):
        yield _of_role(tx, who, before.get("UserRoleId"), after.get("UserRoleId"))
    for field, action, name in (
        ("Username", "changedusername", "username"),
        ("Email", "changedemail", "email"),
    ):
        if before.get(field) != after.get(field):
            yield action, f"Changed {name} for user {who} from {before.get(field)} to {after.get(field)}"


def _of_role(tx: Transaction, who: str, before: object, after: object) -> tuple[str, str]:
    old, new = (_label(tx, "UserRole", "Name", each) for each in (before, after))
    if before is None:
        return "changedroleforuserfromnone", f"Changed role for user {who} from none to {new}"
    if after is None:
        return "changedroleforusertonone", f"Changed role for user {who} from {old} to none"
    return "changedroleforuser", f"Changed role for user {who} from {old} to {new}"


def _of_login(tx: Transaction, change: Change) -> Iterator[tuple[str, str]]:
    before, after = change.before, change.after
    if before is None or after is None:
        return
    who = _label(tx, "User", "Username", after.get("UserId"))
    if before.get("IsFrozen") != after.get("IsFrozen"):
        yield (
            ("frozeuser", f"Froze user {who}")
            if after.get("IsFrozen")
            else ("unfrozeuser", f"Unfroze user {who}")
        )
    if before.get("IsPasswordLocked") and not after.get("IsPasswordLocked"):
        yield "unlockeduser", f"Unlocked user {who}"


def _of_assignment(tx: Transaction, change: Change) -> Iterator[tuple[str, str]]:
    values = change.after if change.operation is Operation.INSERT else change.before
    if values is None:
        return
    given = change.operation is Operation.INSERT
    verb, action = ("assigned to", "Assign") if given else ("unassigned from", "Unassign")
    who = _label(tx, "User", "Username", values.get("AssigneeId"))
    if (group := values.get("PermissionSetGroupId")) is not None:
        name = _label(tx, "PermissionSetGroup", "MasterLabel", group)
        yield f"PermSetGroup{action}", f"Permission set group {name}: {verb} user {who}"
    else:
        name = _label(tx, "PermissionSet", "Label", values.get("PermissionSetId"))
        yield f"PermSet{action}", f"Permission set {name}: {verb} user {who}"


def _of_named(change: Change) -> tuple[str, str]:
    stem, kind, field = _NAMED[change.sobject]
    values = change.after or change.before or {}
    verb = _VERBS.get(change.operation, "Change")
    action = f"{stem}{verb}" if stem[0].isupper() else f"{verb.lower()}d{stem}"
    return action, f"{verb}d {kind} {values.get(field) or change.id}"


def _label(tx: Transaction, sobject: str, field: str, record_id: object) -> str:
    """What a record is called; its id where it is gone."""
    row = tx.row(f'SELECT "{field}" FROM "{sobject}" WHERE "Id" = ?', (str(record_id),))
    return str(row[0]) if row is not None and row[0] is not None else str(record_id)
