"""Requests: insert, update, delete, undelete as asked of a transaction: records become rows, rows pass the
save order.

Results are in the order of the request. Rows go through in batches of 200, as on the platform. With
`all_or_none` a single error undoes the whole request (`RolledBack`). Upserts are in `upsert`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, TypeAlias

from isthmus.kernel.errors import RowError, fault, row_error
from isthmus.kernel.ids import MalformedId, to_18
from isthmus.org.save import recycle_bin
from isthmus.org.save.objects import find_sobject
from isthmus.org.save.operation import Operation
from isthmus.org.save.result import SaveResult
from isthmus.org.save.row import Row
from isthmus.org.save.standing_shares import insert_shares
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.share_objects import is_share
from isthmus.org.security.sharing.model import Level
from isthmus.org.security.sharing.predicate import RecordAccess, within

Record: TypeAlias = Mapping[str, object]

BATCH: Final = 200
"""Rows that pass the save order together.

Source: Apex Developer Guide, Triggers: bulk triggers get 200 at a time.
"""
RUNS_MAX: Final = 10
"""Runs of records of one object, in a request for several. Source: REST API Developer Guide, "Update Records
Using sObject Collections"; SOAP API Developer Guide, create().
"""


class RolledBack(Exception):
    """A request with `all_or_none` failed: whoever owns the transaction undoes it and answers with
    `results`.
    """

    def __init__(self, results: list[SaveResult]) -> None:
        super().__init__("not all records were valid")
        self.results = results


def insert(unit: UnitOfWork, sobject: str | None, records: Sequence[Record]) -> list[SaveResult]:
    """Create records; without `sobject`, each says its own in `attributes`. Fault: `resource_not_found`."""
    rows = [_new_row(each) for each in records]
    _run(unit, Operation.INSERT, rows, sobject, _type_in_attributes)
    return [row.result() for row in rows]


def update(unit: UnitOfWork, sobject: str | None, records: Sequence[Record]) -> list[SaveResult]:
    """Change records by their `Id`; without `sobject`, by what `attributes` or the id says.

    Fault as for insert.
    """
    rows = [Row(each) for each in records]
    _run(unit, Operation.UPDATE, rows, sobject, _type_in_attributes)
    return [row.result() for row in rows]


def delete(unit: UnitOfWork, sobject: str | None, ids: Iterable[str]) -> list[SaveResult]:
    """Delete records; without `sobject`, of any object. Fault as for insert."""
    rows = [Row({}, each) for each in ids]
    _run(unit, Operation.DELETE, rows, sobject, _type_of_id)
    return [row.result() for row in rows]


def undelete(unit: UnitOfWork, ids: Iterable[str]) -> list[SaveResult]:
    """Bring records of any object back from the recycle bin."""
    rows = [Row({}, each) for each in ids]
    _run(unit, Operation.UNDELETE, rows, None, _type_of_id)
    return [row.result() for row in rows]


def empty_recycle_bin(unit: UnitOfWork, ids: Iterable[str]) -> list[SaveResult]:
    """Give up deleted records, and what went with them, for good. What the principal could not have deleted
    is not in the bin for them.
    """
    wanted = list(ids)
    known = _given_up(unit, recycle_bin.roots(unit.tx, [full for each in wanted if (full := _full(each))]))
    results = []
    for each in wanted:
        full = _full(each)
        errors = () if full in known else (row_error("not_in_recycle_bin"),)
        results.append(SaveResult(full or each, errors))
    recycle_bin.empty(unit.tx, [each.id for each in results if each.success and each.id])
    return results


def _given_up(unit: UnitOfWork, roots: Mapping[str, str]) -> set[str]:
    """Of these deleted records (id and object), those that the principal may give up."""
    if unit.system:
        return set(roots)
    records, access = RecordAccess(unit.schema, unit.access), unit.access
    found: set[str] = set()
    for name in sorted(set(roots.values())):
        sobject = records.find(name)
        if sobject is not None and access.may_delete(name):
            condition = records.condition(sobject, "t", Level.ALL)
            ids = [each for each, its in roots.items() if its == name]
            found |= within(unit.tx, name, condition, ids, unit.principal.user_id)
    return found


def whole(results: list[SaveResult]) -> list[SaveResult]:
    """`results`, if no row failed.

    Raises RolledBack: with it, the rows that would have been saved fail as well.
    """
    if all(each.success for each in results):
        return results
    undone = (row_error("rolled_back"),)
    raise RolledBack(
        [SaveResult(None if each.created else each.id, undone) if each.success else each for each in results]
    )


def run_batches(unit: UnitOfWork, sobject: SObjectType, operation: Operation, rows: Sequence[Row]) -> None:
    """Run the save order over rows of one object, 200 at a time."""
    for start in range(0, len(rows), BATCH):
        part = list(rows[start : start + BATCH])
        if operation is Operation.INSERT and is_share(sobject):
            insert_shares(unit, sobject, part)
        else:
            unit.save(sobject, operation, part)


def _new_row(record: Record) -> Row:
    row = Row(record)
    row.created = True
    return row


def _run(
    unit: UnitOfWork,
    operation: Operation,
    rows: list[Row],
    sobject: str | None,
    type_of: Callable[[UnitOfWork, Row], SObjectType | RowError],
) -> None:
    """Run rows of one object, or runs of rows that are each of one object."""
    if sobject is not None:
        run_batches(unit, find_sobject(unit.schema, unit.access, sobject), operation, rows)
        return
    typed: list[tuple[Row, SObjectType]] = []
    for row in rows:
        found = type_of(unit, row)
        if isinstance(found, RowError):
            row.errors.append(found)
        else:
            typed.append((row, found))
    runs = [list(run) for _, run in groupby(typed, key=lambda each: each[1].name)]
    if len(runs) > RUNS_MAX:
        raise fault("too_many_chunks", maximum=RUNS_MAX)
    for some in runs:
        run_batches(unit, some[0][1], operation, [row for row, _ in some])


def _type_in_attributes(unit: UnitOfWork, row: Row) -> SObjectType | RowError:
    attributes = row.given.get("attributes")
    named = attributes.get("type") if isinstance(attributes, Mapping) else None
    if named is None and not row.created:
        row.id = next((str(value) for key, value in row.given.items() if key.lower() == "id"), None)
        return row_error("id_missing_in_update") if row.id is None else _type_of_id(unit, row)
    found = unit.schema.find(named) if isinstance(named, str) else None
    if found is None or not (found.stored or found.published) or not unit.access.may_read(found.name):
        return row_error("unsupported_sobject_type", sobject=named)
    return found


def _type_of_id(unit: UnitOfWork, row: Row) -> SObjectType | RowError:
    full = _full(row.id or "")
    owners = [each for each in unit.schema.with_prefix(full) if each.stored or each.published] if full else []
    return owners[0] if owners else row_error("malformed_delete_id", value=row.id)


def _full(record_id: str) -> str | None:
    try:
        return to_18(record_id)
    except MalformedId:
        return None
