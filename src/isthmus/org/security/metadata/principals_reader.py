"""Principals reader: roles, public groups and queues, out of files; and the members that others name."""

from collections.abc import Iterable, Mapping
from typing import Final

from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.elements import check_elements
from isthmus.org.security.metadata.names import Names
from isthmus.org.security.metadata.principals import (
    Member,
    MemberKind,
    ParentAccess,
    PublicGroup,
    Queue,
    Role,
)

LEVELS: Final = tuple(each.value for each in ParentAccess)

_MEMBERS: Final[Mapping[str, MemberKind]] = {
    "allInternalUsers": MemberKind.ALL_INTERNAL_USERS,
    "group": MemberKind.GROUP,
    "groups": MemberKind.GROUP,
    "queue": MemberKind.QUEUE,
    "role": MemberKind.ROLE,
    "roles": MemberKind.ROLE,
    "roleAndSubordinates": MemberKind.ROLE_AND_SUBORDINATES,
    "rolesAndSubordinates": MemberKind.ROLE_AND_SUBORDINATES,
    "roleAndSubordinatesInternal": MemberKind.ROLE_AND_SUBORDINATES,
}
"""Source: Metadata API Developer Guide, SharedTo."""
_QUEUE_MEMBERS: Final = (
    ("users", "user", MemberKind.USER),
    ("publicGroups", "publicGroup", MemberKind.GROUP),
    ("roles", "role", MemberKind.ROLE),
    ("roleAndSubordinates", "roleAndSubordinate", MemberKind.ROLE_AND_SUBORDINATES),
    ("roleAndSubordinatesInternal", "roleAndSubordinateInternal", MemberKind.ROLE_AND_SUBORDINATES),
)
"""Source: Metadata API Developer Guide, Queue, QueueMembers."""
_FOREIGN: Final = frozenset(
    {
        "allCustomerPortalUsers",
        "allPartnerUsers",
        "allRestrictedEmployeeUsers",
        "channelProgramGroup",
        "channelProgramGroups",
        "guestUser",
        "managerSubordinates",
        "managers",
        "portalRole",
        "portalRoleAndSubordinates",
        "portalRoleandSubordinates",
        "territories",
        "territoriesAndSubordinates",
        "territory",
        "territoryAndSubordinates",
    }
)
"""Principals that are not here: portals, partners, territories, manager groups."""


class Known:
    """Which roles, groups and queues a project has; who is named and isn't there is an error."""

    def __init__(self, roles: Iterable[str], groups: Iterable[str], queues: Iterable[str]) -> None:
        roles = {each.lower(): each for each in roles}
        self._names: Mapping[MemberKind, Mapping[str, str]] = {
            MemberKind.ROLE: roles,
            MemberKind.ROLE_AND_SUBORDINATES: roles,
            MemberKind.GROUP: {each.lower(): each for each in groups},
            MemberKind.QUEUE: {each.lower(): each for each in queues},
        }

    def member(self, node: Node, kind: MemberKind) -> Member | None:
        """The member whose name a node holds."""
        if kind is MemberKind.ALL_INTERNAL_USERS:
            return Member(kind)
        known = self._names.get(kind)
        name = node.value if known is None else known.get(node.value.lower())
        if not name:
            what = {MemberKind.GROUP: "public group", MemberKind.QUEUE: "queue"}.get(kind, "role")
            node.error(f"there is no {what} {node.value}")
            return None
        return Member(kind, name)


def read_role(node: Node, name: str) -> Role:
    """One role; whether its parent is there is for the caller to ask."""
    check_elements(node, "Role")
    return Role(
        name=name,
        label=node.needed("name") or name,
        parent=node.text("parentRole"),
        case_access=level(node, "caseAccessLevel"),
        contact_access=level(node, "contactAccessLevel"),
        opportunity_access=level(node, "opportunityAccessLevel"),
        description=node.text("description"),
        forecast_manager_may_share=node.flag("mayForecastManagerShare"),
    )


def level(node: Node, child: str) -> ParentAccess:
    """None, Read or Edit; what isn't said is None."""
    return ParentAccess(node.choice(child, LEVELS) or "None")


def read_public_group(node: Node, name: str) -> PublicGroup:
    check_elements(node, "Group")
    bosses = node.flag("doesIncludeBosses")
    return PublicGroup(name, node.text("name") or name, bosses, node.text("description"))


def read_queue(node: Node, name: str, names: Names, known: Known) -> Queue:
    """One queue, with its members as far as they are there."""
    check_elements(node, "Queue")
    sobjects = [
        found.name
        for each in node.nodes("queueSobject")
        if (said := each.needed("sobjectType")) and (found := names.sobject(each, said, "sobjectType"))
    ]
    members: list[Member] = []
    for holder in node.nodes("queueMembers"):
        for plural, child, kind in _QUEUE_MEMBERS:
            for list_ in holder.nodes(plural):
                members += [who for each in list_.nodes(child) if (who := known.member(each, kind))]
    return Queue(
        name=name,
        label=node.needed("name") or name,
        sobjects=tuple(dict.fromkeys(sobjects)),
        members=tuple(dict.fromkeys(members)),
        email=node.text("email"),
        send_email_to_members=node.flag("doesSendEmailToMembers"),
        include_bosses=node.flag("doesIncludeBosses"),
    )


def read_shared(node: Node, known: Known) -> Member | None:
    """The one member that a rule's `sharedTo` or `sharedFrom` names."""
    found: list[Member] = []
    for each in node.children():
        if each.name in _FOREIGN:
            each.warn(f"<{each.name}>: there are no such users here; the rule is left out")
            return None
        kind = _MEMBERS.get(each.name)
        if kind is None:
            each.error(f"<{each.name}> is no kind of group")
            return None
        if member := known.member(each, kind):
            found.append(member)
    if len(node.children()) != 1:
        node.error(f"<{node.name}> must name one group or role")
    return found[0] if found else None
