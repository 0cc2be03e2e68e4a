"""Changes: what a save leaves for the index: the ids of records whose searched text it wrote.

One short row for each, in the save's own transaction: it is undone with it, and a search looks into these
records itself (decision: docs/decisions/0163-a-list-before-the-index.md). What has been removed for good is
noted alike: then the index forgets it.
"""

from collections.abc import Iterable
from typing import Final

from isthmus.kernel.database import Connection, Transaction
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.tables import table

NOTE: Final = 'INSERT INTO "isthmus_search_changed" ("id") VALUES (?)'
NUMBER_MAX: Final = 2**63 - 1
PREFIX_END: Final = "~"
"""Behind a key prefix: it sorts after every id with that prefix."""


def note(tx: Transaction, ids: Iterable[str]) -> None:
    """Note records whose text has changed, or that are gone."""
    tx.execute_many(NOTE, [(each,) for each in ids])


def note_all(tx: Transaction, sobject: SObjectType) -> None:
    """Note every record of an object."""
    tx.execute(f'INSERT INTO "isthmus_search_changed" ("id") SELECT "Id" FROM {table(sobject)}')


def changed_of(connection: Connection, prefix: str) -> list[str]:
    """The noted records of a key prefix, each once, in the order of their ids."""
    rows = connection.rows(
        'SELECT DISTINCT "id" FROM "isthmus_search_changed" WHERE "id" > ? AND "id" < ? ORDER BY "id"',
        (prefix, prefix + PREFIX_END),
    )
    return [str(row[0]) for row in rows]


def newest(connection: Connection) -> int:
    """The number of the change that was noted last; 0: there is none."""
    row = connection.row('SELECT MAX("number") FROM "isthmus_search_changed"')
    return 0 if row is None or row[0] is None else int(str(row[0]))


def count(connection: Connection, most: int, newest: int = NUMBER_MAX) -> int:
    """How many changes there are, none after `newest`; no more than `most` are counted."""
    row = connection.row(
        'SELECT COUNT(*) FROM (SELECT 1 FROM "isthmus_search_changed" WHERE "number" <= ? LIMIT ?) AS noted',
        (newest, most),
    )
    return 0 if row is None else int(str(row[0]))
