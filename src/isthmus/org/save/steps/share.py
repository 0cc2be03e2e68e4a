"""Share: what the principal may do with the records of a batch, and whose they are from then on.

Each question is asked once for the whole batch. Source: Salesforce Help, "Organization-Wide Default Access
Settings"; SOAP API Developer Guide, StatusCode.
"""

from collections.abc import Iterable
from typing import Final

from isthmus.kernel.database import Value
from isthmus.kernel.errors import RowError, row_error
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.sharing import upkeep_of
from isthmus.org.save.statements import in_parts
from isthmus.org.save.step import step
from isthmus.org.save.steps.require import refuse_missing
from isthmus.org.schema.model import ObjectKind
from isthmus.org.schema.share_objects import is_share
from isthmus.org.schema.tables import quoted
from isthmus.org.security.sharing.model import Level, ShareTable, SharingModel, sharing_model
from isthmus.org.security.sharing.predicate import within
from isthmus.org.security.sharing.rows import MANUAL

_GRANTED: Final = frozenset({"Read", "Edit"})
_GRANTED_BELOW: Final = _GRANTED | {"None"}
"""Of what belongs to an account. `All` is its owner's alone. Source: Object Reference, AccountShare."""
_CONTROLLED: Final = "ControlledByParent"
_CUSTOM: Final = "__c"
_MODIFY_ALL: Final = "ModifyAllData"
_CONTACTS: Final = "ContactAccessLevel"
_FILE, _FILE_LINK, _FILE_ID = "ContentDocument", "ContentDocumentLink", "ContentDocumentId"
_SEEN: Final = "V"
"""The link's type by which a file is only seen."""
_GROUP_TYPES: Final = ("Role", "RoleAndSubordinates")


def _is_limited(plan: Plan) -> bool:
    return plan.sharing.to_write is not None


@step(Operation.UPDATE, Operation.DELETE, Operation.UNDELETE, needed=_is_limited)
def check_record_access(save: Save) -> None:
    """Only who may edit a record updates it, and only who may do all with it deletes it.

    Of a record that can't even be seen, no more is said than of one that somebody refers to.
    """
    rows = save.live()
    refused = _beyond(save, rows, save.plan.sharing.to_write)
    unseen = {id(row) for row in _beyond(save, refused, save.plan.sharing.to_read)}
    for row in refused:
        error = no_access_to_reference(str(row.id)) if id(row) in unseen else row_error("no_access_to_record")
        row.errors.append(error)


def _may_be_handed_on(plan: Plan) -> bool:
    return plan.sharing.to_transfer is not None and plan.has("OwnerId")


@step(Operation.UPDATE, needed=_may_be_handed_on)
def check_transfer(save: Save) -> None:
    """To give a record another owner takes more than to edit it."""
    moved = [row for row in save.live() if row.changed("OwnerId")]
    for row in _beyond(save, moved, save.plan.sharing.to_transfer):
        row.errors.append(row_error("no_access_to_record"))


def _beyond(save: Save, rows: list[Row], condition: str | None) -> list[Row]:
    """The rows whose records don't meet a condition."""
    if condition is None or not rows:
        return []
    seen = reached(save, save.plan.sobject.name, condition, [str(row.id) for row in rows])
    return [row for row in rows if row.id not in seen]


def reached(save: Save, sobject: str, condition: str, ids: Iterable[str]) -> set[str]:
    """The records of these that meet a condition on the table `t`."""
    return within(save.unit.tx, sobject, condition, ids, save.unit.principal.user_id)


def no_access_to_reference(record_id: str) -> RowError:
    """The error for a reference to a record that the principal may not see, or not put anything below."""
    return row_error("no_access_to_reference", id=record_id[:15])


def _is_of_shares(plan: Plan) -> bool:
    return is_share(plan.sobject) and not plan.system


@step(Operation.INSERT, Operation.UPDATE, Operation.DELETE, needed=_is_of_shares)
def check_shares(save: Save) -> None:
    """By hand only that is given and taken which was given by hand, not to the owner, and only more than the
    default gives.

    Source: Object Reference, AccountShare, AccessLevel and RowCause.
    """
    model = sharing_model(save.plan.schema)
    table = model.tables.get(save.plan.sobject.name)
    owners = {} if table is None or save.operation is not Operation.INSERT else _owners(save, table)
    for row in save.live():
        values = row.values if row.old is None else row.old
        if table is None or not _may_be_given(save, table, values.get("RowCause")):
            row.errors.append(row_error("no_access_to_record"))
        elif save.operation is not Operation.DELETE and not refuse_missing(save, row):
            row.errors += _level_errors(save, row, model, table)
            record = row.values.get(table.record)
            if record in owners and owners[record] == row.values.get("UserOrGroupId"):
                row.errors.append(no_access_to_reference(str(record)))


def _is_of_file_links(plan: Plan) -> bool:
    return plan.sharing.records is not None and plan.sobject.name == _FILE_LINK


@step(Operation.INSERT, Operation.UPDATE, needed=_is_of_file_links)
def check_file_links(save: Save) -> None:
    """Who sees a file lets others see it; that they change it, only who may do so themselves.

    Source: Object Reference, ContentDocumentLink, ShareType; that it is refused with this error is
    unconfirmed.
    """
    rows = [row for row in save.live() if row.changed("ShareType")]
    rows = [row for row in rows if row.old is not None or row.values.get("ShareType") != _SEEN]
    records, document = save.plan.sharing.records, save.plan.schema.find(_FILE)
    condition = None if records is None or document is None else records.condition(document, "t", Level.EDIT)
    if condition is None or not rows:
        return
    editable = reached(save, _FILE, condition, {str(row.values.get(_FILE_ID)) for row in rows})
    for row in rows:
        if row.values.get(_FILE_ID) not in editable:
            row.errors.append(row_error("no_access_to_record"))


def _may_be_given(save: Save, table: ShareTable, cause: object) -> bool:
    """Whether the principal may share, or share no more: by hand, or for a reason of the object's own.

    What was shared for a reason that is no more can be taken back. Source: Metadata API Developer Guide,
    SharingReason: reasons take Modify All Data.
    """
    if cause == MANUAL:
        return True
    if save.operation is Operation.DELETE and str(cause).endswith(_CUSTOM):
        return save.unit.access.has(_MODIFY_ALL)
    own = {each.value for each in save.plan.schema[table.sobject].sharing_reasons}
    return cause in own and save.unit.access.has(_MODIFY_ALL)


def _owners(save: Save, table: ShareTable) -> dict[Value, Value]:
    """Who owns the records that are shared: of those of standard objects, where it is known to be refused.

    Source: recorded, an insert of AccountShare for the account's owner.
    """
    if save.plan.schema[table.sobject].kind is ObjectKind.CUSTOM:
        return {}
    ids = {str(row.values.get(table.record)) for row in save.live()}
    sql = f'SELECT "Id", "OwnerId" FROM {quoted(table.sobject)} WHERE "Id" IN ({{}})'
    return {row[0]: row[1] for row in in_parts(save.unit.tx, sql, sorted(ids))}


def _level_errors(save: Save, row: Row, model: SharingModel, table: ShareTable) -> list[RowError]:
    errors = [
        row_error("bad_picklist_value", field, label=_label(save, field), value=level)
        for field in table.levels
        if (level := _level(row, field)) not in (_GRANTED if field == table.level else _GRANTED_BELOW)
    ]
    if errors:
        return errors
    level = _level(row, table.level)
    everybody = model.of(save.plan.schema[table.sobject]).open
    if table.below:
        return _account_level_errors(save, row, model, table)
    if Level[level.upper()] <= everybody:
        values = {"field": table.level, "level": level, "default": _name(everybody)}
        return [row_error("share_level_trivial", table.level, **values)]
    return []


def _label(save: Save, field: str) -> str:
    return save.plan.columns_by_name[field.lower()].field.label


def _account_level_errors(save: Save, row: Row, model: SharingModel, table: ShareTable) -> list[RowError]:
    """The levels of an account, and of what belongs to it: none below the default, and one above it.

    Contacts that their account controls have no level of their own.
    """
    levels, defaults = [], []
    for sobject, field in ((table.sobject, table.level), *_in_the_texts_order(table)):
        shared = save.plan.schema.find(sobject)
        default = "" if shared is None else model.default(shared)
        defaults.append(default if default == _CONTROLLED or shared is None else _name(model.of(shared).open))
        levels.append(
            _level(row, field, "None" if field != _CONTACTS or default == _CONTROLLED else defaults[-1])
        )
    pairs = [
        (Level[given.upper()], Level[default.upper()])
        for given, default in zip(levels, defaults, strict=True)
        if default not in ("", _CONTROLLED)
    ]
    if all(given >= default for given, default in pairs) and any(given > default for given, default in pairs):
        return []
    return [row_error("account_share_levels", levels=", ".join(levels), defaults=", ".join(defaults))]


def _in_the_texts_order(table: ShareTable) -> list[tuple[str, str]]:
    fields = dict(table.below)
    return [(each, fields[each]) for each in ("Opportunity", "Case", "Contact") if each in fields]


def _level(row: Row, field: str, unsaid: str = "None") -> str:
    """The level that the row will have."""
    value = row.values.get(field)
    if value is None and row.old is not None:
        value = row.old.get(field)
    return str(value or unsaid)


def _name(everybody: Level) -> str:
    """What everybody may, as shares write it: they give no more than `Edit`."""
    return min(everybody, Level.EDIT).name.capitalize()


def _has_shares(plan: Plan) -> bool:
    return plan.sobject.name in sharing_model(plan.schema).kept


@step(Operation.INSERT, Operation.UPDATE, needed=_has_shares, lasting=True)
def share_with_owners(save: Save) -> None:
    """An owner has the record from the moment on that it is theirs; who had it by hand has it no more."""
    name, shares = save.plan.sobject.name, upkeep_of(save.unit).shares
    if save.operation is Operation.INSERT:
        shares.own(name, [str(row.id) for row in save.live()], new=True)
        return
    moved = [str(row.id) for row in save.live() if row.changed("OwnerId")]
    if moved:
        shares.forget_manual(name, moved)
        shares.own(name, moved)


def _is_of_roles(plan: Plan) -> bool:
    group = plan.schema.find("Group")
    return plan.sobject.name == "UserRole" and group is not None and group.field("RelatedId") is not None


@step(Operation.INSERT, needed=_is_of_roles, lasting=True)
def make_role_groups(save: Save) -> None:
    """A role has two groups: who is in it, and those with all who are below.

    Source: Object Reference, Group, Type.
    """
    roles = {str(row.id): row for row in save.live()}
    there = in_parts(save.unit.tx, 'SELECT "RelatedId" FROM "Group" WHERE "RelatedId" IN ({})', list(roles))
    groups = [
        Row(
            {
                "Type": kind,
                "RelatedId": row.id,
                "Name": str(row.values.get("Name") or "")[:40],
                "DeveloperName": row.values.get("DeveloperName"),
                "DoesIncludeBosses": False,
            }
        )
        for row in roles.values()
        for kind in _GROUP_TYPES
        if (row.id,) not in there
    ]
    with save.unit.as_platform():
        save.unit.save(save.plan.schema["Group"], Operation.INSERT, groups)
    for group in groups:
        if group.errors:
            raise AssertionError(f"a role's group: {group.errors}")
