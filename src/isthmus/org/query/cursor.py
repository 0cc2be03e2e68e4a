"""Cursors: the ids of a whole result, kept for two days so that its pages can be asked for one by one.

A locator is a stored list of ids, never an open statement: a statement that stays open keeps the database
from forgetting old pages. The rows of a page are read anew, by id, under the rights of whoever asks.

Source: REST API Developer Guide, Query; a query locator lives for two days.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.clock import DAY
from isthmus.kernel.database import Connection, Dialect, Migration, Transaction
from isthmus.kernel.errors import fault
from isthmus.org.query.result import CHUNK, Locator, PendingCursor
from isthmus.org.schema.model import Schema
from isthmus.org.schema.schemes import CLOSED_FORM

LIFE: Final = 2 * DAY
KEY_PREFIX: Final = "01g"
OPEN_MAX: Final = 10
"""Open cursors of one user, where they are limited. Source: SOAP API Developer Guide, query()."""
COMPONENT: Final = "query"
ID_LENGTH: Final = 18
_LOCATOR: Final = re.compile(r"([0-9A-Za-z]{18})-(\d{1,9})", re.ASCII)


def _tables(dialect: Dialect) -> Sequence[str]:
    return (
        f"CREATE TABLE isthmus_cursors (id {dialect.text} PRIMARY KEY, user_id {dialect.text} NOT NULL,"
        f" soql {dialect.text} NOT NULL, child {dialect.text}, all_rows {dialect.flag} NOT NULL,"
        f" as_of {dialect.integer} NOT NULL, expires {dialect.integer} NOT NULL,"
        f" total_size {dialect.integer} NOT NULL)",
        "CREATE INDEX isthmus_cursors_by_user ON isthmus_cursors (user_id, as_of)",
        "CREATE INDEX isthmus_cursors_by_end ON isthmus_cursors (expires)",
        f"CREATE TABLE isthmus_cursor_chunks (cursor_id {dialect.text} NOT NULL,"
        f" number {dialect.integer} NOT NULL, ids {dialect.text} NOT NULL, PRIMARY KEY (cursor_id, number))",
    )


MIGRATIONS: Final = (Migration(1, "cursors and their ids", _tables),)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A stored cursor, without its ids. The fields are those of `PendingCursor`."""

    id: str
    user_id: str
    soql: str
    child: str | None
    all_rows: bool
    as_of: int
    expires: int
    total_size: int


def chunks(ids: Iterable[str]) -> tuple[str, ...]:
    """The ids in texts of `CHUNK` ids each."""
    texts: list[str] = []
    part: list[str] = []
    for each in ids:
        part.append(each)
        if len(part) == CHUNK:
            texts.append("".join(part))
            part.clear()
    if part:
        texts.append("".join(part))
    return tuple(texts)


def store(tx: Transaction, pending: Sequence[PendingCursor], *, limited: bool) -> None:
    """Keep cursors. With `limited`, the user's oldest are released, so that ten queries stay open.

    Cursors of child subqueries don't count. Source: SOAP API Developer Guide, query().
    """
    for each in pending:
        _remove(tx, each.id)  # ids repeat where they are seeded, and a database is opened again
        tx.execute(
            "INSERT INTO isthmus_cursors (id, user_id, soql, child, all_rows, as_of, expires, total_size)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                each.id,
                each.user_id,
                each.soql,
                each.child,
                int(each.all_rows),
                each.as_of,
                each.expires,
                each.total_size,
            ),
        )
        tx.execute_many(
            "INSERT INTO isthmus_cursor_chunks (cursor_id, number, ids) VALUES (?, ?, ?)",
            [(each.id, number, text) for number, text in enumerate(each.chunks)],
        )
    if limited:
        for user_id in {each.user_id for each in pending if each.child is None}:
            _release_oldest(tx, user_id)


def _release_oldest(tx: Transaction, user_id: str) -> None:
    rows = tx.rows(
        "SELECT id FROM isthmus_cursors WHERE user_id = ? AND child IS NULL ORDER BY as_of DESC, id DESC",
        (user_id,),
    )
    for (cursor_id,) in rows[OPEN_MAX:]:
        _remove(tx, str(cursor_id))


def _remove(tx: Transaction, cursor_id: str) -> None:
    tx.execute("DELETE FROM isthmus_cursor_chunks WHERE cursor_id = ?", (cursor_id,))
    tx.execute("DELETE FROM isthmus_cursors WHERE id = ?", (cursor_id,))


def purge(tx: Transaction, now: int, most: int = 100) -> int:
    """Remove cursors that ended by org time `now`, at most `most` of them; returns how many."""
    ended = tx.rows("SELECT id FROM isthmus_cursors WHERE expires <= ? ORDER BY expires LIMIT ?", (now, most))
    for (cursor_id,) in ended:
        _remove(tx, str(cursor_id))
    return len(ended)


def parse_locator(text: str) -> Locator:
    """The locator that a client gives back. Fault: `query_locator_invalid`."""
    match = _LOCATOR.fullmatch(text)
    if match is None:
        raise fault("query_locator_invalid")
    return Locator(match[1], int(match[2]))


def find(connection: Connection, locator: Locator, user_id: str, now: int) -> Cursor:
    """The user's cursor. Fault: `query_locator_invalid`, where it is unknown, another's, or over."""
    row = connection.row(
        "SELECT id, user_id, soql, child, all_rows, as_of, expires, total_size"
        " FROM isthmus_cursors WHERE id = ?",
        (locator.cursor_id,),
    )
    if row is not None:
        cursor = Cursor(*row)  # type: ignore[arg-type] # the table's columns are these fields
        if cursor.user_id == user_id and now < cursor.expires and locator.offset < cursor.total_size:
            return cursor
    raise fault("query_locator_invalid")


def opened(soql: str, schema: Schema) -> str:
    """A cursor's query, which is kept closed where it names an encrypted field.

    Fault: `query_locator_invalid`, where it can't be opened any more.
    """
    owner, _, closed = soql.partition(" ")
    if not closed.startswith(CLOSED_FORM):
        return soql
    sobject, _, name = owner.partition(".")
    found = schema.find(sobject)
    field = None if found is None else found.field(name)
    text = None if field is None or field.cipher is None else field.cipher.open_query(soql)
    if text is None:
        raise fault("query_locator_invalid")
    return text


def page_of_ids(connection: Connection, cursor: Cursor, offset: int, count: int) -> list[str]:
    """At most `count` ids of a cursor, from `offset` on."""
    first, last = offset // CHUNK, (offset + count - 1) // CHUNK
    rows = connection.rows(
        "SELECT ids FROM isthmus_cursor_chunks WHERE cursor_id = ? AND number BETWEEN ? AND ?"
        " ORDER BY number",
        (cursor.id, first, last),
    )
    text = "".join(str(ids) for (ids,) in rows)
    start = (offset - first * CHUNK) * ID_LENGTH
    stop = min(start + count * ID_LENGTH, len(text))
    return [text[at : at + ID_LENGTH] for at in range(start, stop, ID_LENGTH)]
