"""Overlays: how another org's objects differ from the standard ones, in a form to read, edit and start with.

A folder with a TOML file for each object (`Account.toml`), or one file with all of them. A table holds what
is different, and nothing else:

    [Account]
    absent = ["Sic"]                                  # standard fields that this org lacks

    [Account.fields.Industry]
    picklist = ["Energy", { value = "Other", label = "Something else", default = true }]

    [Account.fields.Tier__c]
    type = "picklist"                                 # a field of its own says its type
    label = "Tier"

An object that is not known here says `label`, `label_plural` and what it can do: `can = ["createable", …]`.
An empty text stands for nothing.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec

from isthmus.org.schema.described import CAPABILITIES, QUERY_FLAGS
from isthmus.org.schema.model import (
    DeleteConstraint,
    Field,
    FieldType,
    ObjectKind,
    PicklistValue,
    Schema,
    SObjectType,
)

_HEAD: Final = "# Written by `isthmus schema pull`: how the objects of "
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_KEPT: Final = frozenset({"Id", "IsDeleted", "SystemModstamp", "CreatedDate", "LastModifiedDate"})
"""Fields that every object has, whatever an overlay says is absent."""
_NOT_DESCRIBED: Final = frozenset(
    {
        "name",
        "display_format",
        "starting_number",
        "value_set",
        "reparentable",
        "external_name",
        "master_detail",
    }
)
"""Attributes of a field that no describe tells: an overlay leaves them as they are."""
_SAID_BY_PARENTS: Final = frozenset({"child_relationship_name", "delete_constraint"})
_ATTRIBUTES: Final = tuple(each.name for each in dataclass_fields(Field) if each.name not in _NOT_DESCRIBED)
_OBJECT_KEYS: Final = frozenset({"label", "label_plural", "key_prefix", "can", "absent", "fields", "kind"})


class OverlayBroken(Exception):
    """An overlay can't be used. The message names every file and what is wrong in it."""


def overlay_of(ours: Schema, theirs: Iterable[SObjectType], *, custom: bool = False) -> dict[str, Any]:
    """What makes our objects like theirs: the tables of an overlay by object name; empty where nothing does.

    `custom`: custom objects and fields too, which an SFDX project says better.
    """
    compared = [each for each in theirs if custom or not each.custom]
    described = frozenset(each.name for each in compared)
    tables = {each.name: _table(ours.find(each.name), each, custom, described) for each in compared}
    return {name: table for name, table in sorted(tables.items()) if table}


def write_overlay(path: Path, tables: Mapping[str, Any], source: str) -> list[Path]:
    """Write the tables of `overlay_of`: one file where `path` ends in `.toml`, else a folder of them.

    `source` says, in the first line, whose objects these are. What was written there before, of objects that
    are not among the tables, is removed from the folder. Returns what was written. Raises OSError.
    """
    head = f"{_HEAD}{' '.join(source.split())} differ from the standard ones.\n"
    if path.suffix == ".toml":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + "".join(_toml(name, table) for name, table in tables.items()), "utf-8")
        return [path]
    path.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in tables.items():
        written.append(path / f"{name}.toml")
        written[-1].write_text(head + _toml(name, table), "utf-8")
    for other in set(path.glob("*.toml")) - set(written):
        if other.read_text("utf-8", errors="replace").startswith(_HEAD):
            other.unlink()
    return written


def load_overlay(path: Path, standard: Schema | Iterable[SObjectType]) -> tuple[SObjectType, ...]:
    """The `standard` objects with the overlay at `path` (a file or a folder) laid over them.

    Raises OverlayBroken.
    """
    objects = {each.name.lower(): each for each in standard}
    problems: list[str] = []
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    for file in files:
        try:
            tables = tomllib.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            problems.append(f"{file}: {error}")
            continue
        for name, table in tables.items():
            try:
                objects[name.lower()] = _laid_over(name, objects.get(name.lower()), table)
            except ValueError as error:
                problems.append(f"{file}: [{name}] {error}")
    if problems:
        raise OverlayBroken("\n".join(problems))
    return tuple(objects.values())


def _table(
    our: SObjectType | None, their: SObjectType, custom: bool, described: frozenset[str]
) -> dict[str, Any]:
    mine = {each.name: each for each in our.fields} if our is not None else {}
    table: dict[str, Any] = {}
    if our is None:
        table = {"label": their.label, "label_plural": their.label_plural, "kind": their.kind.value}
        if their.key_prefix is not None:
            table["key_prefix"] = their.key_prefix
    can = [name for name in CAPABILITIES if getattr(their, name)]
    if our is None or can != [name for name in CAPABILITIES if getattr(our, name)]:
        table["can"] = can
    absent = [
        name
        for name, field in mine.items()
        if their.field(name) is None and name not in _KEPT and not field.custom and not field.name_field
    ]
    if absent:
        table["absent"] = absent
    fields = {
        each.name: changed
        for each in their.fields
        if (custom or not each.custom) and (changed := _changed(mine.get(each.name), each, described))
    }
    if fields:
        table["fields"] = fields
    return table


def _changed(ours: Field | None, theirs: Field, described: frozenset[str]) -> dict[str, Any]:
    """The attributes of `theirs` that are not those of `ours`, or of any field.

    How parents see a lookup is known only where all of them are `described`.
    """
    like = ours or Field(theirs.name, "", FieldType.STRING)
    unknown: frozenset[str] = frozenset() if described.issuperset(theirs.reference_to) else _SAID_BY_PARENTS
    changed = {
        name: _plain(getattr(theirs, name))
        for name in _ATTRIBUTES
        if name not in unknown and _plain(getattr(theirs, name)) != _plain(getattr(like, name))
    }
    if _queried_alike(replace(like, type=theirs.type, length=theirs.length, html=theirs.html), theirs):
        changed.pop("exceptions", None)
    return changed if ours is not None else {"type": theirs.type.value, **changed}


def _queried_alike(ours: Field, theirs: Field) -> bool:
    """Whether a query may do the same with both, however their exceptions say so."""
    return all(getattr(ours, flag) == getattr(theirs, flag) for flag in QUERY_FLAGS)


def _plain(value: object) -> Any:
    """An attribute's value as TOML has it, which knows no null."""
    match value:
        case None:
            return ""
        case FieldType() | DeleteConstraint():
            return value.value
        case frozenset():
            return dict(sorted(value))
        case tuple():
            return [_plain_value(each) if isinstance(each, PicklistValue) else each for each in value]
        case _:
            return value


def _plain_value(value: PicklistValue) -> Any:
    told: dict[str, Any] = {"value": value.value}
    if value.label != value.value:
        told["label"] = value.label
    if not value.active:
        told["active"] = False
    if value.default:
        told["default"] = True
    if value.valid_for:
        told["valid_for"] = list(value.valid_for)
    return value.value if len(told) == 1 else told


def _laid_over(name: str, our: SObjectType | None, table: object) -> SObjectType:
    """Raises ValueError: what is wrong with the table."""
    if not isinstance(table, dict):
        raise ValueError("is no table")
    if unknown := set(table) - _OBJECT_KEYS:
        raise ValueError(f"has no key {', '.join(sorted(unknown))}")
    told = msgspec.convert(table, _ObjectTable)
    if our is None:
        if not told.label or told.can is None:
            raise ValueError("is not known here: it needs a label, and what it can do (can = [...])")
        kind = ObjectKind(told.kind)
        our = SObjectType(name, told.label, told.label_plural or told.label, told.key_prefix, (), kind=kind)
    if told.can is not None:
        if unknown := set(told.can) - set(CAPABILITIES):
            raise ValueError(f"can = {', '.join(sorted(unknown))}? It is one of {', '.join(CAPABILITIES)}")
        abilities: dict[str, Any] = {each: each in told.can for each in CAPABILITIES}
        our = replace(our, **abilities)
    gone = {each.lower() for each in told.absent} - {each.lower() for each in _KEPT}
    fields = {each.name.lower(): each for each in our.fields if each.name.lower() not in gone}
    for field, attributes in told.fields.items():
        fields[field.lower()] = _field(field, fields.get(field.lower()), attributes)
    return replace(our, fields=tuple(fields.values()))


class _ObjectTable(msgspec.Struct, forbid_unknown_fields=True):
    label: str | None = None
    label_plural: str | None = None
    kind: str = "standard"
    key_prefix: str | None = None
    can: list[str] | None = None
    absent: list[str] = []
    fields: dict[str, dict[str, Any]] = {}


class _ValueTable(msgspec.Struct, forbid_unknown_fields=True):
    value: str
    label: str | None = None
    active: bool = True
    default: bool = False
    valid_for: tuple[str, ...] = ()


_DECODED: Final[Mapping[str, Any]] = {
    "type": FieldType,
    "delete_constraint": DeleteConstraint,
    "reference_to": tuple[str, ...],
    "picklist": tuple[str | _ValueTable, ...],
    "exceptions": dict[str, bool],
    **dict.fromkeys(("length", "precision", "scale", "digits"), int),
    **dict.fromkeys(("label",), str),
}


def _field(name: str, ours: Field | None, attributes: Mapping[str, Any]) -> Field:
    if unknown := set(attributes) - set(_ATTRIBUTES):
        raise ValueError(f"fields.{name} has no key {', '.join(sorted(unknown))}")
    if ours is None and "type" not in attributes:
        raise ValueError(f"fields.{name} is not known here: it needs a type")
    like = ours or Field(name, name, FieldType.STRING, custom=name.endswith("__c"))
    values = {key: _decoded(f"fields.{name}.{key}", key, value, like) for key, value in attributes.items()}
    return replace(like, **values)


def _decoded(where: str, key: str, value: object, like: Field) -> Any:
    kind = _DECODED.get(key, bool if isinstance(getattr(like, key), bool) else str | int | None)
    try:
        decoded = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{where}: {error}") from None
    if key == "picklist":
        return tuple(map(_picklist_value, decoded))
    if key == "exceptions":
        return frozenset(decoded.items())
    return None if decoded == "" else decoded


def _picklist_value(told: str | _ValueTable) -> PicklistValue:
    if isinstance(told, str):
        return PicklistValue(told, told)
    return PicklistValue(told.value, told.label or told.value, told.active, told.default, told.valid_for)


def _toml(name: str, table: Mapping[str, Any]) -> str:
    out = [f"\n[{_key(name)}]"]
    out += [f"{key} = {_literal(value)}" for key, value in table.items() if key != "fields"]
    for field, attributes in table.get("fields", {}).items():
        out += ["", f"[{_key(name)}.fields.{_key(field)}]"]
        out += [f"{key} = {_literal(value)}" for key, value in attributes.items()]
    return "\n".join(out) + "\n"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _literal(name)


def _literal(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case dict():
            return "{ " + ", ".join(f"{_key(key)} = {_literal(each)}" for key, each in value.items()) + " }"
        case list() if len(value) > 4:
            return "[\n" + "".join(f"    {_literal(each)},\n" for each in value) + "]"
        case list():
            return "[" + ", ".join(map(_literal, value)) + "]"
        case _:
            # A JSON string is a TOML string, but for one character.
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
