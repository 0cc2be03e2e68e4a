"""Load: the records as they are now, and the overlay of what was sent."""

from isthmus.kernel.errors import RowError, row_error
from isthmus.kernel.ids import MalformedId, to_18
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row, Values
from isthmus.org.save.step import step
from isthmus.org.schema.schemes import is_unreadable


def _is_stored(plan: Plan) -> bool:
    return plan.sobject.stored


@step(Operation.UPDATE, Operation.DELETE, Operation.UNDELETE, needed=_is_stored)
def load_current_values(save: Save) -> None:
    """Read the records that are to change, the whole batch at once; on PostgreSQL they stay locked."""
    _check_ids(save)
    rows = save.live()
    if not rows:
        return
    ids = list(dict.fromkeys(row.id for row in rows if row.id))
    found = save.plan.statements.read(save.unit.tx, ids, lock=True)
    undelete = save.operation is Operation.UNDELETE
    since = save.options.unmodified_since
    for row in rows:
        old = found.get(row.id or "")
        if old is None:
            row.errors.append(row_error("undelete_failed" if undelete else "record_not_found"))
        elif old["IsDeleted"] and not undelete:
            row.errors.append(row_error("entity_is_deleted"))
        elif since is not None and _modified(old) > since:
            row.errors.append(row_error("modified_since"))
        elif save.plan.encrypted and (gone := _unreadable(save, row, old)):
            row.errors.append(row_error("encrypted_value_unreadable", *gone, names=", ".join(gone)))
        else:
            row.old = old


@step(Operation.INSERT, Operation.UPDATE)
def overlay_values(save: Save) -> None:
    """Begin each record: defaults for a new one, its current values for another. Resolve what was sent."""
    unit, plan = save.unit, save.plan
    begin = {**{name: preset(unit) for name, preset in plan.presets.items()}, **plan.defaults}
    for row in save.live():
        row.layout = plan.layout(tuple(row.given))
        row.values = dict(begin if row.old is None else row.old)
        if plan.system and row.old is None and row.id is None:
            row.id = _given_id(row)


@step(Operation.DELETE, Operation.UNDELETE)
def overlay_deleted_flag(save: Save) -> None:
    """Begin each record that comes or goes with its values as they are."""
    for row in save.live():
        row.values = dict(row.old or {})


def _check_ids(save: Save) -> None:
    """Every row names a record of this object, and no two rows the same one."""
    seen: dict[str, Row] = {}
    for row in save.live():
        error = _identify(save, row)
        if error is None and (first := seen.get(row.id or "")) is not None:
            error = row_error("duplicate_record_id", value=row.id)
            if not first.errors:
                first.errors.append(error)
        if error is not None:
            row.errors.append(error)
        elif row.id:
            seen[row.id] = row


def _identify(save: Save, row: Row) -> RowError | None:
    if row.id is None:
        row.id = _given_id(row)
        if row.id is None:
            return row_error("id_missing_in_update")
    prefix = save.plan.sobject.key_prefix
    try:
        row.id = to_18(row.id)
    except MalformedId:
        return malformed(save, row.id)
    if prefix is not None and not row.id.startswith(prefix):
        return malformed(save, row.id)
    return None


def _unreadable(save: Save, row: Row, old: Values) -> list[str]:
    """The encrypted fields whose values can't be opened, and aren't given anew: they would be lost."""
    if save.operation is not Operation.UPDATE:
        return []
    given = {name.lower() for name in row.given}
    return [name for name in save.plan.encrypted if is_unreadable(old[name]) and name.lower() not in given]


def _modified(old: Values) -> int:
    at = old.get("LastModifiedDate")
    return at if isinstance(at, int) else 0


def _given_id(row: Row) -> str | None:
    raw = next((value for key, value in row.given.items() if key.lower() == "id"), None)
    return None if raw is None or raw == "" else str(raw)


def malformed(save: Save, value: str) -> RowError:
    """The error for an id that is none, or is none of this object."""
    if save.operation in (Operation.DELETE, Operation.UNDELETE):
        return row_error("malformed_delete_id", value=value)
    field = save.plan.sobject.field("Id")
    label = field.label if field is not None else "Record ID"
    return row_error("malformed_record_id", "Id", label=label, value=value)
