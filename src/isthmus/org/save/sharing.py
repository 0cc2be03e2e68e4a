"""Sharing: what a transaction has changed is followed before its commit.

Rules, implicit sharing and groups are recalculated once, for all that the transaction has written, however
many saves that took. Owners have had their records since each save (`steps.share`).
"""

from collections.abc import Iterable
from typing import Final

from isthmus.org.save.operation import Operation
from isthmus.org.save.row import Values
from isthmus.org.save.unit_of_work import Change, UnitOfWork
from isthmus.org.security.sharing import grantees
from isthmus.org.security.sharing.model import SharingModel, sharing_model
from isthmus.org.security.sharing.rows import ACCOUNT, OWNERS_SEE_ACCOUNT
from isthmus.org.security.sharing.rules import rules_of
from isthmus.org.security.sharing.upkeep import Upkeep

_APPEARING: Final = (Operation.INSERT, Operation.UNDELETE)
_ROLE_SAYS: Final = (
    "OpportunityAccessForAccountOwner",
    "CaseAccessForAccountOwner",
    "ContactAccessForAccountOwner",
)


def recalculate_sharing(unit: UnitOfWork) -> None:
    """Bring shares, and whom users stand for, up to what the transaction has changed."""
    model = sharing_model(unit.schema)
    touched = {each.sobject for each in unit.changes}
    peopled = not touched.isdisjoint(grantees.SOURCES) and grantees.keeps_grantees(unit.schema)
    if not peopled and not any(_is_shared(model, each) for each in touched):
        return
    changed: dict[str, list[Change]] = {}
    for each in unit.changes:
        changed.setdefault(each.sobject, []).append(each)
    upkeep = upkeep_of(unit)
    if peopled:
        _follow_people(upkeep, changed)
    if not model.kept:
        return
    for name, changes in changed.items():
        if name in model.kept or name in OWNERS_SEE_ACCOUNT:
            _follow_records(unit, upkeep, model, name, changes)
        elif name in model.tables:
            _follow_shares(upkeep, model, name, changes)


def _is_shared(model: SharingModel, sobject: str) -> bool:
    """Whether shares depend on records of the object."""
    if sobject in model.kept or sobject in model.tables:
        return True
    return sobject in OWNERS_SEE_ACCOUNT and bool(model.kept)


def upkeep_of(unit: UnitOfWork) -> Upkeep:
    """What keeps sharing right in this transaction."""
    return Upkeep(unit.tx, unit.schema, instance=unit.instance, now=unit.now, user_id=unit.principal.user_id)


def _follow_people(upkeep: Upkeep, changed: dict[str, list[Change]]) -> None:
    """Users, roles, groups and members that came, went or moved."""
    ids: set[str] = set()
    left: set[str] = set()
    paid: list[str] = []
    for user in changed.get("User", ()):
        if user.operation is Operation.INSERT or _differs(user, "UserRoleId"):
            ids.add(user.id)
            left |= _texts(user.before, "UserRoleId")
            paid.append(user.id)
    rules: set[str] = set()
    for role in changed.get("UserRole", ()):
        if _differs(role, "ParentRoleId") or role.operation is not Operation.UPDATE:
            ids.add(role.id)
            left |= _texts(role.before, "ParentRoleId")
        if role.operation is Operation.UPDATE and any(_differs(role, each) for each in _ROLE_SAYS):
            rules.add(role.id)
    ids |= {each.id for each in changed.get("Group", ()) if _matters(each)}
    for member in changed.get("GroupMember", ()):
        ids |= _texts(member.before, "UserOrGroupId") | _texts(member.after, "UserOrGroupId")
    gone = [each.id for each in changed.get("Group", ()) if each.operation is Operation.DELETE]
    if gone:
        upkeep.shares.forget_grantees(gone)
    if ids or left:
        upkeep.regroup(ids, left)
    upkeep.refresh_accounts_of(sorted({*paid, *upkeep.users_in(rules)} if rules else set(paid)))


def _matters(group: Change) -> bool:
    return group.operation is not Operation.UPDATE or _differs(group, "DoesIncludeBosses")


def _follow_records(
    unit: UnitOfWork, upkeep: Upkeep, model: SharingModel, name: str, changes: list[Change]
) -> None:
    """Records that came or went, or of which something has changed that sharing depends on."""
    decided = name in model.kept and any(each.criteria is not None for each in rules_of(unit.tx, name))
    ids = {
        each.id
        for each in changes
        if each.operation in _APPEARING or (each.operation is Operation.UPDATE and (decided or _moved(each)))
    }
    gone = {each.id for each in changes if each.operation is Operation.DELETE}
    accounts = (
        set[str]().union(*(_texts(each.before, "AccountId") for each in changes)) if gone or ids else set()
    )
    upkeep.shares.refresh(name, sorted(ids), accounts, owned=True)
    if gone and name != ACCOUNT:
        upkeep.shares.refresh_above(name, sorted(gone))


def _moved(change: Change) -> bool:
    return change.before is None or _differs(change, "OwnerId") or _differs(change, "AccountId")


def _follow_shares(upkeep: Upkeep, model: SharingModel, name: str, changes: Iterable[Change]) -> None:
    """Shares that somebody has given or taken by hand."""
    table = model.tables[name]
    records = set[str]().union(
        *(_texts(each.before, table.record) | _texts(each.after, table.record) for each in changes)
    )
    if table.sobject == ACCOUNT:
        upkeep.shares.refresh_below(sorted(records))
    else:
        upkeep.shares.refresh_above(table.sobject, sorted(records))


def _differs(change: Change, field: str) -> bool:
    before = None if change.before is None else change.before.get(field)
    return before != (None if change.after is None else change.after.get(field))


def _texts(values: Values | None, field: str) -> set[str]:
    value = None if values is None else values.get(field)
    return {value} if isinstance(value, str) else set()
