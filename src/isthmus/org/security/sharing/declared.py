"""Declared: the sharing rules that a project says, with the ids of the groups that they name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import structlog

from isthmus.kernel.database import Connection, Transaction
from isthmus.org.schema.sfdx import filter_logic
from isthmus.org.security.metadata.principals import Member, MemberKind
from isthmus.org.security.metadata.sharing_rules import (
    AccountSettings,
    CriteriaRule,
    OwnerRule,
    SharingRules,
)
from isthmus.org.security.sharing.criteria import Criteria
from isthmus.org.security.sharing.rules import SharingRule, replace_rules

_EVERYBODY: Final = "AllInternalUsers"
_ACCOUNT: Final = "Account"
_log = structlog.get_logger(__name__)


def declare_rules(tx: Transaction, declared: Iterable[SharingRules]) -> None:
    """Let these be the sharing rules; `Upkeep.reconcile` then follows them.

    The groups that they name have to be there. A rule that names one that is not is left out, and told.
    """
    groups = _groups(tx)
    rules: list[SharingRule] = []
    for of_object in declared:
        said: tuple[OwnerRule | CriteriaRule, ...] = (*of_object.owner_rules, *of_object.criteria_rules)
        found = (_rule(of_object.sobject, each, groups) for each in said)
        rules += [each for each in found if each is not None]
    tx.execute_many(
        'UPDATE "isthmus_sharing_state" SET "model" = ? WHERE "sobject" = ?',
        [("", each) for each in sorted(replace_rules(tx, rules))],
    )


def _groups(connection: Connection) -> dict[tuple[str, str], str]:
    """The id of every group, by its type and developer name."""
    rows = connection.rows(
        'SELECT "Type", "DeveloperName", "Id" FROM "Group" WHERE "DeveloperName" IS NOT NULL'
    )
    return {(str(kind), str(name).lower()): str(group) for kind, name, group in rows}


def _rule(
    sobject: str, rule: OwnerRule | CriteriaRule, groups: Mapping[tuple[str, str], str]
) -> SharingRule | None:
    target = _group(rule.shared_to, groups)
    source = _group(rule.shared_from, groups) if isinstance(rule, OwnerRule) else None
    if target is None or (isinstance(rule, OwnerRule) and source is None):
        _log.warning("a sharing rule names a group that is not there", sobject=sobject, rule=rule.name)
        return None
    criteria = None if isinstance(rule, OwnerRule) else _criteria(rule)
    levels = _levels(sobject, rule.level.value, rule.account_settings)
    return SharingRule(sobject, rule.name, target, levels, source, criteria)


def _group(member: Member, groups: Mapping[tuple[str, str], str]) -> str | None:
    name = _EVERYBODY if member.kind is MemberKind.ALL_INTERNAL_USERS else member.name
    return groups.get((member.kind.value, name.lower()))


def _levels(sobject: str, level: str, settings: AccountSettings | None) -> tuple[str, ...]:
    """The record's level and, of an account, those of its contacts, opportunities and cases."""
    if sobject != _ACCOUNT:
        return (level,)
    below = settings or AccountSettings()
    return (
        level,
        below.contact_access.value,
        below.opportunity_access.value,
        below.case_access.value,
    )


def _criteria(rule: CriteriaRule) -> Criteria:
    items = tuple((each.field, each.operation, each.value) for each in rule.items)
    return Criteria(items, _logic(rule.logic))


def _logic(logic: filter_logic.Logic) -> Any:
    """The logic as criteria keep it."""
    match logic:
        case filter_logic.All():
            return ["and", *_parts(logic.parts)]
        case filter_logic.Any():
            return ["or", *_parts(logic.parts)]
        case filter_logic.Not():
            return ["not", _logic(logic.part)]
        case _:
            return logic


def _parts(parts: Sequence[filter_logic.Logic]) -> list[Any]:
    return [_logic(each) for each in parts]
