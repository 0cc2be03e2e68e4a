"""Audited rights: the audit trail's lines of permission sets, profiles, and what they grant."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from isthmus.kernel.database import Transaction
from isthmus.org.org.audit_lines import Line, label, line
from isthmus.org.save.operation import Operation
from isthmus.org.save.unit_of_work import Change
from isthmus.org.schema.model import Schema
from isthmus.org.security.rights.grants import OBJECT_COLUMNS, WORDS
from isthmus.org.security.standard_profiles import standard_profiles

_FLAG: Final = "Permissions"
_NO_ACCESS: Final = "No Access"
_STATES: Final = ("disabled", "enabled")


def kind_of_profile(name: str) -> str:
    """Whether a profile is the platform's own, in the word that ends actions."""
    return "Standard" if name in standard_profiles() else "Custom"


def of_set(tx: Transaction, schema: Schema, change: Change) -> Iterator[Line]:
    """A permission set; those of profiles are told as the profile."""
    before, after = change.before, change.after
    values = after or before
    if values is None or values.get("ProfileId") is not None:
        return
    name = values.get("Label")
    if change.operation is Operation.DELETE:
        yield line("set_deleted", name=name)
    elif before is None:
        held = values.get("LicenseId")
        if held is None:
            yield line("set_created_without_license", name=name)
        else:
            yield line("set_created", name=name, license=label(tx, "UserLicense", "Name", held))
    elif after is not None:
        for field, which in (
            ("Label", "set_label"),
            ("Name", "set_name"),
            ("Description", "set_description"),
        ):
            if before.get(field) != after.get(field):
                yield line(which, name=name, old=before.get(field), new=after.get(field))
        for said, _, new in _flags(schema, change):
            which = "set_permission_on" if new else "set_permission_off"
            yield line(which, name=name, permission=said)


def of_profile(schema: Schema, change: Change) -> Iterator[Line]:
    """A profile, and its system permissions."""
    values = change.after or change.before
    if values is None:
        return
    name = str(values.get("Name"))
    if change.operation is Operation.DELETE:
        yield line("profile_deleted", name=name)
    elif change.before is None:
        yield line("profile_created", name=name)
    else:
        flags = list(_flags(schema, change))
        if not flags:
            yield line("profile_changed", name=name)
        for said, old, new in flags:
            states = {"old": _STATES[old], "new": _STATES[new]}
            yield line("profile_permission", name=name, kind=kind_of_profile(name), permission=said, **states)


def _flags(schema: Schema, change: Change) -> Iterator[tuple[str, bool, bool]]:
    """The labels of the system permissions that changed, with what they were and are."""
    before, after = change.before or {}, change.after or {}
    for name, value in after.items():
        old, new = bool(before.get(name)), bool(value)
        if name.startswith(_FLAG) and old != new:
            field = schema[change.sobject].field(name)
            yield (name if field is None else field.label.removeprefix(f"{_FLAG} ")), old, new


def of_object_rights(tx: Transaction, schema: Schema, change: Change) -> Iterator[Line]:
    """What a set, or a profile, grants of an object."""
    values = change.after or change.before
    if values is None:
        return
    old, new = (_rights(each) for each in (change.before, change.after))
    yield from _granted(tx, "object", values, old, new, object=_called(schema, values))


def of_field_rights(tx: Transaction, schema: Schema, change: Change) -> Iterator[Line]:
    """What a set, or a profile, grants of a field."""
    values = change.after or change.before
    if values is None:
        return
    path = str(values.get("Field"))
    sobject = schema.find(str(values.get("SobjectType")))
    field = None if sobject is None else sobject.field(path.partition(".")[2])
    words = ("Read Only", "Read/Write") if _owner(tx, values)[1] else ("Read", "Edit")
    old, new = (_level(each, words) for each in (change.before, change.after))
    said = path if field is None else field.label
    yield from _granted(tx, "field", values, old, new, object=_called(schema, values), field=said)


def _granted(
    tx: Transaction, what: str, values: Mapping[str, object], old: str, new: str, **words: object
) -> Iterator[Line]:
    if old == new:
        return
    name, profile = _owner(tx, values)
    if profile:
        kind = kind_of_profile(name)
        yield line(f"profile_{what}", name=name, kind=kind, old=old, new=new, **words)
    else:
        yield line(f"set_{what}", name=name, old=old, new=new, **words)


def _owner(tx: Transaction, values: Mapping[str, object]) -> tuple[str, bool]:
    """What the set that grants is called, and whether it is a profile's."""
    parent = str(values.get("ParentId"))
    row = tx.row('SELECT "Label", "ProfileId" FROM "PermissionSet" WHERE "Id" = ?', (parent,))
    if row is not None and row[1] is not None:
        return label(tx, "Profile", "Name", row[1]), True
    if row is None:
        return label(tx, "MutingPermissionSet", "MasterLabel", parent), False
    return str(row[0]), False


def _called(schema: Schema, values: Mapping[str, object]) -> str:
    name = str(values.get("SobjectType"))
    sobject = schema.find(name)
    return name if sobject is None else sobject.label


def _rights(values: Mapping[str, object] | None) -> str:
    given: Sequence[str] = [
        WORDS[right] for column, right in OBJECT_COLUMNS if values is not None and values.get(column)
    ]
    return ", ".join(given) or _NO_ACCESS


def _level(values: Mapping[str, object] | None, words: tuple[str, str]) -> str:
    if values is None or not (values.get("PermissionsRead") or values.get("PermissionsEdit")):
        return _NO_ACCESS
    return words[bool(values.get("PermissionsEdit"))]
