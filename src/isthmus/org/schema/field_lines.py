"""Field lines: the one-line-a-field notation in which the standard objects are written down.

    Name        type(arguments)      "Label" words…
        values, or targets | separated | so

    Id          id                   "Account ID"
    Name        string(255)          "Account Name" required name
    Industry    picklist(40)         set=Industry
    WhatId      reference            cascade children=Tasks
        Account | Case | Opportunity
    Amount      currency(18,2)       when=some-feature

The label is left out where it follows from the name (`BillingCity`, Billing City). Arguments are the length
of a text, precision and scale of a number, digits of an integer, targets of a reference. A field may be empty
and written unless words say otherwise:

    required  defaulted  read-only  create-only  update-only  fixed (read-only, required and defaulted)
    name  id-lookup  unique  external-id  auto-number  calculated  restricted  html
    permissionable  not-permissionable  cascade  restrict  cascade-unless-active
    in=COMPOUND  as=RELATIONSHIP  children=CHILD RELATIONSHIP  set=VALUE SET  default=VALUE
    format=DISPLAY FORMAT  info=EXTRA TYPE INFO  when=FEATURE
    -filterable  +sortable  … (where that differs from what the type gives)

A boolean is always required and defaulted, an id fixed. A value is `value`, `value => label` or, where it is
the default, `*value`.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from isthmus.org.schema.model import (
    COMPOUNDS,
    DECIMALS,
    INTEGERS,
    DeleteConstraint,
    Field,
    FieldType,
    PicklistValue,
)
from isthmus.org.schema.permission_labels import permission_label, without_prefix

ValueSets = Mapping[str, tuple[PicklistValue, ...]]

_LINE: Final = re.compile(r'(\w+)\s+(\w+)(?:\(([^)]*)\))?\s*(?:"([^"]*)")?\s*(.*)')
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TYPES: Final = {each.value: each for each in FieldType}
_NEVER_PERMISSIONABLE: Final = frozenset({"OwnerId", "RecordTypeId", "Name"})
_FIXED: Final[dict[str, object]] = {
    "createable": False,
    "updateable": False,
    "nillable": False,
    "defaulted_on_create": True,
}
_MEANINGS: Final[Mapping[str, dict[str, object]]] = {
    "required": {"nillable": False},
    "defaulted": {"defaulted_on_create": True},
    "read-only": {"createable": False, "updateable": False},
    "create-only": {"updateable": False},
    "update-only": {"createable": False},
    "fixed": _FIXED,
    "name": {"name_field": True},
    "id-lookup": {"id_lookup": True},
    "unique": {"unique": True},
    "external-id": {"external_id": True},
    "auto-number": {"auto_number": True},
    "calculated": {"calculated": True},
    "restricted": {"restricted_picklist": True},
    "html": {"html": True},
    "permissionable": {"permissionable": True},
    "not-permissionable": {"permissionable": False},
    "cascade": {"delete_constraint": DeleteConstraint.CASCADE},
    "restrict": {"delete_constraint": DeleteConstraint.RESTRICT},
    "cascade-unless-active": {"delete_constraint": DeleteConstraint.CASCADE_UNLESS_ACTIVE},
}
_ATTRIBUTES: Final[Mapping[str, str]] = {
    "in": "compound",
    "as": "relationship_name",
    "children": "child_relationship_name",
    "default": "default_value",
    "format": "display_format",
    "info": "extra_type_info",
}


class BadLine(ValueError):
    """A line that is not in the notation."""


def parse_fields(text: str, value_sets: ValueSets, features: Collection[str]) -> tuple[Field, ...]:
    """The fields of the lines, without those of features that are off. Raises BadLine."""
    return tuple(
        field
        for line, more in _entries(text)
        if (field := _parse(line, more, value_sets, features)) is not None
    )


def parse_value_line(text: str) -> PicklistValue:
    """`value`, `value => label`, with a star before the default."""
    default = text.startswith("*")
    value, _, label = text.removeprefix("*").partition(" => ")
    return PicklistValue(value, label or value, default=default)


def label_of(name: str) -> str:
    """The label that follows from an API name.

    >>> label_of("BillingCity"), label_of("ParentId"), label_of("IsActive")
    ('Billing City', 'Parent ID', 'Active')
    """
    words = _WORDS.sub(" ", name)
    if words.endswith(" Id"):
        words = words[:-2] + "ID"
    return words.removeprefix("Is ")


def _entries(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each field's line with the values of the indented lines after it."""
    line = ""
    more: list[str] = []
    for each in text.splitlines():
        if each.startswith(" "):
            more += [part.strip() for part in each.strip().removesuffix("|").split(" | ")]
        elif each:
            if line:
                yield line, more
            line, more = each, []
    if line:
        yield line, more


def _parse(line: str, more: list[str], value_sets: ValueSets, features: Collection[str]) -> Field | None:
    match = _LINE.fullmatch(line)
    if match is None or match[2] not in _TYPES:
        raise BadLine(line)
    name, type_name, arguments, label, words = match.groups()
    kind = _TYPES[type_name]
    told = _defaults(name, kind, arguments, more)
    for word in words.split():
        key, equals, value = word.partition("=")
        if not equals:
            told.update(_meaning(word, told, line))
        elif key == "when":
            if value not in features:
                return None
        elif key == "set":
            told.update(value_set=value, picklist=value_sets[value])
        elif key in _ATTRIBUTES:
            told[_ATTRIBUTES[key]] = None if value == "-" else value
        else:
            raise BadLine(line)
    told.setdefault("permissionable", _permissionable(name, kind, told))
    return Field(name, label or permission_label(name) or label_of(without_prefix(name)), kind, **told)  # type: ignore[arg-type]  # by the tables above


def _meaning(word: str, told: Mapping[str, object], line: str) -> dict[str, object]:
    if word[0] in "+-" and word[1:] in ("filterable", "sortable", "groupable", "aggregatable"):
        exceptions = told.get("exceptions", frozenset())
        assert isinstance(exceptions, frozenset)
        return {"exceptions": exceptions | {(word[1:], word[0] == "+")}}
    if word not in _MEANINGS:
        raise BadLine(line)
    return _MEANINGS[word]


def _defaults(name: str, kind: FieldType, arguments: str | None, more: list[str]) -> dict[str, object]:
    """What the type alone says."""
    if kind is FieldType.ID:
        return _FIXED | {"length": 18, "id_lookup": True}
    if kind is FieldType.REFERENCE:
        targets = tuple(more or (arguments or "").split(","))
        relationship = name.removesuffix("Id")
        return {"length": 18, "reference_to": targets, "relationship_name": relationship}
    if kind is FieldType.BOOLEAN:
        return {"nillable": False, "defaulted_on_create": True}
    if kind in DECIMALS:
        precision, scale = (arguments or "").split(",")
        return {"precision": int(precision), "scale": int(scale)}
    if kind in INTEGERS:
        return {"digits": int(arguments or 0)}
    if kind in COMPOUNDS:
        return {"createable": False, "updateable": False}
    told: dict[str, object] = {"length": int(arguments)} if arguments else {}
    if more:
        told["picklist"] = tuple(map(parse_value_line, more))
    return told


def _permissionable(name: str, kind: FieldType, told: Mapping[str, object]) -> bool:
    """Field permissions exist for what may be empty and written, except for parts of a person's name."""
    if kind in COMPOUNDS:
        return True
    if kind is FieldType.ID or name in _NEVER_PERMISSIONABLE or told.get("compound") == "Name":
        return False
    return bool(told.get("nillable", True) and (told.get("createable", True) or told.get("updateable", True)))
