"""Rights reader: profiles, permission sets, their groups and custom permissions, out of files."""

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.elements import check_elements
from isthmus.org.security.field_level import is_granted_by_name, may_be_editable
from isthmus.org.security.metadata.dependencies import check_what_rights_rest_on
from isthmus.org.security.metadata.names import Names
from isthmus.org.security.metadata.rights import (
    CustomPermission,
    Day,
    FieldRights,
    LoginHours,
    LoginIpRange,
    ObjectRights,
    PermissionSet,
    PermissionSetGroup,
    Profile,
    Rights,
)

STANDARD_PROFILES: Final[Mapping[str, str]] = {
    "Admin": "System Administrator",
    "Standard": "Standard User",
    "ReadOnly": "Read Only",
    "ContractManager": "Contract Manager",
    "MarketingProfile": "Marketing User",
    "SolutionManager": "Solution Manager",
    "StandardAul": "Standard Platform User",
}
"""What metadata calls profiles of the platform, where it does not call them by their names.

Source: Metadata API Developer Guide, Profile, and retrieved projects.
"""

_OBJECT_FLAGS: Final = (
    ("allowCreate", "create"),
    ("allowRead", "read"),
    ("allowEdit", "edit"),
    ("allowDelete", "delete"),
    ("viewAllRecords", "view_all"),
    ("modifyAllRecords", "modify_all"),
)
_MINUTES: Final = 24 * 60


def profile_name(file_name: str) -> str:
    """The name of the profile that a file of that name describes; files write some characters as `%20`.

    >>> profile_name("Admin"), profile_name("Custom%3A Sales")
    ('System Administrator', 'Custom: Sales')
    """
    name = unquote(file_name)
    return STANDARD_PROFILES.get(name, name)


def read_profile(node: Node, name: str, names: Names) -> Profile:
    """One profile; what is wrong is said."""
    check_elements(node, "Profile")
    return Profile(
        name=profile_name(name),
        custom=node.flag("custom"),
        rights=_rights(node, names, muting=False, whole=False),
        user_license=node.text("userLicense"),
        description=node.text("description"),
        login_ip_ranges=tuple(
            read for each in node.nodes("loginIpRanges") if (read := _ip_range(each)) is not None
        ),
        login_hours=_login_hours(node),
    )


def read_permission_set(node: Node, name: str, names: Names, *, muting: bool = False) -> PermissionSet:
    """One permission set, or one of those that mute."""
    check_elements(node, "PermissionSet")
    return PermissionSet(
        name=name,
        label=node.needed("label") or name,
        rights=_rights(node, names, muting=muting, whole=True),
        license=node.text("license"),
        description=node.text("description"),
        activation_required=node.flag("hasActivationRequired"),
    )


def read_group(node: Node, name: str) -> PermissionSetGroup:
    """One permission set group; whether the sets that it names are there is for the caller to ask."""
    check_elements(node, "PermissionSetGroup")
    return PermissionSetGroup(
        name=name,
        label=node.needed("label") or name,
        permission_sets=tuple(each.value for each in node.nodes("permissionSets")),
        muting_permission_sets=tuple(each.value for each in node.nodes("mutingPermissionSets")),
        description=node.text("description"),
        activation_required=node.flag("hasActivationRequired"),
    )


def read_custom_permission(node: Node, name: str) -> CustomPermission:
    check_elements(node, "CustomPermission")
    return CustomPermission(
        name, node.needed("label") or name, node.text("description"), node.flag("isLicensed")
    )


def _rights(node: Node, names: Names, *, muting: bool, whole: bool) -> Rights:
    permissions = {
        known: each.flag("enabled")
        for each in node.nodes("userPermissions")
        if (said := each.needed("name")) and (known := names.permission(each, said))
    }
    custom = {
        said: each.flag("enabled")
        for each in node.nodes("customPermissions")
        if (said := each.needed("name"))
    }
    rights = Rights(_objects(node, names, muting), _fields(node, names, muting), permissions, custom)
    if not muting:
        check_what_rights_rest_on(node, names, rights, whole=whole)
    return rights


def _objects(node: Node, names: Names, muting: bool) -> dict[str, ObjectRights]:
    found: dict[str, ObjectRights] = {}
    for each in node.nodes("objectPermissions"):
        said = each.needed("object")
        sobject = names.sobject(each, said, "object") if said else None
        if sobject is None:
            continue
        rights = ObjectRights(**{name: each.flag(child) for child, name in _OBJECT_FLAGS})
        if sobject.name in found:
            each.error(f"the rights to {sobject.name} stand more than once", "object")
        if not muting:
            _check_dependencies(each, sobject.name, rights)
            rights = rights.completed()
        found[sobject.name] = rights
    return found


def _check_dependencies(node: Node, sobject: str, rights: ObjectRights) -> None:
    """A right without those that it depends on is refused, as on deployment.

    Source: Salesforce Help, Object Permissions.
    """
    whole = rights.completed()
    missing = [child for child, name in _OBJECT_FLAGS if getattr(whole, name) and not getattr(rights, name)]
    if missing:
        node.error(f"what is given of {sobject} needs {' and '.join(f'<{each}>' for each in missing)} too")


def _fields(node: Node, names: Names, muting: bool) -> dict[str, FieldRights]:
    found: dict[str, FieldRights] = {}
    for each in node.nodes("fieldPermissions"):
        path = each.needed("field")
        place = names.field(each, path, "field") if path else None
        if place is None:
            continue
        sobject, field = place
        full = f"{sobject.name}.{field.name}"
        if not is_granted_by_name(sobject, field):
            whose = "required" if field.custom and not field.nillable else "no field with rights of its own"
            (each.error if field.custom else each.note)(f"{full} is {whose}", "field")
            continue
        if full in found:
            each.error(f"the rights to {full} stand more than once", "field")
        read, edit = each.flag("readable"), each.flag("editable")
        if edit and not read and not muting:
            each.error(f"{full}: <editable> needs <readable> too", "editable")
        found[full] = FieldRights(read or edit, edit and may_be_editable(sobject, field))
    return found


def _ip_range(node: Node) -> LoginIpRange | None:
    """Both ends are addresses of one version, and in order."""
    start, end = node.needed("startAddress"), node.needed("endAddress")
    if not start or not end:
        return None
    ends = []
    for child, text in (("startAddress", start), ("endAddress", end)):
        try:
            ends.append(ipaddress.ip_address(text))
        except ValueError:
            node.error(f"{text!r} is no IP address", child)
            return None
    first, last = ends
    if first.version != last.version:
        node.error("both ends must be of one version of IP", "endAddress")
        return None
    if int(first) > int(last):
        node.error(f"ends before it starts: {start} to {end}", "endAddress")
        return None
    return LoginIpRange(str(first), str(last), node.text("description"))


def _login_hours(node: Node) -> LoginHours | None:
    hours = node.node("loginHours")
    if hours is None or not hours.children():
        return None
    days: dict[Day, tuple[int, int]] = {}
    for day in Day:
        first, last = f"{day.value}Start", f"{day.value}End"
        start, end = hours.integer(first, 0, _MINUTES), hours.integer(last, 0, _MINUTES)
        if start is None and end is None:
            continue
        if start is None or end is None:
            hours.error(f"<{first}> and <{last}> belong together", first if end is None else last)
        elif start > end:
            hours.error(f"{day.value} ends before it starts", last)
        else:
            days[day] = start, end
    return LoginHours(days)
