"""Grants of details: who may read an object that is a detail may read its masters, by the same set.

Source: recorded on deployments and by the API: Permission Read VS_Session__c depends on permission(s): Read
VS_Facility__c.
"""

from collections.abc import Iterator
from typing import Final

from isthmus.kernel.errors import row_error
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.statements import in_parts
from isthmus.org.save.step import step
from isthmus.org.security.rights.details import masters_of
from isthmus.org.security.rights.grants import is_muting

_READ: Final = "PermissionsRead"
_SQL: Final = (
    'SELECT "ParentId", "SobjectType", "Id" FROM "ObjectPermissions" '
    'WHERE "ParentId" IN ({}) AND "PermissionsRead" = 1 AND "IsDeleted" = 0'
)


def _is_of_objects(plan: Plan) -> bool:
    return not plan.system and plan.sobject.name == "ObjectPermissions"


@step(Operation.INSERT, Operation.UPDATE, Operation.DELETE, needed=_is_of_objects)
def check_masters_are_readable(save: Save) -> None:
    """A record that gives a detail without its masters is refused, and one that takes a master from it."""
    rows = [row for row in save.live() if not is_muting(save.plan.schema, _parent(row))]
    own = {row.id for row in rows}
    parents = sorted({_parent(row) for row in rows})
    stored = in_parts(save.unit.tx, _SQL, parents)
    readable = {(str(parent), str(name)) for parent, name, record_id in stored if record_id not in own}
    kept = [] if save.plan.operation is Operation.DELETE else rows
    readable |= {(_parent(row), _name(row)) for row in kept if row.values.get(_READ)}
    for row in rows:
        for detail, master in _broken(save, row, readable):
            row.errors.append(
                row_error("permission_dependency", permission=f"Read {detail}", needed=f"Read {master}")
            )
            break


def _broken(save: Save, row: Row, readable: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The details that the row's set may read, with a master that it may not: of the row's own objects."""
    parent, name = _parent(row), _name(row)
    for each, detail in sorted(readable):
        sobject = save.plan.schema.find(detail) if each == parent else None
        for master in () if sobject is None else masters_of(sobject):
            if name in (detail, master) and (parent, master) not in readable:
                yield detail, master


def _parent(row: Row) -> str:
    return str((row.old or row.values).get("ParentId"))


def _name(row: Row) -> str:
    return str((row.old or row.values).get("SobjectType"))
