"""Upkeep: the index brought up to what saves have left, and to what the schema says is searched.

What saves have noted is indexed in parts, each a unit of its own: saves go on between them. An object that
becomes searched, or whose searched fields change, is indexed anew while the org runs: a small one with what
saves note, a large one record by record, and until that is done searches find what is indexed already.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from isthmus.kernel.database import Connection, Transaction
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.tables import quoted, table
from isthmus.org.search import changes, index
from isthmus.org.search.fields import SearchedField, is_searched, searched_fields
from isthmus.org.security.sharing.lists import values_of

PART: Final = 500
"""Records that are indexed in one unit; what is no more than that is indexed before the next search."""

LONG: Final = 50_000
"""So many changes are not left for a pause in saving: indexing them takes about a second."""


def is_long(connection: Connection) -> bool:
    """Whether the list of changes is as long as it should get."""
    return changes.count(connection, LONG) == LONG


def behind(connection: Connection, newest: int) -> bool:
    """Whether so much is noted, as far as the change `newest`, that a search should not look into it record
    by record.
    """
    return changes.count(connection, PART + 1, newest) > PART


def waiting(connection: Connection) -> bool:
    """Whether there is anything that is not in the index yet."""
    return changes.count(connection, 1) > 0 or _unfinished(connection) is not None


def advance(tx: Transaction, schema: Schema) -> bool:
    """Index a part of what is noted, else of an object that is indexed anew; returns whether there was
    anything.
    """
    rows = tx.rows(f'SELECT "number", "id" FROM "isthmus_search_changed" ORDER BY "number" LIMIT {PART}')
    if rows:
        _index(tx, schema, dict.fromkeys(str(row[1]) for row in rows))
        tx.execute_many(
            'DELETE FROM "isthmus_search_changed" WHERE "number" = ?', [(row[0],) for row in rows]
        )
        return True
    unfinished = _unfinished(tx)
    if unfinished is None:
        return False
    _go_on(tx, schema, *unfinished)
    return True


def reconcile(tx: Transaction, schema: Schema) -> None:
    """Note what has to be indexed so that the index fits the schema, and forget what is searched no more."""
    known = {
        str(name): (str(prefix), str(fields))
        for name, prefix, fields in tx.rows(
            'SELECT "sobject", "prefix", "fields" FROM "isthmus_search_state"'
        )
    }
    wanted = {each.name: each for each in schema if is_searched(each)}
    if any(_hides(schema, name, fields) for name, (_, fields) in known.items()):
        index.clear(tx)
        tx.execute('DELETE FROM "isthmus_search_state"')
        known = {}
    for name in known.keys() - wanted.keys():
        index.remove_all_of(tx, known[name][0])
        tx.execute('DELETE FROM "isthmus_search_state" WHERE "sobject" = ?', (name,))
    for name, sobject in wanted.items():
        fields = _told(searched_fields(sobject))
        if name not in known or known[name][1] != fields:
            _begin(tx, sobject, fields)


def start_over(tx: Transaction, kept: Iterable[SObjectType]) -> None:
    """Forget everything but the records of the objects that are `kept`."""
    index.clear(tx)
    tx.execute('DELETE FROM "isthmus_search_changed"')
    for each in kept:
        if is_searched(each):
            changes.note_all(tx, each)


def _hides(schema: Schema, name: str, fields: str) -> bool:
    """Whether what is indexed of a field is encrypted from now on."""
    sobject = schema.find(name)
    if sobject is None:
        return False
    names = (each.partition(":")[0] for each in fields.split(","))
    found = (sobject.field(each) for each in names)
    return any(each is not None and each.encryption is not None for each in found)


def _told(fields: Sequence[SearchedField]) -> str:
    """What is searched, and how, as it is recorded: `Name:n,Number__c:t0,Notes__c:lh`."""
    return ",".join(
        f"{each.name}:{each.group.value}{'0' * each.field.auto_number}{'h' * each.field.html}"
        for each in fields
    )


def _begin(tx: Transaction, sobject: SObjectType, fields: str) -> None:
    few = len(tx.rows(f'SELECT "Id" FROM {table(sobject)} LIMIT {PART + 1}')) <= PART
    if few:
        changes.note_all(tx, sobject)
    tx.execute('DELETE FROM "isthmus_search_state" WHERE "sobject" = ?', (sobject.name,))
    tx.execute(
        'INSERT INTO "isthmus_search_state" ("sobject", "prefix", "fields", "position") VALUES (?, ?, ?, ?)',
        (sobject.name, sobject.key_prefix, fields, None if few else ""),
    )


def _unfinished(connection: Connection) -> tuple[str, str] | None:
    """An object that is being indexed anew, and the id of the last record that is; None: there is none."""
    row = connection.row(
        'SELECT "sobject", "position" FROM "isthmus_search_state" WHERE "position" IS NOT NULL '
        'ORDER BY "sobject" LIMIT 1'
    )
    return None if row is None else (str(row[0]), str(row[1]))


def _go_on(tx: Transaction, schema: Schema, name: str, position: str) -> None:
    sobject = schema.find(name)
    ids: list[str] = []
    if sobject is not None and is_searched(sobject):
        rows = tx.rows(
            f'SELECT "Id" FROM {table(sobject)} WHERE "Id" > ? ORDER BY "Id" LIMIT {PART}', (position,)
        )
        ids = [str(row[0]) for row in rows]
        _index(tx, schema, ids)
    reached = ids[-1] if len(ids) == PART else None
    tx.execute('UPDATE "isthmus_search_state" SET "position" = ? WHERE "sobject" = ?', (reached, name))


def _index(tx: Transaction, schema: Schema, ids: Iterable[str]) -> None:
    """Index records as they are now, and forget those that are gone."""
    by_prefix: dict[str, list[str]] = {}
    for each in ids:
        by_prefix.setdefault(each[:3], []).append(each)
    for prefix, some in by_prefix.items():
        found: dict[str, str] = {}
        for sobject in filter(is_searched, schema.with_prefix(prefix)):
            found.update(_words(tx, sobject, some))
        index.put(tx, found.items())
        index.remove(tx, (each for each in some if each not in found))


def _words(tx: Transaction, sobject: SObjectType, ids: Sequence[str]) -> Iterable[tuple[str, str]]:
    fields = searched_fields(sobject)
    columns = ", ".join(quoted(each.name) for each in fields)
    rows = tx.rows(
        f'SELECT "Id", {columns} FROM {table(sobject)} WHERE "Id" IN {values_of(tx.dialect)}',
        (json.dumps(ids),),
    )
    return ((str(row[0]), index.words(fields, row[1:])) for row in rows)
