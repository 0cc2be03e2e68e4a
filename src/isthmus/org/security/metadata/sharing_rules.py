"""Sharing rules: who gets to see records beyond their owner, as a project says it.

Source: Metadata API Developer Guide, SharingRules, SharingOwnerRule, SharingCriteriaRule,
AccountSharingRuleSettings.
"""

from dataclasses import dataclass, field
from enum import Enum

from isthmus.org.schema.sfdx.filter_logic import All, Logic
from isthmus.org.security.metadata.principals import Member, ParentAccess


class ShareLevel(Enum):
    """How much a rule gives."""

    READ = "Read"
    EDIT = "Edit"


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What a rule on accounts gives of the records that belong to them."""

    case_access: ParentAccess = ParentAccess.NONE
    contact_access: ParentAccess = ParentAccess.NONE
    opportunity_access: ParentAccess = ParentAccess.NONE


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """Records whose owners are in `shared_from` are shared with `shared_to`."""

    name: str
    label: str
    shared_from: Member
    shared_to: Member
    level: ShareLevel
    account_settings: AccountSettings | None = None


@dataclass(frozen=True, slots=True)
class CriteriaItem:
    """One condition. `field` is canonical and of the rule's own object; `value` is as the file has it.

    `operation` is one of `OPERATIONS`. A value with commas stands for several: of these one must match.
    """

    field: str
    operation: str
    value: str | None


OPERATIONS = (
    "equals",
    "notEqual",
    "lessThan",
    "greaterThan",
    "lessOrEqual",
    "greaterOrEqual",
    "contains",
    "notContain",
    "startsWith",
    "includes",
    "excludes",
    "within",
)
"""Source: Metadata API Developer Guide, FilterOperation."""


@dataclass(frozen=True, slots=True)
class CriteriaRule:
    """Records that meet the criteria are shared with `shared_to`, whoever owns them.

    `include_owned_by_all`: those too whose owners can't have a role, such as high-volume users.
    """

    name: str
    label: str
    shared_to: Member
    level: ShareLevel
    items: tuple[CriteriaItem, ...]
    logic: Logic = field(default_factory=lambda: All(()))
    include_owned_by_all: bool = True
    account_settings: AccountSettings | None = None


@dataclass(frozen=True, slots=True)
class SharingRules:
    """The rules of one object."""

    sobject: str
    owner_rules: tuple[OwnerRule, ...] = ()
    criteria_rules: tuple[CriteriaRule, ...] = ()
