"""Governed: what decides over an object: its own permissions, those to another one, or a system permission.

The table for the standard objects is `governed.toml`; for the others it is their kind that tells.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias

from isthmus.org.schema.model import Field, ObjectKind, SObjectType

EVERYONE: Final = "*"
_OWN_KINDS: Final = frozenset(
    {ObjectKind.CUSTOM, ObjectKind.PLATFORM_EVENT, ObjectKind.EXTERNAL, ObjectKind.BIG}
)
_SHARE: Final = "__Share"


@dataclass(frozen=True, slots=True)
class ByObjectPermissions:
    """Its rows of ObjectPermissions."""


@dataclass(frozen=True, slots=True)
class Follows:
    """The rights to another object: reading it, and editing it for every write."""

    sobject: str


@dataclass(frozen=True, slots=True)
class BySystemPermission:
    """A system permission each for reading and for writing; `EVERYONE`, or None where nobody may.

    `all`: those of which any shows every record, where that is not for View All Data to do.
    """

    read: str | None
    write: str | None
    all: tuple[str, ...] = ()


Governor: TypeAlias = ByObjectPermissions | Follows | BySystemPermission

_CUSTOMIZERS: Final = BySystemPermission("CustomizeApplication", "CustomizeApplication")
"""Source: Salesforce Help, "Restrict Access to Custom Metadata Types and Custom Settings", on in new orgs."""
_NOBODY: Final = BySystemPermission(None, None)


def governor_of(sobject: SObjectType) -> Governor:
    """What decides over the object. Nobody has rights to a standard object that the table does not name."""
    if sobject.kind in (ObjectKind.CUSTOM_SETTING, ObjectKind.CUSTOM_METADATA):
        return _CUSTOMIZERS
    if sobject.name.endswith(_SHARE):
        return Follows(sobject.name.removesuffix(_SHARE) + "__c")
    if sobject.kind in _OWN_KINDS:
        return ByObjectPermissions()
    return _standard().get(sobject.name, _NOBODY)


def has_field_permission(sobject: SObjectType, field: Field) -> bool:
    """Whether a field must be granted by itself: others are seen and written with their object."""
    if not field.permissionable or sobject.kind is ObjectKind.PLATFORM_EVENT:
        return False  # Source: Platform Events Developer Guide, "Considerations": no field-level security
    named = sobject.kind in _OWN_KINDS or sobject.name in _with_fields()
    return named or (field.custom and sobject.kind is ObjectKind.STANDARD)


def granted_name(sobject: SObjectType, field: Field) -> str:
    """The field that is granted for this one: the parts of an address are granted as a whole."""
    whole = sobject.field(field.compound) if field.compound else None
    return field.name if whole is None or not whole.permissionable else whole.name


def named_objects() -> frozenset[str]:
    """Every standard object that the table names."""
    return frozenset(_standard())


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("governed.toml").read_text("utf-8"))


@cache
def _standard() -> dict[str, Governor]:
    table = _table()
    found: dict[str, Governor] = {name: ByObjectPermissions() for name in table["own"]}
    found |= {name: Follows(sobject) for name, sobject in table["follows"].items()}
    found |= {
        name: BySystemPermission(entry.get("read"), entry.get("write"), tuple(entry.get("all", ())))
        for name, entry in table["permission"].items()
    }
    return found


@cache
def _with_fields() -> frozenset[str]:
    return frozenset((*_table()["own"], *_table()["with_fields"]))
