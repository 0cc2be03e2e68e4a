"""Principals: roles, public groups and queues, as a project says them.

Source: Metadata API Developer Guide, Role, RoleOrTerritory, Group, Queue.
"""

from dataclasses import dataclass
from enum import Enum


class MemberKind(Enum):
    """What a name in `sharedTo`, `sharedFrom` or among a queue's members means; the value is `Group.Type`.

    There are no portal users here: "roles and internal subordinates" is the same as "roles and subordinates".
    """

    USER = "User"
    ROLE = "Role"
    ROLE_AND_SUBORDINATES = "RoleAndSubordinates"
    GROUP = "Regular"
    QUEUE = "Queue"
    ALL_INTERNAL_USERS = "Organization"


@dataclass(frozen=True, slots=True)
class Member:
    """A user (by username), or a group: of a role, public, a queue's; `name` is '' for all internal users."""

    kind: MemberKind
    name: str = ""


class ParentAccess(Enum):
    """What owners of accounts may do with records of others that belong to them."""

    NONE = "None"
    READ = "Read"
    EDIT = "Edit"


@dataclass(frozen=True, slots=True)
class Role:
    """One role. `parent` is the developer name of the role above it; None: it is at the top."""

    name: str
    label: str
    parent: str | None = None
    case_access: ParentAccess = ParentAccess.NONE
    contact_access: ParentAccess = ParentAccess.NONE
    opportunity_access: ParentAccess = ParentAccess.NONE
    description: str | None = None
    forecast_manager_may_share: bool = False


@dataclass(frozen=True, slots=True)
class PublicGroup:
    """One public group. Its members are no metadata: they are records."""

    name: str
    label: str
    include_bosses: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue. `sobjects` whose records it may own."""

    name: str
    label: str
    sobjects: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    email: str | None = None
    send_email_to_members: bool = False
    include_bosses: bool = False
