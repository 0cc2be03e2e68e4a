"""Sharing reader: the sharing rules of an object, out of its file."""

from collections.abc import Callable
from typing import Final, TypeAlias

from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.elements import check_elements
from isthmus.org.schema.sfdx.filter_logic import BadLogic, Logic, parse_logic
from isthmus.org.security.metadata.criteria_values import problem_of
from isthmus.org.security.metadata.names import Names
from isthmus.org.security.metadata.principals import Member
from isthmus.org.security.metadata.principals_reader import Known, level, read_shared
from isthmus.org.security.metadata.sharing_rules import (
    OPERATIONS,
    AccountSettings,
    CriteriaItem,
    CriteriaRule,
    OwnerRule,
    ShareLevel,
    SharingRules,
)

DefaultOf: TypeAlias = Callable[[SObjectType], str]
"""The organization-wide default of an object, as metadata writes it; '' for what has none."""
_OPEN: Final = frozenset({"ReadWrite", "ReadWriteTransfer", "FullAccess"})
_LEVELS: Final = tuple(each.value for each in ShareLevel)


def read_sharing_rules(
    node: Node, name: str, names: Names, known: Known, default_of: DefaultOf
) -> SharingRules | None:
    """The rules of the object whose name the file has; a rule that can't be kept is left out, and said."""
    check_elements(node, "SharingRules")
    sobject = names.sobject(node, name, "")
    if sobject is None:
        return None
    _check_names(node)
    _check_default(node, sobject, default_of(sobject))
    owner = [_owner_rule(each, sobject, known) for each in node.nodes("sharingOwnerRules")]
    criteria = [_criteria_rule(each, sobject, names, known) for each in node.nodes("sharingCriteriaRules")]
    return SharingRules(
        sobject.name,
        tuple(each for each in owner if each is not None),
        tuple(each for each in criteria if each is not None),
    )


def _check_default(node: Node, sobject: SObjectType, default: str) -> None:
    """Rules open what the organization-wide default keeps closed."""
    rules = (*node.nodes("sharingOwnerRules"), *node.nodes("sharingCriteriaRules"))
    if not rules:
        return
    if default.startswith("ControlledBy"):
        rules[0].warn(f"{sobject.name} is shared as its parent is ({default}): its rules give nothing")
    elif default in _OPEN:
        rules[0].warn(f"{sobject.name} is public ({default}): everyone has what its rules give")


def _check_names(node: Node) -> None:
    seen: set[str] = set()
    for each in (*node.nodes("sharingOwnerRules"), *node.nodes("sharingCriteriaRules")):
        name = (each.needed("fullName") or "").lower()
        if name and name in seen:
            each.error(f"there are two rules {each.text('fullName')}", "fullName")
        seen.add(name)


def _owner_rule(node: Node, sobject: SObjectType, known: Known) -> OwnerRule | None:
    check_elements(node, "SharingOwnerRule")
    shared_from, shared_to = _shared(node, "sharedFrom", known), _shared(node, "sharedTo", known)
    name, access = node.text("fullName"), _access(node)
    if shared_from is None or shared_to is None or name is None or access is None:
        return None
    settings = _account_settings(node, sobject)
    return OwnerRule(name, node.needed("label") or name, shared_from, shared_to, access, settings)


def _criteria_rule(node: Node, sobject: SObjectType, names: Names, known: Known) -> CriteriaRule | None:
    check_elements(node, "SharingCriteriaRule")
    shared_to = _shared(node, "sharedTo", known)
    name, access = node.text("fullName"), _access(node)
    places = node.nodes("criteriaItems")
    if not places:
        node.error("<criteriaItems> is missing")
    items = [_item(each, sobject, names) for each in places]
    logic = _logic(node, len(places))
    whole = [each for each in items if each is not None]
    if shared_to is None or name is None or access is None or logic is None:
        return None
    if not whole or len(whole) < len(items):
        return None
    return CriteriaRule(
        name=name,
        label=node.needed("label") or name,
        shared_to=shared_to,
        level=access,
        items=tuple(whole),
        logic=logic,
        include_owned_by_all=node.flag("includeRecordsOwnedByAll", default=True),
        account_settings=_account_settings(node, sobject),
    )


def _shared(node: Node, child: str, known: Known) -> Member | None:
    place = node.node(child)
    if place is None:
        node.error(f"<{child}> is missing")
        return None
    return read_shared(place, known)


def _access(node: Node) -> ShareLevel | None:
    said = node.needed("accessLevel") and node.choice("accessLevel", _LEVELS)
    return ShareLevel(said) if said else None


def _item(node: Node, sobject: SObjectType, names: Names) -> CriteriaItem | None:
    said, operation = node.needed("field"), node.needed("operation") and node.choice("operation", OPERATIONS)
    owner, dot, name = (said or "").rpartition(".")
    if said and dot and owner.lower() != sobject.name.lower():
        node.error(f"{said} is no field of {sobject.name}", "field")
        return None
    place = names.field_of(node, sobject, name, "field") if said else None
    if place is None or not operation:
        return None
    if place[1].encrypted:  # source: Salesforce Help, "General Considerations for Shield Platform Encryption"
        node.error(f"{sobject.name}.{place[1].name} is encrypted: a rule can't go by it", "field")
        return None
    if problem := problem_of(place[1], operation, node.text("value")):
        node.error(f"{sobject.name}.{place[1].name} {problem}", "value")
        return None
    return CriteriaItem(place[1].name, operation, node.text("value"))


def _logic(node: Node, conditions: int) -> Logic | None:
    try:
        return parse_logic(node.text("booleanFilter"), conditions)
    except BadLogic as problem:
        node.error(f"<booleanFilter> {problem}", "booleanFilter")
        return None


def _account_settings(node: Node, sobject: SObjectType) -> AccountSettings | None:
    settings = node.node("accountSettings")
    if settings is None:
        return None
    if sobject.name != "Account":
        node.error("<accountSettings> belong to rules on accounts", "accountSettings")
    return AccountSettings(
        level(settings, "caseAccessLevel"),
        level(settings, "contactAccessLevel"),
        level(settings, "opportunityAccessLevel"),
    )
