"""Recent items: the records that a user has saved or looked at lately.

Source: REST API Developer Guide, `recent`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Connection, Dialect, Migration, Transaction, Value
from isthmus.org.query.engine import QueryEngine
from isthmus.org.query.result import QueryResult
from isthmus.org.query.seen import REFERENCED, TABLE, VIEWED
from isthmus.org.schema.instants import whole_second
from isthmus.org.schema.model import Schema
from isthmus.org.schema.parent_types import object_of, types_of
from isthmus.org.security.principal import Principal
from isthmus.org.security.sharing.predicate import RecordAccess, within

COMPONENT: Final = "recent items"
KEPT: Final = 200
"""So many items are kept for a user."""


def _recent(dialect: Dialect) -> tuple[str, ...]:
    return (
        f'CREATE TABLE "isthmus_recent" ("user_id" {dialect.text} NOT NULL, "id" {dialect.text} NOT NULL, '
        f'"at" {dialect.integer} NOT NULL, PRIMARY KEY ("user_id", "id"))',
        'CREATE INDEX "isthmus_recent_at" ON "isthmus_recent" ("user_id", "at")',
    )


def _seen(dialect: Dialect) -> tuple[str, ...]:
    return (
        f'ALTER TABLE {TABLE} ADD COLUMN "{VIEWED}" {dialect.integer}',
        f'ALTER TABLE {TABLE} ADD COLUMN "{REFERENCED}" {dialect.integer}',
        f'UPDATE {TABLE} SET "{VIEWED}" = "at" / 1000 * 1000, "{REFERENCED}" = "at" / 1000 * 1000',
    )


MIGRATIONS: Final = (
    Migration(1, "recent items", _recent),
    Migration(2, "when they were viewed, and referenced", _seen),
)


_NOTE: Final = (
    f'INSERT INTO {TABLE} ("user_id", "id", "at", "{VIEWED}", "{REFERENCED}") VALUES (?, ?, ?, ?, ?) '
    'ON CONFLICT ("user_id", "id") DO UPDATE SET "at" = excluded."at", '
    + ", ".join(f'"{each}" = COALESCE(excluded."{each}", {TABLE}."{each}")' for each in (VIEWED, REFERENCED))
)


@dataclass(frozen=True, slots=True)
class RecentItem:
    """A record that the user saw or saved lately."""

    sobject: str
    id: str
    name: str | None


def note(
    tx: Transaction,
    user_id: str,
    ids: Sequence[str | None],
    now: int,
    *,
    viewed: bool = True,
    referenced: bool = True,
) -> None:
    """Make records the user's latest items, viewed or referenced now; more than are kept are not noted."""
    second = whole_second(now)
    rows = [
        (user_id, each, now, second if viewed else None, second if referenced else None)
        for each in ids[:KEPT]
        if each is not None
    ]
    tx.execute_many(_NOTE, rows)
    tx.execute(
        'DELETE FROM "isthmus_recent" WHERE "user_id" = ? AND "id" NOT IN '
        '(SELECT "id" FROM "isthmus_recent" WHERE "user_id" = ? ORDER BY "at" DESC, "id" DESC LIMIT ?)',
        (user_id, user_id, KEPT),
    )


def keep(tx: Transaction, queries: QueryEngine, user_id: str, result: QueryResult, now: int) -> None:
    """Write down what a page of a query leaves behind: its cursors, and its marks."""
    queries.store_cursors(tx, result.pending)
    marks = result.marks
    if marks is not None:
        note(tx, user_id, marks.ids, now, viewed=marks.viewed, referenced=marks.referenced)


def items(
    connection: Connection,
    user_id: str,
    sobject: str | None,
    limit: int,
    open_name: Callable[[Value], Value] | None = None,
) -> list[RecentItem]:
    """The user's items that still exist, latest first. `open_name` gives a name that is encrypted."""
    parameters: list[Value] = [user_id]
    only = ""
    if sobject is not None:
        types = types_of(sobject)
        only = f' AND n."Type" IN ({", ".join("?" * len(types))})'
        parameters += types
    rows = connection.rows(
        'SELECT n."Type", n."Id", n."Name" FROM "isthmus_recent" r JOIN "Name" n ON n."Id" = r."id" '
        f'WHERE r."user_id" = ? AND n."IsDeleted" = 0{only} ORDER BY r."at" DESC, n."Id" DESC LIMIT ?',
        [*parameters, limit],
    )
    return [
        RecentItem(
            object_of(str(kind)),
            str(record_id),
            None if name is None else str(open_name(name) if open_name else name),
        )
        for kind, record_id, name in rows
    ]


def seen(
    connection: Connection, schema: Schema, principal: Principal, found: Sequence[RecentItem]
) -> list[RecentItem]:
    """Those of the items that the principal may see."""
    records = RecordAccess(schema, principal.access)
    by_object: dict[str, list[str]] = {}
    for each in found:
        by_object.setdefault(each.sobject, []).append(each.id)
    left: set[str] = set()
    for name, ids in by_object.items():
        sobject = records.find(name)
        if sobject is not None:
            left |= within(connection, name, records.condition(sobject, "t"), ids, principal.user_id)
    return [each for each in found if each.id in left]
