"""Principals: what the platform keeps beside a role, and makes and keeps beside a profile.

A role's groups are called as it is; a profile has a permission set that holds what it grants.
Source: Object Reference, Group (Type, RelatedId), PermissionSet (IsOwnedByProfile).
"""

from collections.abc import Mapping
from typing import Final

from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.statements import in_parts
from isthmus.org.save.step import step
from isthmus.org.schema.tables import quoted

_PERMISSIONS: Final = "Permissions"


def _is_of_roles(plan: Plan) -> bool:
    group = plan.schema.find("Group")
    return plan.sobject.name == "UserRole" and group is not None and group.field("RelatedId") is not None


@step(Operation.UPDATE, needed=_is_of_roles, lasting=True)
def rename_roles_groups(save: Save) -> None:
    """The groups of a role are called as it is."""
    renamed = {str(row.id): row for row in save.live() if row.changed("Name") or row.changed("DeveloperName")}
    found = in_parts(
        save.unit.tx, 'SELECT "Id", "RelatedId" FROM "Group" WHERE "RelatedId" IN ({})', list(renamed)
    )
    records = [Row({"Id": group_id, **_named(renamed[str(role_id)])}) for group_id, role_id in found]
    _save(save, "Group", Operation.UPDATE, records)


def _named(role: Row) -> Mapping[str, object]:
    return {"Name": str(role.values["Name"])[:40], "DeveloperName": role.values.get("DeveloperName")}


def _is_of_profiles(plan: Plan) -> bool:
    sets = plan.schema.find("PermissionSet")
    return plan.sobject.name == "Profile" and sets is not None and sets.field("ProfileId") is not None


@step(Operation.INSERT, needed=_is_of_profiles, lasting=True)
def give_profiles_permission_sets(save: Save) -> None:
    """Each new profile gets the permission set that holds what it grants."""
    records = [
        Row(
            {
                "Name": f"X{profile.id}",
                "Label": f"X{profile.id}",
                "ProfileId": profile.id,
                "IsOwnedByProfile": True,
                "Type": "Profile",
                **_permissions(save, profile),
            }
        )
        for profile in save.live()
    ]
    _save(save, "PermissionSet", Operation.INSERT, records)


@step(Operation.UPDATE, needed=_is_of_profiles, lasting=True)
def keep_profiles_permission_sets(save: Save) -> None:
    """A system permission that a profile is given or loses, its permission set is given or loses."""
    changed = {
        str(row.id): row
        for row in save.live()
        if any(row.changed(name) for name in row.values if name.startswith(_PERMISSIONS))
    }
    found = in_parts(
        save.unit.tx,
        'SELECT "Id", "ProfileId" FROM "PermissionSet" WHERE "ProfileId" IN ({})',
        list(changed),
    )
    records = [
        Row({"Id": set_id, **_permissions(save, changed[str(profile_id)])}) for set_id, profile_id in found
    ]
    _save(save, "PermissionSet", Operation.UPDATE, records)


def _permissions(save: Save, profile: Row) -> Mapping[str, object]:
    sets = save.plan.schema["PermissionSet"]
    return {
        name: bool(value)
        for name, value in profile.values.items()
        if name.startswith(_PERMISSIONS) and sets.field(name) is not None
    }


def _save(save: Save, sobject: str, operation: Operation, rows: list[Row]) -> None:
    """Write records of the platform's own; what they say is known to be right."""
    if not rows:
        return
    with save.unit.as_platform():
        save.unit.save(save.plan.schema[sobject], operation, rows)
    for row in rows:
        assert not row.errors, f"{quoted(sobject)}: {row.errors}"
