"""Developer names: set-up records have one that no other has; where none is given it follows from the name.
Profiles have names of which this holds.

Source: Object Reference, Group and UserRole, DeveloperName; SOAP API Developer Guide, StatusCode
DUPLICATE_DEVELOPER_NAME.
"""

import re
from collections.abc import Mapping
from itertools import count
from typing import Final

from isthmus.kernel.errors import RowError, row_error
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.step import step
from isthmus.org.schema.tables import quoted

_FIELDS: Final[Mapping[str, str]] = {
    "Group": "DeveloperName",
    "PermissionSet": "Name",
    "PermissionSetGroup": "DeveloperName",
    "Profile": "Name",
    "UserRole": "DeveloperName",
}
_FOLLOWING: Final = frozenset({"Group", "UserRole"})
"""Whose developer name may be left to the platform."""

_WELL_FORMED: Final = re.compile(r"[A-Za-z](_?[0-9A-Za-z])*")
_LENGTH_MAX: Final = 80
_OTHER: Final = re.compile(r"[^0-9A-Za-z]+")


def developer_name(name: str) -> str:
    """What the platform makes of a name.

    >>> developer_name("2nd Level: Support"), developer_name("Ärzte")
    ('X2nd_Level_Support', 'rzte')
    """
    text = _OTHER.sub("_", name).strip("_")
    return f"X{text}" if not text[:1].isalpha() else text


def _has_developer_names(plan: Plan) -> bool:
    field = _FIELDS.get(plan.sobject.name)
    return not plan.system and field is not None and plan.has(field)


@step(Operation.INSERT, Operation.UPDATE, needed=_has_developer_names)
def give_developer_names(save: Save) -> None:
    """A name that was given must be well-formed and free; one that follows is made so by a number."""
    field = _FIELDS[save.plan.sobject.name]
    rows = [row for row in save.live() if row.changed(field) or row.values.get(field) is None]
    if not rows:
        return
    taken = _taken(save, field, {row.id for row in rows})
    for row in rows:
        given = row.values.get(field)
        if given is None and save.plan.sobject.name in _FOLLOWING and row.values.get("Name"):
            row.values[field] = _free(save, taken, row)
        elif given is not None and _is_malformed(save, str(given)):
            row.errors.append(row_error("developer_name_malformed", field, label=save.plan.sobject.label))
        elif given is not None and _key(row, str(given)) in taken:
            row.errors.append(_taken_by_another(save, field, str(given)))
        if row.values.get(field) is not None:
            taken.add(_key(row, str(row.values[field])))


def _is_malformed(save: Save, name: str) -> bool:
    """Profiles are called as one likes."""
    return save.plan.sobject.name != "Profile" and _WELL_FORMED.fullmatch(name) is None


def _taken_by_another(save: Save, field: str, value: str) -> RowError:
    """A profile has no developer name: it is called by its name."""
    if save.plan.sobject.name == "Profile":
        return row_error("profile_name_taken", field)
    return row_error("duplicate_developer_name", field, value=value, label=save.plan.sobject.label)


def _free(save: Save, taken: set[tuple[str, str]], row: Row) -> str:
    stem = developer_name(str(row.values["Name"]))
    for number in count():
        suffix = str(number or "")
        name = stem[: _LENGTH_MAX - len(suffix)] + suffix
        if _key(row, name) not in taken:
            return name
    raise AssertionError("numbers don't end")


def _key(row: Row, name: str) -> tuple[str, str]:
    """Groups are told apart within their type: a role's are called as it is."""
    return str(row.values.get("Type") or ""), name.lower()


def _taken(save: Save, field: str, own: set[str | None]) -> set[tuple[str, str]]:
    """The names of all other records: there are few of these objects."""
    kind = '"Type"' if save.plan.has("Type") else "NULL"
    sql = f'SELECT "Id", {kind}, {quoted(field)} FROM {quoted(save.plan.sobject.name)} WHERE "IsDeleted" = 0'
    return {
        (str(of or ""), str(name).lower())
        for record_id, of, name in save.unit.tx.rows(sql)
        if name is not None and record_id not in own
    }
