"""Tables: the journal's rows, and what is remembered of those that are gone."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from isthmus.kernel.clock import HOUR
from isthmus.kernel.database import Dialect, Migration, Value


def _first(d: Dialect) -> list[str]:
    return [
        'CREATE TABLE "isthmus_journal" ('
        f'"position" {d.integer} PRIMARY KEY, "count" {d.integer} NOT NULL, "topic" {d.text} NOT NULL, '
        f'"retention" {d.text} NOT NULL, "schema_id" {d.text} NOT NULL, "time" {d.integer} NOT NULL, '
        f'"body" {d.blob} NOT NULL, "enrichment" {d.blob})',
        'CREATE INDEX "isthmus_journal_topic" ON "isthmus_journal" ("topic", "position")',
        'CREATE INDEX "isthmus_journal_retention" ON "isthmus_journal" ("retention", "position")',
        f'CREATE TABLE "isthmus_journal_state" ("floor" {d.integer} NOT NULL, "epoch" {d.integer} NOT NULL)',
        'INSERT INTO "isthmus_journal_state" ("floor", "epoch") VALUES (0, 1)',
    ]


def _schemas(d: Dialect) -> list[str]:
    return [
        f'CREATE TABLE "isthmus_journal_schema" ("schema_id" {d.text} PRIMARY KEY, '
        f'"definition" {d.blob} NOT NULL, "used" {d.integer} NOT NULL)'
    ]


MIGRATIONS: Final = (Migration(1, "the journal", _first), Migration(2, "schemas of facts", _schemas))

_COLUMNS: Final = '"position", "count", "topic", "retention", "schema_id", "time", "body", "enrichment"'

INSERT: Final = f'INSERT INTO "isthmus_journal" ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'

LAST: Final = (
    'SELECT COALESCE((SELECT MAX("position") FROM "isthmus_journal" WHERE "position" > "floor"), "floor") '
    'FROM "isthmus_journal_state"'
)
"""The last position that is known to have been given out, whether its fact is still there or not."""

OLDEST: Final = (
    'SELECT "position" - "count" + 1 FROM "isthmus_journal" WHERE "retention" = ? ORDER BY "position" LIMIT 1'
)
NEWEST: Final = (
    'SELECT "position", "time", "count" FROM "isthmus_journal" WHERE "retention" = ? AND "position" < ? '
    'ORDER BY "position" DESC LIMIT ?'
)
PURGEABLE: Final = (
    'SELECT "position", "time" FROM "isthmus_journal" WHERE "retention" = ? ORDER BY "position" LIMIT ?'
)
PURGE: Final = 'DELETE FROM "isthmus_journal" WHERE "retention" = ? AND "position" <= ?'
RAISE_FLOOR: Final = 'UPDATE "isthmus_journal_state" SET "floor" = ? WHERE "floor" < ?'
BEGIN_EPOCH: Final = 'UPDATE "isthmus_journal_state" SET "epoch" = "epoch" + 1'
EPOCH: Final = 'SELECT "epoch" FROM "isthmus_journal_state"'

USED_WITHIN: Final = HOUR
"""That a schema was used is noted once in so long a time: who publishes often does not pay for it often."""
USE_SCHEMA: Final = (
    'INSERT INTO "isthmus_journal_schema" ("schema_id", "definition", "used") VALUES (?, ?, ?) '
    'ON CONFLICT ("schema_id") DO UPDATE SET "used" = excluded."used" '
    f'WHERE "isthmus_journal_schema"."used" <= excluded."used" - {USED_WITHIN}'
)
SCHEMA: Final = 'SELECT "definition" FROM "isthmus_journal_schema" WHERE "schema_id" = ?'
PURGE_SCHEMAS: Final = 'DELETE FROM "isthmus_journal_schema" WHERE "used" < ?'


TOPICS_LOOKED_UP: Final = 64
"""Up to so many topics are looked up one by one; who follows more, follows most of the journal anyway."""


def reading(
    after: int, bound: int | None, topics: Sequence[str] | None, limit: int
) -> tuple[str, list[Value]]:
    """The statement, and its parameters, that reads up to `limit` rows after a position and up to `bound`."""
    limits: list[Value] = [after] if bound is None else [after, bound]
    if topics is None:
        return _reading(bound is not None), [*limits, limit]
    if len(topics) > TOPICS_LOOKED_UP:
        return _reading(bound is not None, filtered=len(topics)), [*limits, *topics, limit]
    each_topic = [value for topic in topics for value in (topic, *limits, limit)]
    return _reading(bound is not None, looked_up=len(topics)), [*each_topic, limit]


@lru_cache(maxsize=256)  # one for each number of topics
def _reading(bounded: bool, *, filtered: int = 0, looked_up: int | None = None) -> str:
    bound = ' AND "position" <= ?' if bounded else ""
    if looked_up is None:
        topics = f' AND "topic" IN ({", ".join("?" * filtered)})' if filtered else ""
        which = f'"position" > ?{bound}{topics}'
    else:
        # The index gives the first entries of each topic in order, however many more there are.
        one = (
            'SELECT * FROM (SELECT "position" FROM "isthmus_journal" '
            f'WHERE "topic" = ? AND "position" > ?{bound} ORDER BY "position" LIMIT ?) AS "one"'
        )
        which = f'"position" IN ({" UNION ALL ".join([one] * looked_up)})'
    return f'SELECT {_COLUMNS} FROM "isthmus_journal" WHERE {which} ORDER BY "position" LIMIT ?'
