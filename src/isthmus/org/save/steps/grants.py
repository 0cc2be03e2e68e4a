"""Grants: what is asked of the records that say who may do what.

No user has a set twice, no set says twice what it grants of an object or a field, no right stands without
those that it depends on.

Source: Object Reference, PermissionSetAssignment, ObjectPermissions, FieldPermissions.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from isthmus.kernel.errors import RowError, row_error
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.statements import in_parts
from isthmus.org.save.step import step
from isthmus.org.schema.tables import quoted
from isthmus.org.security.rights.directory import count_change
from isthmus.org.security.rights.grants import (
    FIELD_COLUMNS,
    OBJECT_COLUMNS,
    SYSTEM_RESTS_ON,
    WORDS,
    Right,
    is_muting,
    needed_for,
)

Key: TypeAlias = tuple[object, ...]

_ASSIGNMENT: Final = "PermissionSetAssignment"
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    _ASSIGNMENT: ("AssigneeId", "PermissionSetId", "PermissionSetGroupId"),
    "ObjectPermissions": ("ParentId", "SobjectType"),
    "FieldPermissions": ("ParentId", "Field"),
}
"""What only one record may have together; the first of each is asked for."""

_COLUMNS: Final[Mapping[str, Sequence[tuple[str, Right]]]] = {
    "ObjectPermissions": OBJECT_COLUMNS,
    "FieldPermissions": FIELD_COLUMNS,
}
_WITH_SYSTEM_PERMISSIONS: Final = frozenset({"PermissionSet", "Profile"})
_FLAG: Final = "Permissions"


def _is_granting(plan: Plan) -> bool:
    return not plan.system and plan.sobject.name in _KEYS


def _says_rights(plan: Plan) -> bool:
    return not plan.system and plan.sobject.name in _COLUMNS


@step(Operation.INSERT, needed=_says_rights)
def check_granted_names(save: Save) -> None:
    """What is granted is there, and is called as describes call it."""
    for row in save.live():
        said = str(row.values.get("SobjectType"))
        sobject = save.plan.schema.find(said)
        if sobject is None:
            row.errors.append(_bad_value(save, "SobjectType", said))
            continue
        row.values["SobjectType"] = sobject.name
        if save.plan.has("Field"):
            path = str(row.values.get("Field"))
            owner, _, name = path.partition(".")
            field = sobject.field(name)
            if field is None or owner.lower() != sobject.name.lower():
                row.errors.append(_bad_value(save, "Field", path))
            else:
                row.values["Field"] = f"{sobject.name}.{field.name}"


def _bad_value(save: Save, name: str, value: str) -> RowError:
    label = save.plan.columns_by_name[name.lower()].field.label
    return row_error("bad_picklist_value", name, label=label, value=value)


@step(Operation.INSERT, needed=_is_granting)
def check_grants_are_new(save: Save) -> None:
    """Of equal grants in the batch, the first has its way."""
    rows, key = save.live(), _KEYS[save.plan.sobject.name]
    if not rows:
        return
    count_change(save.unit.tx)  # first of all: who else grants waits, so that what they write is seen
    first = {row.values.get(key[0]) for row in rows}
    sql = f"SELECT {', '.join(map(quoted, key))} FROM {quoted(save.plan.sobject.name)} "
    stored = in_parts(
        save.unit.tx, f'{sql}WHERE {quoted(key[0])} IN ({{}}) AND "IsDeleted" = 0', sorted(map(str, first))
    )
    taken: set[Key] = {tuple(each) for each in stored}
    for row in rows:
        own = tuple(row.values.get(name) for name in key)
        if own in taken:
            row.errors.append(_duplicate(save, row))
        taken.add(own)


def _duplicate(save: Save, row: Row) -> RowError:
    if save.plan.sobject.name != _ASSIGNMENT:
        return row_error("duplicate_value", field="<unknown>", id="<unknown>")
    held = row.values.get("PermissionSetId") or row.values.get("PermissionSetGroupId")
    return row_error(
        "permission_set_assigned_twice", user=str(row.values["AssigneeId"])[:15], held=str(held)[:15]
    )


def _is_of_assignments(plan: Plan) -> bool:
    return not plan.system and plan.sobject.name == _ASSIGNMENT


@step(Operation.INSERT, needed=_is_of_assignments)
def check_assigned_sets(save: Save) -> None:
    """What a profile grants comes with the profile, and in no other way."""
    wanted = {str(row.values["PermissionSetId"]) for row in save.live() if row.values.get("PermissionSetId")}
    sql = 'SELECT "Id" FROM "PermissionSet" WHERE "Id" IN ({}) AND "ProfileId" IS NOT NULL'
    owned = {each[0] for each in in_parts(save.unit.tx, sql, sorted(wanted))}
    for row in save.live():
        if row.values.get("PermissionSetId") in owned:
            row.errors.append(row_error("profiles_set_assigned", "PermissionSetId"))


@step(Operation.INSERT, Operation.UPDATE, needed=_says_rights)
def check_dependent_rights(save: Save) -> None:
    """Each right that a record gives stands with those that it depends on; one that it mutes stands alone.
    One that gives nothing is no record: it is refused when it is new.
    """
    kind = save.plan.sobject.name
    for row in save.live():
        given = _given(kind, row)
        if given is Right.NONE and row.old is None:
            row.errors.append(row_error("nothing_granted", object=kind))
        if not is_muting(save.plan.schema, (row.old or row.values).get("ParentId")):
            row.errors += _missing(given, str(row.values.get("Field") or row.values.get("SobjectType")))


def _given(kind: str, row: Row) -> Right:
    given = Right.NONE
    for column, right in _COLUMNS[kind]:
        if row.values.get(column):
            given |= right
    return given


def _missing(given: Right, of: str) -> list[RowError]:
    """The first right of those given that lacks something."""
    for right in WORDS:
        lacking = needed_for(right) & ~given
        if right in given and lacking:
            names = sorted(f"{word} {of}" for each, word in WORDS.items() if each in lacking)
            name = f"{WORDS[right]} {of}"
            return [row_error("permission_dependency", permission=name, needed=", ".join(names))]
    return []


@step(Operation.UPDATE, needed=_says_rights, lasting=True)
def drop_empty_grants(save: Save) -> None:
    """A record that gives nothing any more goes."""
    kind = save.plan.sobject.name
    empty = [Row({"Id": row.id}, row.id) for row in save.live() if _given(kind, row) is Right.NONE]
    if not empty:
        return
    with save.unit.as_platform():
        save.unit.save(save.plan.sobject, Operation.DELETE, empty)


def _says_permissions(plan: Plan) -> bool:
    return not plan.system and plan.sobject.name in _WITH_SYSTEM_PERMISSIONS


@step(Operation.INSERT, Operation.UPDATE, needed=_says_permissions)
def check_dependent_permissions(save: Save) -> None:
    """A system permission stands with those that it depends on."""
    for row in save.live():
        for name, needed in SYSTEM_RESTS_ON.items():
            lacking = sorted(each for each in needed if not row.values.get(_FLAG + each))
            if row.values.get(_FLAG + name) and lacking:
                row.errors.append(
                    row_error("permission_dependency", permission=name, needed=", ".join(lacking))
                )
