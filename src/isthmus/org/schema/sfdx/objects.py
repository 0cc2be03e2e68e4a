"""Objects: drafts become objects of the schema, each of its kind."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from isthmus.org.schema.model import Field, ObjectKind, PicklistValue, SObjectType
from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.drafts import ObjectDraft
from isthmus.org.schema.sfdx.elements import check_elements
from isthmus.org.schema.sfdx.fields import Owner, build_fields, display_format, valid_name
from isthmus.org.schema.sfdx.metadata_types import partly
from isthmus.org.schema.sfdx.overrides import override
from isthmus.org.schema.system_fields import RECORD_TYPE, custom_object_fields, name_field, system_fields

FIELDS_MAX: Final = 800
"""Custom fields an object may have (Unlimited and Performance Edition)."""
MASTER_DETAILS_MAX: Final = 2
_SUFFIXES: Final = {
    "__c": ObjectKind.CUSTOM,
    "__e": ObjectKind.PLATFORM_EVENT,
    "__mdt": ObjectKind.CUSTOM_METADATA,
    "__x": ObjectKind.EXTERNAL,
    "__b": ObjectKind.BIG,
}
_NAME: Final = re.compile(r"[A-Za-z](?!\w*__)\w{0,39}(?<!_)", re.ASCII)
_PACKAGED: Final = re.compile(r"[A-Za-z]\w{0,14}?__\w+__(c|e|mdt|x|b)", re.ASCII)
_SHARING: Final = frozenset(
    {"Private", "Read", "ReadSelect", "ReadWrite", "ReadWriteTransfer", "FullAccess", "ControlledByParent"}
    | {"ControlledByLeadOrContact", "ControlledByCampaign"}
)
_NO_RECORDS: Final = SObjectType(
    "", "", "", None, (), searchable=False, undeletable=False, replicateable=False, layoutable=False
)
_SHAPES: Final[Mapping[ObjectKind, SObjectType]] = {
    ObjectKind.CUSTOM: SObjectType("", "", "", None, ()),
    ObjectKind.CUSTOM_SETTING: replace(_NO_RECORDS, replicateable=True, triggerable=False),
    ObjectKind.PLATFORM_EVENT: replace(
        _NO_RECORDS, updateable=False, deletable=False, queryable=False, retrieveable=False
    ),
    ObjectKind.CUSTOM_METADATA: replace(
        _NO_RECORDS, createable=False, updateable=False, deletable=False, triggerable=False
    ),
    ObjectKind.EXTERNAL: replace(
        _NO_RECORDS, createable=False, updateable=False, deletable=False, triggerable=False, layoutable=True
    ),
    ObjectKind.BIG: replace(_NO_RECORDS, updateable=False, deletable=False, triggerable=False),
}
"""What each kind of object can do, as describes of such objects say."""


@dataclass(slots=True)
class Built:
    """An object as far as it can be built alone, and which element each of its own fields came from."""

    object: SObjectType
    draft: ObjectDraft
    nodes: dict[str, Node] = field(default_factory=dict)
    """By field name; the parts of a compound field have their whole's element."""


def build_object(
    draft: ObjectDraft, standard: SObjectType | None, shared: Mapping[str, tuple[PicklistValue, ...]]
) -> Built | None:
    """The object of `draft`, `standard` extended where it is a standard one; None where it can't be placed.

    `shared` are the global value sets by name.
    """
    kind = _kind(draft, standard)
    if kind is None:
        return None
    for part in draft.fields:
        check_elements(part, "CustomField")
    if draft.document is not None:
        check_elements(draft.document, "CustomObject")
    owner = Owner(draft.name if standard is None else standard.name, kind, shared)
    own: list[Field] = []
    nodes: dict[str, Node] = {}
    overridden = {} if standard is None else {each.name: each for each in standard.fields}
    for part in draft.fields:
        name = part.text("fullName") or ""
        if not name.endswith("__c"):
            _override(part, name, standard, overridden, shared)
            continue
        for each in build_fields(part, owner):
            own.append(each)
            nodes[each.name] = part
    _count(draft, own)
    if standard is None:
        built = _custom(draft, kind, own)
    else:
        built = _extended(draft, standard, (*overridden.values(), *own))
    return Built(built, draft, nodes)


def _kind(draft: ObjectDraft, standard: SObjectType | None) -> ObjectKind | None:
    """What kind of object the draft describes; None, and a finding, where it can't be told or isn't here."""
    first = draft.parts[0].about(f"CustomObject {draft.name}")
    if standard is not None:
        return standard.kind
    stem, _, _ = draft.name.rpartition("__")
    kind = _SUFFIXES.get(draft.name[len(stem) :])
    if _PACKAGED.fullmatch(draft.name):
        first.warn("the object is an installed package's: what is said of it here is left out")
    elif "__" not in draft.name:
        first.warn(f"the standard object {draft.name} is not known here: what is said of it is left out")
    elif kind is None:
        first.warn(f"objects named like {draft.name} are not known here: what is said of it is left out")
    elif draft.document is None:
        first.error(f"there is no {draft.name}.object-meta.xml for the object")
    elif not _NAME.fullmatch(stem):
        first.error(f"{draft.name} is no name for an object")
    elif kind is ObjectKind.CUSTOM and draft.document.text("customSettingsType") is not None:
        return ObjectKind.CUSTOM_SETTING
    else:
        return kind
    return None


def _override(
    part: Node,
    name: str,
    standard: SObjectType | None,
    fields: dict[str, Field],
    shared: Mapping[str, tuple[PicklistValue, ...]],
) -> None:
    """Apply what a project says of a field that the object has anyway."""
    known = standard.field(name) if standard is not None else None
    if known is not None and standard is not None:
        fields[known.name] = override(part, standard.name, fields[known.name], shared)
    elif standard is None:
        if name not in {each.name for each in custom_object_fields()}:
            part.error(f"{name!r} is no name for a custom field", "fullName")
    elif valid_name(name + "__c"):
        part.warn(f"the standard field {standard.name}.{name} is not known here: it is left out", "fullName")
    else:
        part.error(f"{name!r} is no name of a field", "fullName")


def _count(draft: ObjectDraft, own: list[Field]) -> None:
    masters = [each for each in own if each.master_detail]
    if len(masters) > MASTER_DETAILS_MAX:
        draft.fields[0].error(f"{draft.name} has {len(masters)} master-detail fields, more than two")
    if len(own) > FIELDS_MAX:
        draft.parts[0].error(f"{draft.name} has {len(own)} custom fields, more than {FIELDS_MAX}")


def _extended(draft: ObjectDraft, standard: SObjectType, fields: tuple[Field, ...]) -> SObjectType:
    """A standard object with the project's fields behind its own, and what the project switches on."""
    if draft.record_types and standard.field(RECORD_TYPE.name) is None:
        at = next((n for n, each in enumerate(fields) if each.name == "CreatedDate"), len(fields))
        fields = (*fields[:at], RECORD_TYPE, *fields[at:])
    built = replace(standard, fields=fields)
    document = draft.document
    if document is None:
        return built
    sharing = document.choice("sharingModel", _SHARING)
    return replace(
        built,
        label=document.text("label") or standard.label,
        label_plural=document.text("pluralLabel") or standard.label_plural,
        feed_enabled=document.flag("enableFeeds", standard.feed_enabled),
        sharing_model=sharing or standard.sharing_model,
    )


def _custom(draft: ObjectDraft, kind: ObjectKind, own: list[Field]) -> SObjectType:
    document = draft.document
    assert document is not None, "the kind of a custom object is known by its document"
    document = document.about(f"CustomObject {draft.name}")
    label = document.needed("label") or draft.name
    plural = document.text("pluralLabel")
    if plural is None and kind is not ObjectKind.CUSTOM_SETTING:
        document.needed("pluralLabel")
    if document.flag("enableHistory") and (sentence := partly("history")):
        document.note(sentence, "enableHistory")
    searchable = document.flag("enableSearch")
    feeds = document.flag("enableFeeds")
    shape = replace(
        _SHAPES[kind],
        name=draft.name,
        label=label,
        label_plural=plural or label,
        kind=kind,
        fields=(*_before(document, kind, draft, own, label), *own),
        searchable=searchable and kind in (ObjectKind.CUSTOM, ObjectKind.EXTERNAL),
        feed_enabled=feeds and kind is ObjectKind.CUSTOM,
    )
    return _of_kind(document, kind, shape)


def _before(
    document: Node, kind: ObjectKind, draft: ObjectDraft, own: list[Field], label: str
) -> tuple[Field, ...]:
    """The system fields, which stand before the project's own."""
    if kind is ObjectKind.CUSTOM:
        return custom_object_fields(
            _name_field(document, label),
            owned=not any(each.master_detail for each in own),
            record_types=bool(draft.record_types),
            activities=document.flag("enableActivities"),
        )
    fields = system_fields(kind)
    if any(each.name_field for each in own):
        fields = tuple(replace(each, name_field=False) for each in fields)
    return fields


def _name_field(document: Node, label: str) -> Field:
    node = document.node("nameField")
    if node is None:
        document.needed("nameField")
        return name_field(f"{label} Name")
    check_elements(node, "nameField")
    kind = node.choice("type", ("Text", "AutoNumber"))
    if kind is None:
        node.needed("type")
    title = node.text("label") or f"{label} Name"
    if kind != "AutoNumber":
        return name_field(title)
    node.needed("displayFormat")
    start = node.integer("startingNumber", 0, 999_999_999)
    return name_field(title, display_format=display_format(node) or "{0}", starting_number=start or 1)


def _of_kind(document: Node, kind: ObjectKind, built: SObjectType) -> SObjectType:
    """What only objects of this kind have."""
    match kind:
        case ObjectKind.PLATFORM_EVENT:
            return _event(document, built)
        case ObjectKind.CUSTOM_SETTING:
            chosen = document.choice("customSettingsType", ("List", "Hierarchy"))
            return replace(built, custom_settings_type=chosen)
        case ObjectKind.EXTERNAL:
            _say(document, "external")
            return replace(built, external_data_source=document.needed("externalDataSource"))
        case ObjectKind.BIG:
            _say(document, "big")
            return built
        case ObjectKind.CUSTOM:
            return replace(built, sharing_model=_sharing(document, built))
        case _:
            return built


def _sharing(document: Node, built: SObjectType) -> str:
    """The organization-wide default. Details have none of their own: their masters' holds."""
    sharing = document.choice("sharingModel", _SHARING)
    if any(each.master_detail for each in built.fields):
        if sharing not in (None, "ControlledByParent"):
            document.warn(
                f"{built.name} has a master-detail field: its records are shared as their masters are, "
                f"by ControlledByParent, not {sharing}",
                "sharingModel",
            )
        return "ControlledByParent"
    if sharing == "ControlledByParent":
        document.error(f"{built.name} has no master-detail field: no parent controls it", "sharingModel")
    return sharing or "ReadWrite"


def _event(document: Node, built: SObjectType) -> SObjectType:
    _say(document, "event")
    behaviors = ("PublishAfterCommit", "PublishImmediately")
    return replace(
        built,
        event_type=document.choice("eventType", ("HighVolume", "StandardVolume")) or "HighVolume",
        publish_behavior=document.choice("publishBehavior", behaviors) or "PublishAfterCommit",
    )


def _say(document: Node, name: str) -> None:
    if sentence := partly(name):
        document.warn(sentence)
