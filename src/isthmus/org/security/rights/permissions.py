"""Permissions: the rights of everybody with the same permission sets, as one value."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.security.rights.governed import (
    EVERYONE,
    BySystemPermission,
    Follows,
    governor_of,
    granted_name,
    has_field_permission,
)
from isthmus.org.security.rights.grants import Grants, Right

_EVERY: Final = ~Right.NONE
_RECORDS: Final = Right.READ | Right.CREATE | Right.EDIT | Right.DELETE
_WRITES: Final = Right.CREATE | Right.EDIT | Right.DELETE
_FOLLOWS_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class ObjectRights:
    """Rights to one object, and to its fields, by their names."""

    rights: Right
    readable: frozenset[str]
    editable: frozenset[str]


@dataclass(frozen=True, slots=True)
class Permissions:
    """What grants come to in one version of a schema: an `Access`. What they don't name is not there."""

    shape: str
    system: frozenset[str]
    objects: Mapping[str, ObjectRights]

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        found = self.objects.get(sobject)
        return found is not None and Right.READ in found.rights and (field is None or field in found.readable)

    def may_create(self, sobject: str, field: str | None = None) -> bool:
        return self._may_write(Right.CREATE, sobject, field)

    def may_edit(self, sobject: str, field: str | None = None) -> bool:
        return self._may_write(Right.EDIT, sobject, field)

    def may_delete(self, sobject: str) -> bool:
        return self._may_write(Right.DELETE, sobject, None)

    def may_view_all(self, sobject: str) -> bool:
        found = self.objects.get(sobject)
        return found is not None and Right.VIEW_ALL in found.rights

    def may_modify_all(self, sobject: str) -> bool:
        found = self.objects.get(sobject)
        return found is not None and Right.MODIFY_ALL in found.rights

    def has(self, permission: str) -> bool:
        return permission in self.system

    def _may_write(self, right: Right, sobject: str, field: str | None) -> bool:
        found = self.objects.get(sobject)
        return found is not None and right in found.rights and (field is None or field in found.editable)


def permissions_of(grants: Grants, schema: Schema) -> Permissions:
    """What grants come to over the objects of `schema`."""
    objects = {each.name: _object_rights(grants, schema, each) for each in schema}
    return Permissions(_shape(grants.system, objects), grants.system, objects)


def _object_rights(grants: Grants, schema: Schema, sobject: SObjectType) -> ObjectRights:
    rights = _rights(grants, schema, sobject)
    readable, editable = set[str](), set[str]()
    for field in sobject.fields:
        given = _EVERY
        if has_field_permission(sobject, field):
            name = f"{sobject.name}.{granted_name(sobject, field)}"
            given = grants.fields.get(name, Right.NONE)
        if Right.READ in given or Right.EDIT in given:
            readable.add(field.name)
        if Right.EDIT in given:
            editable.add(field.name)
    return ObjectRights(rights, frozenset(readable), frozenset(editable))


def _rights(grants: Grants, schema: Schema, sobject: SObjectType, followed: int = 0) -> Right:
    governor = governor_of(sobject)
    if isinstance(governor, Follows):
        parent = schema.find(governor.sobject)
        if parent is None or followed == _FOLLOWS_MAX:
            return Right.NONE
        return _following(_rights(grants, schema, parent, followed + 1))
    if isinstance(governor, BySystemPermission):
        return _by_system(governor, grants.system)
    return _implied(grants.objects.get(sobject.name, Right.NONE), grants.system)


def _following(of_parent: Right) -> Right:
    """Rights to what hangs on a record: to read it with the record, to write it with the edit of that."""
    rights = of_parent & (Right.READ | Right.VIEW_ALL | Right.MODIFY_ALL)
    return rights | _WRITES if Right.EDIT in of_parent else rights


def _by_system(governor: BySystemPermission, system: frozenset[str]) -> Right:
    rights = Right.NONE
    if _given(governor.read, system):
        rights |= Right.READ
    if _given(governor.write, system):
        rights |= _WRITES
    if governor.all:
        return rights if system.isdisjoint(governor.all) else rights | Right.VIEW_ALL
    if "ViewAllData" in system:
        rights |= Right.VIEW_ALL
    if "ModifyAllData" in system:
        rights |= Right.VIEW_ALL | Right.MODIFY_ALL
    return rights


def _given(permission: str | None, system: frozenset[str]) -> bool:
    return permission is not None and (permission == EVERYONE or permission in system)


def _implied(given: Right, system: frozenset[str]) -> Right:
    """Rights to an object with those that they bring along. Source: Salesforce Help, "Object Permissions"."""
    if "ModifyAllData" in system:
        return given | _RECORDS | Right.VIEW_ALL | Right.MODIFY_ALL
    if Right.MODIFY_ALL in given:  # it does not bring Create along
        return given | Right.READ | Right.EDIT | Right.DELETE | Right.VIEW_ALL
    if "ViewAllData" in system or Right.VIEW_ALL in given:
        return given | Right.READ | Right.VIEW_ALL
    return given | Right.READ if given else given


def _shape(system: frozenset[str], objects: Mapping[str, ObjectRights]) -> str:
    digest = hashlib.sha256()
    for part in _parts(system, objects):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _parts(system: frozenset[str], objects: Mapping[str, ObjectRights]) -> Iterator[str]:
    yield from sorted(system)
    for name, each in sorted(objects.items()):
        yield f"{name} {each.rights.value}"
        yield from sorted(each.readable)
        yield "editable"
        yield from sorted(each.editable)
