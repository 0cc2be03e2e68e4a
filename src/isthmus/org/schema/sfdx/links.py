"""Links: what fields say of other objects and fields, checked once all of them are known."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final

from isthmus.org.schema.model import Field, FieldType, ObjectKind, SObjectType
from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.field_rules import in_words
from isthmus.org.schema.sfdx.objects import Built

_PACKAGED: Final = re.compile(r"[A-Za-z]\w{0,14}?__\w+__(c|mdt|x|b|e)", re.ASCII)
_SUMMABLE: Final = frozenset({FieldType.DOUBLE, FieldType.CURRENCY, FieldType.PERCENT, FieldType.INT})
_COMPARABLE: Final = _SUMMABLE | {FieldType.DATE, FieldType.DATETIME}
_CHECKED: Final = frozenset({"true", "false", "checked", "unchecked"})


@dataclass(frozen=True, slots=True)
class Summary:
    """A roll-up summary: `operation` (count, sum, min, max) over the children's `summarized` field."""

    sobject: str
    field: str
    child: str
    master_detail: str
    operation: str
    summarized: str | None


class Links:
    """The objects of one project, by name, while their fields are tied to each other."""

    def __init__(self, standard: Iterable[SObjectType], built: Iterable[Built]) -> None:
        self._objects = {each.name.lower(): each for each in standard}
        self._built = list(built)
        self._objects.update({each.object.name.lower(): each.object for each in self._built})
        self.summaries: list[Summary] = []

    def tie(self) -> list[SObjectType]:
        """Check every link; the objects with it, those that the project does not touch included."""
        for step in (self._reference, self._controlling, self._summary, self._indirect):
            for each in self._built:
                fields = [(field, each.nodes.get(field.name)) for field in each.object.fields]
                tied = [field if node is None else step(each, field, node) for field, node in fields]
                kept = tuple(field for field in tied if field is not None)
                each.object = replace(each.object, fields=kept)
                self._objects[each.object.name.lower()] = each.object
        self._check_child_names()
        return list(self._objects.values())

    def _reference(self, built: Built, field: Field, node: Node) -> Field | None:
        """The field with its target's name as that is written; None where the target is not here."""
        if not field.reference_to or field.reference_to == ("User",):
            return field
        [name] = field.reference_to
        target = self._objects.get(name.lower())
        if target is None:
            self._say_absent(node, name)
            return None
        if (wrong := _unfit(field, node.text("type"), target)) is not None:
            node.error(wrong, "referenceTo")
        return replace(field, reference_to=(target.name,))

    def _say_absent(self, node: Node, name: str) -> None:
        if _PACKAGED.fullmatch(name):
            node.warn(f"{name} is an installed package's object: the field is left out", "referenceTo")
        elif name in platform_objects():
            node.warn(f"the standard object {name} is not known here: the field is left out", "referenceTo")
        else:
            names = [each.name for each in self._objects.values()]
            meant = difflib.get_close_matches(name, names, 1, 0.75)
            hint = f"; is {meant[0]} meant?" if meant else ""
            node.error(f"there is no object {name}{hint}", "referenceTo")

    def _controlling(self, built: Built, field: Field, node: Node) -> Field:
        """A dependent picklist's controlling field, with its name as that is written."""
        if field.controlling_field is None:
            return field
        place = node.node("valueSet") or node
        name = field.controlling_field
        controlling = built.object.field(name)
        if controlling is None:
            place.error(f"there is no field {built.object.name}.{name}", "controllingField")
            return field
        if controlling.type not in (FieldType.PICKLIST, FieldType.BOOLEAN):
            place.error(f"{name} is no picklist and no checkbox: it can't control one", "controllingField")
            return field
        known = {each.value for each in controlling.picklist} or _CHECKED
        for setting in place.nodes("valueSettings"):
            for item in setting.nodes("controllingFieldValue"):
                if item.value not in known:
                    item.error(f"the controlling field {controlling.name} has no value {item.value!r}")
        return replace(field, controlling_field=controlling.name)

    def _summary(self, built: Built, field: Field, node: Node) -> Field:
        """A roll-up summary, of the type of what it sums up."""
        if node.text("type") != "Summary":
            return field
        child, _, foreign_key = (node.text("summaryForeignKey") or "").partition(".")
        parent = self._field(node, child, foreign_key, "summaryForeignKey")
        if parent is None:
            return field
        if not parent.master_detail or built.object.name not in parent.reference_to:
            wrong = f"{child}.{foreign_key} is no master-detail field to {built.object.name}"
            node.error(wrong, "summaryForeignKey")
        operation = node.text("summaryOperation") or "count"
        summarized = node.text("summarizedField")
        name = self._objects[child.lower()].name
        made = Summary(built.object.name, field.name, name, parent.name, operation, summarized)
        self.summaries.append(made)
        if operation == "count":
            return field
        return self._summed(node, field, operation, summarized)

    def _summed(self, node: Node, field: Field, operation: str, summarized: str | None) -> Field:
        if summarized is None:
            node.needed("summarizedField")
            return field
        child, _, name = summarized.partition(".")
        source = self._field(node, child, name, "summarizedField")
        if source is None:
            return field
        if source.type not in (_SUMMABLE if operation == "sum" else _COMPARABLE):
            node.error(
                f"{summarized} is of type {source.type.value}: it has no {operation}", "summarizedField"
            )
            return field
        kind = FieldType.DOUBLE if source.type is FieldType.INT else source.type
        precision = 18 if kind in _SUMMABLE else 0
        return replace(field, type=kind, precision=precision, scale=source.scale)

    def _indirect(self, built: Built, field: Field, node: Node) -> Field:
        """An indirect lookup's target field, by whose values the parent is found."""
        if field.reference_target_field is None or not field.reference_to:
            return field
        target = self._objects[field.reference_to[0].lower()]
        key = target.field(field.reference_target_field.rpartition(".")[2])
        if key is None or not (key.unique and key.external_id):
            node.error(
                f"{target.name}.{field.reference_target_field} must be a unique external id",
                "referenceTargetField",
            )
            return field
        return replace(field, reference_target_field=key.name)

    def _field(self, node: Node, sobject: str, name: str, child: str) -> Field | None:
        found = self._objects.get(sobject.lower())
        field = found.field(name) if found is not None else None
        if field is None:
            node.error(f"there is no field {sobject}.{name}", child)
        return field

    def _check_child_names(self) -> None:
        """Two lookups can't give their parent two lists of children of one name."""
        seen: dict[tuple[str, str], str] = {}
        for built in self._built:
            for field in built.object.fields:
                node = built.nodes.get(field.name)
                if node is None or field.child_relationship_name is None:
                    continue
                path = f"{built.object.name}.{field.name}"
                for parent in field.reference_to:
                    key = (parent.lower(), field.child_relationship_name.lower())
                    if seen.setdefault(key, path) != path:
                        name = node.text("relationshipName")
                        taken = f"{parent} has children called {name} already, by {seen[key]}"
                        node.error(taken, "relationshipName")


def _unfit(field: Field, kind: str | None, target: SObjectType) -> str | None:
    """Why a field of that metadata type can't refer to `target`; None where it can."""
    if kind == "ExternalLookup" and target.kind is not ObjectKind.EXTERNAL:
        return f"{target.name} is no external object"
    if kind == "MetadataRelationship" and target.kind is not ObjectKind.CUSTOM_METADATA:
        return f"{target.name} is no custom metadata type"
    if kind in ("Lookup", "MasterDetail") and target.kind not in (ObjectKind.STANDARD, ObjectKind.CUSTOM):
        return f"a {kind} field can't refer to a {in_words(target.kind)}"
    return None


@cache
def platform_objects() -> frozenset[str]:
    """Names of standard objects that the platform has, whether or not they are known here."""
    text = files(__package__).joinpath("platform_objects.txt").read_text("utf-8")
    return frozenset(name for line in text.splitlines() if not line.startswith("#") for name in line.split())
