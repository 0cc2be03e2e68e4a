"""Drafts: the parts of each object, gathered from all files that say something of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.scan import Component

ACTIVITY: Final = "Activity"
"""Custom fields of tasks and events are declared once, on the object that both are."""
ACTIVITIES: Final = ("Task", "Event")


@dataclass(slots=True)
class ObjectDraft:
    """One object as the project's files describe it. `document` is its CustomObject element."""

    name: str
    document: Node | None = None
    fields: list[Node] = field(default_factory=list)
    record_types: list[Node] = field(default_factory=list)
    processes: list[Node] = field(default_factory=list)
    reasons: list[Node] = field(default_factory=list)
    declared: dict[tuple[str, str], Node] = field(default_factory=dict)
    """The parts by kind and lower-case name."""

    @property
    def parts(self) -> list[Node]:
        """Every element that says something of the object, its own first."""
        own = [self.document] if self.document is not None else []
        return [*own, *self.fields, *self.record_types, *self.processes, *self.reasons]


def gather(documents: Iterable[tuple[Component, Node]]) -> dict[str, ObjectDraft]:
    """Drafts by lower-case object name, from the documents of the types that objects are made of.

    A part that is declared twice is an error, and the first one counts.
    """
    drafts: dict[str, ObjectDraft] = {}
    for component, root in documents:
        if component.type.name == "CustomObject":
            _add_object(drafts, component, root)
        elif component.type.under == "CustomObject":
            owner, _, stem = component.name.partition(".")
            if (full_name := _full_name(root, stem)) is not None:
                _add_part(drafts, owner, component.type.name, full_name, root)
    _share_activities(drafts)
    return drafts


def _add_object(drafts: dict[str, ObjectDraft], component: Component, root: Node) -> None:
    draft = drafts.setdefault(component.name.lower(), ObjectDraft(component.name))
    if draft.document is not None:
        root.error(f"the object {component.name} is declared in {draft.document.source.file} too")
        return
    draft.document = root
    for element, kind in _INNER.items():
        for node in root.nodes(element):
            if (full_name := node.needed("fullName")) is not None:
                _add_part(drafts, component.name, kind, full_name, node)


_INNER: Final[Mapping[str, str]] = {
    "fields": "CustomField",
    "recordTypes": "RecordType",
    "businessProcesses": "BusinessProcess",
    "sharingReasons": "SharingReason",
}
PARTS: Final = frozenset({"CustomObject", *_INNER.values()})
"""The types of the documents that objects are made of: each part stands in its object's, or has its own."""


def _full_name(root: Node, stem: str) -> str | None:
    """The part's name, which its file must bear."""
    name = root.needed("fullName")
    if name is not None and name != stem:
        root.error(f"<fullName> is {name}, but the file is named {stem}", "fullName")
        return None
    return name


def _add_part(drafts: dict[str, ObjectDraft], owner: str, kind: str, name: str, node: Node) -> None:
    draft = drafts.setdefault(owner.lower(), ObjectDraft(owner))
    parts = {
        "CustomField": draft.fields,
        "RecordType": draft.record_types,
        "BusinessProcess": draft.processes,
        "SharingReason": draft.reasons,
    }
    if kind not in parts:
        return
    part = node.about(f"{kind} {draft.name}.{name}")
    twin = draft.declared.setdefault((kind, name.lower()), part)
    if twin is not part:
        place = f"{twin.source.file}:{twin.line}"
        part.error(f"{draft.name}.{name} is declared twice: in {place} too", "fullName")
        return
    parts[kind].append(part)


def _share_activities(drafts: dict[str, ObjectDraft]) -> None:
    shared = drafts.pop(ACTIVITY.lower(), None)
    if shared is None:
        return
    for name in ACTIVITIES:
        draft = drafts.setdefault(name.lower(), ObjectDraft(name))
        draft.fields.extend(shared.fields)
