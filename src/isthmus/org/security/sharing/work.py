"""Work: what is yet to be recalculated, as rows of `isthmus_sharing_work`. Until then the old rows hold.

A piece of work is done in parts, each a unit of its own that also notes how far it has come: saves go on
between the parts, and after a crash the work goes on where it was.
"""

from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Connection, Transaction

GRANTEES: Final = "grantees"
"""Whom users stand for; `value` is the id of the last user who was done."""
RECORDS: Final = "records"
"""The shares of an object's records, or of those whose `field` has the `value`."""
DROP: Final = "drop"
"""The shares of an object that is open now."""


@dataclass(frozen=True, slots=True)
class Work:
    """`position` is the id of the last record, or user, that was done. `user_id`: whose change it follows."""

    id: int
    kind: str
    sobject: str
    field: str
    value: str
    position: str
    user_id: str


def put(
    tx: Transaction, user_id: str, kind: str, sobject: str = "", field: str = "", value: str = ""
) -> None:
    """Note something that has to be recalculated. Where it is noted already, it begins anew."""
    tx.execute(
        'DELETE FROM "isthmus_sharing_work" WHERE "kind" = ? AND "sobject" = ? AND "field" = ? '
        'AND "value" = ?',
        (kind, sobject, field, value),
    )
    tx.execute(
        'INSERT INTO "isthmus_sharing_work" ("id", "kind", "sobject", "field", "value", "position", '
        "\"user_id\") VALUES (?, ?, ?, ?, ?, '', ?)",
        (tx.next_in_sequence("sharing_work"), kind, sobject, field, value, user_id),
    )


def first(tx: Transaction) -> Work | None:
    """What has waited longest; None: nothing is left. On PostgreSQL nobody else gets it meanwhile."""
    lock = " FOR UPDATE" if tx.dialect.name == "postgresql" else ""
    row = tx.row(
        'SELECT "id", "kind", "sobject", "field", "value", "position", "user_id" FROM "isthmus_sharing_work" '
        f'ORDER BY "id" LIMIT 1{lock}'
    )
    return None if row is None else Work(int(str(row[0])), *map(str, row[1:]))


def waiting(connection: Connection) -> int:
    """How many pieces of work there are."""
    row = connection.row('SELECT COUNT(*) FROM "isthmus_sharing_work"')
    return 0 if row is None else int(str(row[0]))


def note(tx: Transaction, done: Work, position: str) -> None:
    """Note how far a piece of work has come."""
    tx.execute('UPDATE "isthmus_sharing_work" SET "position" = ? WHERE "id" = ?', (position, done.id))


def finish(tx: Transaction, done: Work) -> None:
    """Take a piece of work from the list."""
    tx.execute('DELETE FROM "isthmus_sharing_work" WHERE "id" = ?', (done.id,))
