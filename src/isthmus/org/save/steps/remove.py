"""Remove and restore: records go to the recycle bin and come back, with all that goes with them."""

from functools import partial

from isthmus.kernel.database import Value
from isthmus.kernel.errors import row_error
from isthmus.org.save import recycle_bin
from isthmus.org.save.batch import Save
from isthmus.org.save.deletion import plan_deletion
from isthmus.org.save.names import REGISTRY, mark_deleted
from isthmus.org.save.objects import find_seen
from isthmus.org.save.operation import Operation
from isthmus.org.save.recycle_bin import ClearedLookup, Entry, by_object
from isthmus.org.save.restoration import Restoration, plan_restoration
from isthmus.org.save.statements import run_each
from isthmus.org.save.step import step
from isthmus.org.save.unit_of_work import Change, UnitOfWork
from isthmus.org.schema.instants import whole_second
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.share_objects import is_share
from isthmus.org.schema.tables import quoted
from isthmus.org.search.changes import note
from isthmus.org.search.fields import is_searched


@step(Operation.DELETE, lasting=True)
def delete_records(save: Save) -> None:
    """Delete the batch and what goes with it.

    A record that something holds back stays, as an error of its row.
    """
    unit, rows = save.unit, save.live()
    ids = [str(row.id) for row in rows]
    deletion = plan_deletion(unit.tx, unit.schema, save.plan.sobject, ids, partial(find_seen, unit))
    for row in rows:
        if error := deletion.held.get(str(row.id)):
            row.errors.append(error)
    binned: list[Entry] = []
    for sobject, entries in by_object(unit.schema, deletion.going.values()):
        ids = [each.id for each in entries]
        if sobject.field("IsDeleted") is None or is_share(sobject):
            run_each(unit.tx, f'DELETE FROM {quoted(sobject.name)} WHERE "Id" = ?', [(each,) for each in ids])
            if is_searched(sobject):
                note(unit.tx, ids)
        else:
            _flag(unit, sobject, ids, 1)
            binned += entries
        if unit.schema.find(REGISTRY) is not None:
            mark_deleted(unit.tx, ids, 1)
    for each in deletion.cleared:
        _set_lookup(unit, each, None)
    recycle_bin.put(unit.tx, binned, deletion.cleared, unit.now, unit.principal.user_id)
    before = {row.id: row.old for row in rows}
    unit.changes.extend(
        Change(each.sobject, each.id, Operation.DELETE, before.get(each.id), None)
        for each in deletion.going.values()
    )


@step(Operation.UNDELETE)
def check_recycle_bin(save: Save) -> None:
    """Only what was deleted on its own can be undeleted."""
    rows = save.live()
    roots = recycle_bin.roots(save.unit.tx, [str(row.id) for row in rows])
    for row in rows:
        if row.id not in roots:
            row.errors.append(row_error("undelete_failed"))


@step(Operation.UNDELETE, lasting=True)
def undelete_records(save: Save) -> None:
    """Bring the batch back, with what went with it; set lookups again that are still empty.

    A record that can't come back is an error of its row: then the rest of the batch runs again without it.
    """
    unit, rows = save.unit, save.live()
    ids = [str(row.id) for row in rows]
    restoration = plan_restoration(unit.tx, unit.schema, ids)
    for row in rows:
        if error := restoration.held.get(str(row.id)):
            row.errors.append(error)
    if restoration.held:
        return
    for sobject, some in by_object(unit.schema, restoration.coming):
        back = [each.id for each in some]
        _flag(unit, sobject, back, 0)
        if unit.schema.find(REGISTRY) is not None:
            mark_deleted(unit.tx, back, 0)
    _mend_lookups(unit, restoration, ids)
    recycle_bin.take(unit.tx, restoration.coming)
    recycle_bin.leave(unit.tx, restoration.staying)
    after = {row.id: row for row in rows}
    for row in rows:
        row.values["IsDeleted"] = 0
    for entry in restoration.coming:
        root = after.get(entry.id)
        unit.changes.append(
            Change(
                entry.sobject,
                entry.id,
                Operation.UNDELETE,
                root.old if root else None,
                root.values if root else None,
            )
        )


def _mend_lookups(unit: UnitOfWork, restoration: Restoration, roots: list[str]) -> None:
    """Clear what refers to records that are gone, and let others refer again to what is back."""
    for each in restoration.lost:
        entry, name = each.entry, each.field.name
        _set_lookup(unit, ClearedLookup(entry.root, entry.sobject, name, entry.id, each.parent), None)
    back = {each.id for each in restoration.coming}
    for cleared in recycle_bin.lookups_cleared_by(unit.tx, roots):
        if cleared.parent in back:
            _set_lookup(unit, cleared, cleared.parent)


def _flag(unit: UnitOfWork, sobject: SObjectType, ids: list[str], deleted: int) -> None:
    stamps: dict[str, Value] = {
        "LastModifiedDate": whole_second(unit.now),
        "LastModifiedById": unit.principal.user_id,
        "SystemModstamp": whole_second(unit.now),
    }
    values: dict[str, Value] = {
        "IsDeleted": deleted,
        **{name: stamp for name, stamp in stamps.items() if sobject.field(name)},
    }
    sets = ", ".join(f"{quoted(name)} = ?" for name in values)
    sql = f'UPDATE {quoted(sobject.name)} SET {sets} WHERE "Id" = ?'
    run_each(unit.tx, sql, [(*values.values(), each) for each in ids])


def _set_lookup(unit: UnitOfWork, cleared: ClearedLookup, parent: str | None) -> None:
    """Clear a lookup, or set it again where it is still empty.

    Source: Salesforce Help, Restore Deleted Records.
    """
    sobject = unit.schema.find(cleared.sobject)
    if sobject is None or sobject.field(cleared.field) is None:
        return
    column = quoted(cleared.field)
    stamp = ', "SystemModstamp" = ?' if sobject.field("SystemModstamp") else ""
    parameters = [parent, *([whole_second(unit.now)] if stamp else []), cleared.id]
    guard = f"{column} IS NOT NULL" if parent is None else f"{column} IS NULL"
    unit.tx.execute(
        f'UPDATE {quoted(cleared.sobject)} SET {column} = ?{stamp} WHERE "Id" = ? AND {guard}', parameters
    )
