"""Record types: which values of an object's picklists each one offers."""

from collections.abc import Iterable, Mapping
from typing import Final

from isthmus.org.schema.model import RecordType, SObjectType
from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.drafts import ObjectDraft
from isthmus.org.schema.sfdx.elements import check_elements
from isthmus.org.schema.sfdx.picklists import decoded

_STAGES: Final = {
    "Opportunity": "StageName",
    "Lead": "Status",
    "Case": "Status",
    "Solution": "Status",
}
"""The picklist whose values a business process chooses, per object."""


def record_types(draft: ObjectDraft, built: SObjectType) -> tuple[RecordType, ...]:
    """The record types that `draft` declares, checked against the picklists of `built`."""
    processes = {name: node for node in draft.processes if (name := node.text("fullName"))}
    for node in draft.processes:
        check_elements(node, "BusinessProcess")
        if built.name not in _STAGES:
            node.error(f"{built.name} has no business processes")
    return tuple(_record_type(node, built, processes) for node in draft.record_types)


def _record_type(node: Node, built: SObjectType, processes: Mapping[str, Node]) -> RecordType:
    check_elements(node, "RecordType")
    name = node.text("fullName") or ""
    node.needed("active")
    picklists: dict[str, tuple[str, ...]] = {}
    defaults: dict[str, str] = {}
    for choice in node.nodes("picklistValues"):
        field = choice.needed("picklist")
        if field is None:
            continue
        offered = _offered(choice, built, field, choice.nodes("values"))
        if offered is not None:
            field, values, default = offered
            picklists[field] = values
            defaults.update({} if default is None else {field: default})
    process = node.text("businessProcess")
    if process is not None and built.name in _STAGES:
        if process not in processes:
            node.error(f"there is no business process {built.name}.{process}", "businessProcess")
        else:
            stages = processes[process]
            offered = _offered(stages, built, _STAGES[built.name], stages.nodes("values"))
            if offered is not None:
                field, values, default = offered
                picklists[field] = values
                defaults.update({} if default is None else {field: default})
    return RecordType(
        name,
        node.needed("label") or name,
        active=node.flag("active", True),
        description=node.text("description"),
        picklists=picklists,
        picklist_defaults=defaults,
    )


def _offered(
    place: Node, built: SObjectType, name: str, nodes: Iterable[Node]
) -> tuple[str, tuple[str, ...], str | None] | None:
    """The picklist, the values that are offered of it, and the default; None where it is no field here."""
    field = built.field(name)
    if field is None:
        if name.endswith("__c"):
            place.error(f"there is no field {built.name}.{name}", "picklist")
        else:
            place.warn(f"the standard field {built.name}.{name} is not known here", "picklist")
        return None
    known = {each.value for each in field.picklist}
    values: list[str] = []
    default: str | None = None
    for node in nodes:
        value = decoded(node.needed("fullName") or "")
        if known and value and value not in known:
            say = node.error if field.custom else node.warn
            say(f"{built.name}.{field.name} has no value {value!r}", "fullName")
        elif value:
            values.append(value)
            default = value if node.flag("default") else default
    return field.name, tuple(values), default
