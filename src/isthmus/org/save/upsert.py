"""Upsert: records that are named by an external id become an insert or an update, whichever it takes."""

from collections.abc import Sequence

from isthmus.kernel.errors import row_error
from isthmus.org.save.columns import refusal
from isthmus.org.save.external_ids import key_value
from isthmus.org.save.objects import find_key, find_matches, find_sobject
from isthmus.org.save.operation import Operation
from isthmus.org.save.requests import BATCH, Record, run_batches
from isthmus.org.save.result import SaveResult
from isthmus.org.save.row import Row
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.model import Field, FieldType, SObjectType
from isthmus.org.schema.values import BadValue, Stored


def upsert(
    unit: UnitOfWork, sobject: str, field: str, records: Sequence[Record], *, update_only: bool = False
) -> list[SaveResult]:
    """Create or change records by the value of `field`: an external id, a field for id look-ups, or `Id`.

    No record has the value: insert (`update_only`: the row error `record_to_update_not_found`). One has it:
    update. Several have it: an error that names them. Which records count: see `objects.find_matches`. Fault:
    `external_id_field_not_found`.
    """
    target = find_sobject(unit.schema, unit.access, sobject)
    key = find_key(unit.access, target, field)
    results: list[SaveResult] = []
    for start in range(0, len(records), BATCH):
        results += _upsert(unit, target, key, records[start : start + BATCH], update_only)
    return results


def _upsert(
    unit: UnitOfWork, sobject: SObjectType, key: Field, records: Sequence[Record], update_only: bool
) -> list[SaveResult]:
    rows = [Row(each) for each in records]
    values = [_key_of(row, key) for row in rows]
    _refuse_repeated(rows, values, key)
    wanted = [value for row, value in zip(rows, values, strict=True) if value is not None and not row.errors]
    found = find_matches(unit, sobject, key, wanted) if key.type is not FieldType.ID else {}
    inserts: list[Row] = []
    updates: list[Row] = []
    for row, value in zip(rows, values, strict=True):
        if row.errors:
            continue
        ids = (str(value),) if key.type is FieldType.ID and value is not None else found.get(value, ())
        if len(ids) > 1:
            row.matches = ids
            joined = ", ".join(ids)
            row.errors.append(row_error("duplicate_external_id", key.name, label=key.label, ids=joined))
        elif ids:
            row.id = ids[0]
            row.given = _without(row.given, key)
            updates.append(row)
        elif update_only:
            row.errors.append(row_error("record_to_update_not_found"))
        else:
            row.created = True
            if key.type is FieldType.ID:
                row.given = _without(row.given, key)
            inserts.append(row)
    run_batches(unit, sobject, Operation.UPDATE, updates)
    run_batches(unit, sobject, Operation.INSERT, inserts)
    return [row.result() for row in rows]


def _key_of(row: Row, key: Field) -> Stored:
    """The value that names the record; an error of the row where there is none.

    A missing `Id` means an insert.
    """
    raw = next((value for name, value in row.given.items() if name.lower() == key.name.lower()), None)
    try:
        value = key_value(key, raw)
    except BadValue as bad:
        row.errors.append(refusal(key, bad))
        return None
    if value is None and key.type is not FieldType.ID:
        row.errors.append(row_error("external_id_missing", key.name, field=key.name))
    return value


def _refuse_repeated(rows: list[Row], values: list[Stored], key: Field) -> None:
    """Records of one request that share a value all fail: which of them should win, nobody can say."""
    holders: dict[Stored, list[Row]] = {}
    for row, value in zip(rows, values, strict=True):
        if value is not None:
            holders.setdefault(value, []).append(row)
    for sharing in holders.values():
        if len(sharing) > 1:
            for row in sharing:
                shown = next(value for name, value in row.given.items() if name.lower() == key.name.lower())
                row.errors.append(row_error("external_id_twice", key.name, value=shown))


def _without(given: Record, key: Field) -> Record:
    """The record without its key: the record that is meant has the value already."""
    return {name: value for name, value in given.items() if name.lower() != key.name.lower()}
