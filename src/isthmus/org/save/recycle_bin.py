"""Recycle bin: deleted records, each with the record whose deletion took it along (its *root*).

Only roots can be undeleted; what went with them comes back with them. Lookups that the deletion cleared are
noted, and set again where they are still empty. Records stay 15 days. Source: Salesforce Help, Manage Your
Recycle Bin; SOAP API Developer Guide, undelete(), emptyRecycleBin().
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from isthmus.kernel.clock import DAY
from isthmus.kernel.database import Connection, Transaction
from isthmus.org.save.statements import in_parts, run_each
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.tables import quoted
from isthmus.org.search.changes import note
from isthmus.org.search.fields import is_searched
from isthmus.org.security.sharing.model import sharing_model

RETENTION: Final = 15 * DAY
_PURGED_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A deleted record."""

    id: str
    sobject: str
    root: str


@dataclass(frozen=True, slots=True)
class ClearedLookup:
    """`field` of the record `id` referred to `parent` until the deletion of `root`."""

    root: str
    sobject: str
    field: str
    id: str
    parent: str


def put(
    tx: Transaction, entries: Iterable[Entry], cleared: Iterable[ClearedLookup], now: int, user_id: str
) -> None:
    """Put records into the bin."""
    run_each(
        tx,
        'INSERT INTO "isthmus_recycle_bin" ("id", "sobject", "root", "deleted_at", "deleted_by") '
        "VALUES (?, ?, ?, ?, ?)",
        [(each.id, each.sobject, each.root, now, user_id) for each in entries],
    )
    run_each(
        tx,
        'INSERT INTO "isthmus_cleared_lookup" ("root", "sobject", "field", "id", "parent") '
        "VALUES (?, ?, ?, ?, ?)",
        [(each.root, each.sobject, each.field, each.id, each.parent) for each in cleared],
    )


def roots(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Of `ids`, those that can be undeleted, each with its object."""
    sql = (
        'SELECT "id", "sobject" FROM "isthmus_recycle_bin" '
        'WHERE "root" = "id" AND "emptied" = 0 AND "id" IN ({})'
    )
    return {str(row[0]): str(row[1]) for row in in_parts(connection, sql, ids)}


def entries_of(connection: Connection, ids: Sequence[str]) -> list[Entry]:
    """Everything that went with these roots, the roots too."""
    sql = 'SELECT "id", "sobject", "root" FROM "isthmus_recycle_bin" WHERE "root" IN ({})'
    return [Entry(str(row[0]), str(row[1]), str(row[2])) for row in in_parts(connection, sql, ids)]


def by_object(schema: Schema, entries: Iterable[Entry]) -> list[tuple[SObjectType, list[Entry]]]:
    """The entries of each object that there still is."""
    groups: dict[str, list[Entry]] = {}
    for each in entries:
        groups.setdefault(each.sobject, []).append(each)
    found = ((schema.find(name), some) for name, some in groups.items())
    return [(sobject, some) for sobject, some in found if sobject is not None]


def lookups_cleared_by(connection: Connection, ids: Sequence[str]) -> list[ClearedLookup]:
    """The lookups that the deletion of these roots cleared."""
    sql = (
        'SELECT "root", "sobject", "field", "id", "parent" FROM "isthmus_cleared_lookup" WHERE "root" IN ({})'
    )
    return [ClearedLookup(*map(str, row)) for row in in_parts(connection, sql, ids)]


def take(tx: Transaction, entries: Iterable[Entry]) -> None:
    """Take these records out of the bin, and with a root the note of what its deletion cleared."""
    ids = [(each.id,) for each in entries]
    run_each(tx, 'DELETE FROM "isthmus_recycle_bin" WHERE "id" = ?', ids)
    run_each(tx, 'DELETE FROM "isthmus_cleared_lookup" WHERE "root" = ?', ids)


def leave(tx: Transaction, entries: Iterable[Entry]) -> None:
    """Leave these records in the bin on their own: each can be undeleted by itself from now on."""
    ids = [(each.id, each.id) for each in entries]
    run_each(tx, 'UPDATE "isthmus_recycle_bin" SET "root" = ? WHERE "id" = ?', ids)


def empty(tx: Transaction, ids: Sequence[str]) -> None:
    """Give up these roots: nothing brings them back. `purge` removes them."""
    run_each(tx, 'UPDATE "isthmus_recycle_bin" SET "emptied" = 1 WHERE "root" = ?', [(each,) for each in ids])


def purge(tx: Transaction, schema: Schema, now: int) -> int:
    """Remove records that were given up or have been in the bin for 15 days; returns how many.

    At most about 1,000 a call, so that the writer isn't held for long: call it until it returns 0.
    """
    due = tx.rows(
        'SELECT "id", "sobject" FROM "isthmus_recycle_bin" WHERE "deleted_at" <= ? OR "emptied" = 1 '
        f'ORDER BY "sobject" LIMIT {_PURGED_AT_ONCE}',
        (now - RETENTION,),
    )
    for name, group in groupby(due, key=lambda row: str(row[1])):
        ids = [(row[0],) for row in group]
        sobject = schema.find(name)
        if sobject is not None:
            run_each(tx, f'DELETE FROM {quoted(name)} WHERE "Id" = ?', ids)
            if is_searched(sobject):
                note(tx, (str(row[0]) for row in ids))
        if table := sharing_model(schema).kept.get(name):
            run_each(tx, f"DELETE FROM {quoted(table.name)} WHERE {quoted(table.record)} = ?", ids)
        if schema.find("Name") is not None:
            run_each(tx, 'DELETE FROM "Name" WHERE "Id" = ?', ids)
        run_each(tx, 'DELETE FROM "isthmus_recycle_bin" WHERE "id" = ?', ids)
        run_each(tx, 'DELETE FROM "isthmus_cleared_lookup" WHERE "root" = ?', ids)
    return len(due)
