"""Describe: what the org says of its objects, as plain values in the order of the wire.

A function of the schema, of rights and of addresses; what someone may not read is not there. Source: REST API
Developer Guide, Describe Global and sObject Describe; recorded describes of real orgs
(github.com/SFDO-Tooling/CumulusCI, cumulusci/tests/shared_cassettes).
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from isthmus.kernel.errors import fault
from isthmus.org.schema.describe_fields import Described, describe_field
from isthmus.org.schema.model import ChildRelationship, ObjectKind, Schema, SObjectType
from isthmus.org.schema.rights import Rights
from isthmus.org.schema.scopes import looked_up, scopes_of
from isthmus.org.schema.system_fields import MASTER_RECORD_TYPE_ID

RecordTypeIds: TypeAlias = Callable[[str, str], str | None]
"""The id of a record type by object and developer name; None where it has no record yet."""

BATCH_SIZE_MAX: Final = 200

_DEEP_CLONEABLE: Final = frozenset({"Campaign", "Opportunity"})
_ACTIVITIES: Final = frozenset({"Task", "Event"})
_MORE_URLS: Final = {
    "Case": {
        "caseArticleSuggestions": "/suggestedArticles",
        "caseRowArticleSuggestions": "/{ID}/suggestedArticles",
    },
    "Event": {"eventSeriesUpdates": "/{ID}/fromThisEventOnwards"},
    "User": {
        "namedLayouts": "/describe/namedLayouts/{LayoutName}",
        "passwordUtilities": "/{ID}/password",
    },
}


def describe_global(schema: Schema, rights: Rights, prefix: str) -> Described:
    """Every object that may be read, by name. `prefix` is the version's path: `/services/data/v65.0`."""
    return {
        "encoding": "UTF-8",
        "maxBatchSize": BATCH_SIZE_MAX,
        "sobjects": [describe_brief(each, rights, prefix) for each in visible_objects(schema, rights)],
    }


def visible_objects(schema: Schema, rights: Rights) -> list[SObjectType]:
    """The objects that a list of them shows, by name; not the name registry, which only lookups lead to."""
    return sorted(
        (each for each in schema if each.name != "Name" and rights.may_read(each.name)),
        key=lambda each: each.name,
    )


def describe_brief(sobject: SObjectType, rights: Rights, prefix: str) -> Described:
    """An object's entry in the list of all."""
    capable = _capabilities(sobject, rights)
    return {
        "activateable": False,
        "associateEntityType": sobject.associate_entity_type,
        "associateParentEntity": sobject.associate_parent,
        "createable": capable["createable"],
        "custom": sobject.custom,
        "customSetting": sobject.kind is ObjectKind.CUSTOM_SETTING,
        "deepCloneable": sobject.name in _DEEP_CLONEABLE,
        "deletable": capable["deletable"],
        "deprecatedAndHidden": False,
        "feedEnabled": sobject.feed_enabled,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.key_prefix,
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "layoutable": sobject.layoutable,
        "mergeable": capable["mergeable"],
        "mruEnabled": looked_up(sobject),
        "name": sobject.name,
        "queryable": sobject.queryable,
        "replicateable": sobject.replicateable,
        "retrieveable": sobject.retrieveable,
        "searchable": sobject.searchable,
        "triggerable": sobject.triggerable,
        "undeletable": capable["undeletable"],
        "updateable": capable["updateable"],
        "urls": dict(_urls(sobject, prefix)),
    }


def find_visible(schema: Schema, sobject: str, rights: Rights) -> SObjectType:
    """The object of that name, in any case. Fault: `resource_not_found`, also where it may not be read."""
    found = schema.find(sobject)
    if found is None or not rights.may_read(found.name):
        raise fault("resource_not_found")
    return found


def describe_sobject(
    schema: Schema,
    sobject: str,
    rights: Rights,
    prefix: str,
    origin: str,
    record_type_ids: RecordTypeIds = lambda sobject, developer_name: None,
) -> Described:
    """One object in full. `origin` is where the client came to, `https://host:port`.

    Fault: `resource_not_found`, also where the object may not be read.
    """
    found = find_visible(schema, sobject, rights)
    brief = describe_brief(found, rights, prefix)
    full: Described = {
        "actionOverrides": [],
        "childRelationships": [_child(each) for each in _children(schema, found, rights)],
        "compactLayoutable": found.layoutable,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [
            describe_field(found, each, rights)
            for each in found.fields
            if rights.may_read(found.name, each.name)
        ],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": list(_record_types(found, prefix, record_type_ids)),
        "searchLayoutable": found.layoutable and found.searchable,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": label, "name": name} for name, label in scopes_of(schema, found)],
    }
    whole = brief | full | {"urls": dict(_full_urls(found, prefix, origin))}
    return {key: whole[key] for key in sorted(whole)}


def _capabilities(sobject: SObjectType, rights: Rights) -> dict[str, bool]:
    name = sobject.name
    return {
        "createable": sobject.createable and rights.may_create(name),
        "updateable": sobject.updateable and rights.may_edit(name),
        "deletable": sobject.deletable and rights.may_delete(name),
        "undeletable": sobject.undeletable and rights.may_delete(name),
        "mergeable": sobject.mergeable and rights.may_edit(name) and rights.may_delete(name),
    }


def _listed(sobject: SObjectType) -> bool:
    """Whether its records have list views and approvals."""
    return looked_up(sobject) and sobject.undeletable and sobject.name not in _ACTIVITIES


def _urls(sobject: SObjectType, prefix: str) -> Iterator[tuple[str, str]]:
    base = f"{prefix}/sobjects/{sobject.name}"
    if sobject.layoutable:
        yield "compactLayouts", f"{base}/describe/compactLayouts"
    yield "rowTemplate", f"{base}/{{ID}}"
    if sobject.kind is ObjectKind.PLATFORM_EVENT:
        yield "eventSchema", f"{base}/eventSchema"
    if _listed(sobject):
        yield "approvalLayouts", f"{base}/describe/approvalLayouts"
    yield from ((name, base + path) for name, path in _MORE_URLS.get(sobject.name, {}).items())
    if _listed(sobject):
        yield "listviews", f"{base}/listviews"
    yield "describe", f"{base}/describe"
    if sobject.layoutable:
        yield "quickActions", f"{base}/quickActions"
        yield "layouts", f"{base}/describe/layouts"
    yield "sobject", base


def _full_urls(sobject: SObjectType, prefix: str, origin: str) -> Iterator[tuple[str, str]]:
    """The pages of the user interface stand among the resources."""
    for name, url in _urls(sobject, prefix):
        if name == "describe":
            yield name, url
            if sobject.layoutable:
                yield "uiNewRecord", f"{origin}/{sobject.key_prefix}/e"
            continue
        yield name, url
        if sobject.layoutable and name == ("approvalLayouts" if _listed(sobject) else "rowTemplate"):
            yield "uiDetailTemplate", f"{origin}/{{ID}}"
            yield "uiEditTemplate", f"{origin}/{{ID}}/e"


def _children(schema: Schema, sobject: SObjectType, rights: Rights) -> list[ChildRelationship]:
    seen = (
        each
        for each in schema.children(sobject.name)
        if rights.may_read(each.child) and rights.may_read(each.child, each.field)
    )
    return sorted(seen, key=lambda each: (each.child, each.field))


def _child(relationship: ChildRelationship) -> Described:
    return {
        "cascadeDelete": relationship.cascade_delete,
        "childSObject": relationship.child,
        "deprecatedAndHidden": False,
        "field": relationship.field,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": relationship.name,
        "restrictedDelete": relationship.restricted_delete,
    }


def _record_types(sobject: SObjectType, prefix: str, ids: RecordTypeIds) -> Iterator[Described]:
    """The active record types, the first of them the default, and the Master, which every object has."""
    if not looked_up(sobject):
        return
    layouts = f"{prefix}/sobjects/{sobject.name}/describe/layouts"
    default = True
    for each in sobject.record_types:
        record_type_id = ids(sobject.name, each.developer_name)
        if record_type_id is not None:
            yield _record_type(
                each.developer_name, each.label, record_type_id, layouts, each.active, default and each.active
            )
            default = default and not each.active
    yield _record_type("Master", "Master", MASTER_RECORD_TYPE_ID, layouts, True, default)


def _record_type(
    developer_name: str, name: str, record_type_id: str, layouts: str, active: bool, default: bool
) -> Described:
    return {
        "active": active,
        "available": active,
        "defaultRecordTypeMapping": default,
        "developerName": developer_name,
        "master": developer_name == "Master",
        "name": name,
        "recordTypeId": record_type_id,
        "urls": {"layout": f"{layouts}/{record_type_id}"},
    }
