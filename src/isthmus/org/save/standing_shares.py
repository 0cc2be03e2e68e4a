"""Standing shares: to share a record once more with whom it is shared by hand already changes that share.

Source: Object Reference, AccountShare, Usage: an attempt to create a record that matches an existing one
updates any modified fields and returns the existing record. For other share objects by analogy.
"""

from collections.abc import Sequence
from typing import Final

from isthmus.kernel.ids import MalformedId, to_18
from isthmus.org.save.operation import Operation
from isthmus.org.save.row import Row
from isthmus.org.save.statements import in_parts
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.tables import quoted
from isthmus.org.security.sharing.model import ShareTable, sharing_model
from isthmus.org.security.sharing.rows import MANUAL

_GRANTEE: Final = "UserOrGroupId"
_CAUSE: Final = "RowCause"

_Key = tuple[str, str, str]


def insert_shares(unit: UnitOfWork, sobject: SObjectType, rows: Sequence[Row]) -> None:
    """Run the save order over new rows of a share object; those that match a standing share change it."""
    table = sharing_model(unit.schema).tables.get(sobject.name)
    if table is None:
        unit.save(sobject, Operation.INSERT, list(rows))
        return
    while rows:
        now, rows = _once(rows, table)
        standing = _standing(unit, table, now)
        new, changed = [], []
        for row in now:
            share = standing.get(_key(row, table))
            if share is None:
                new.append(row)
            else:
                row.id, row.given = share, _levels(row, table)
                changed.append(row)
        if changed:
            unit.save(sobject, Operation.UPDATE, changed)
        if new:
            unit.save(sobject, Operation.INSERT, new)


def _once(rows: Sequence[Row], table: ShareTable) -> tuple[list[Row], list[Row]]:
    """The rows whose share no row before them makes, and the others."""
    now: list[Row] = []
    later: list[Row] = []
    keys: set[_Key] = set()
    for row in rows:
        key = _key(row, table)
        (later if key in keys else now).append(row)
        if key is not None:
            keys.add(key)
    return now, later


def _key(row: Row, table: ShareTable) -> _Key | None:
    """What a row shares, with whom and why; None where it doesn't say."""
    given = {name.lower(): value for name, value in row.given.items()}
    try:
        record = to_18(str(given.get(table.record.lower())))
        grantee = to_18(str(given.get(_GRANTEE.lower())))
    except MalformedId:
        return None
    return record, grantee, str(given.get(_CAUSE.lower()) or MANUAL)


def _standing(unit: UnitOfWork, table: ShareTable, rows: Sequence[Row]) -> dict[_Key | None, str]:
    """The ids of the shares that are there, of those that the rows would make."""
    wanted = {key: None for row in rows if (key := _key(row, table)) is not None}
    columns = ", ".join(quoted(each) for each in (table.record, _GRANTEE, _CAUSE, "Id"))
    sql = f"SELECT {columns} FROM {quoted(table.name)} WHERE {quoted(table.record)} IN ({{}})"
    found: dict[_Key | None, str] = {}
    for record, grantee, cause, share in in_parts(unit.tx, sql, sorted({key[0] for key in wanted})):
        key = (str(record), str(grantee), str(cause))
        if key in wanted:
            found[key] = str(share)
    return found


def _levels(row: Row, table: ShareTable) -> dict[str, object]:
    """What a share may be changed in."""
    levels = {each.lower() for each in table.levels}
    return {name: value for name, value in row.given.items() if name.lower() in levels}
