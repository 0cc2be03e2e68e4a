"""Tables: the index of words, what is yet to be indexed, and how far that is (component `search`).

On SQLite the index is an FTS5 table that keeps nothing but the words' lists of rows: a record's row is the
number that its id stands for. On PostgreSQL it is a table of text vectors. `isthmus_search_changed` has a row
for each write of searched text that is not in the index yet; `isthmus_search_state` says for each object
which fields are indexed, and, as long as older records are being indexed, the id of the last one that is.
"""

from collections.abc import Sequence
from typing import Final

from isthmus.kernel.database import Dialect, Migration

COMPONENT: Final = "search"


def _tables(dialect: Dialect) -> Sequence[str]:
    state = (
        f'CREATE TABLE "isthmus_search_state" ("sobject" {dialect.text} PRIMARY KEY, '
        f'"prefix" {dialect.text} NOT NULL, "fields" {dialect.text} NOT NULL, "position" {dialect.text})'
    )
    if dialect.name == "sqlite":
        return (
            'CREATE VIRTUAL TABLE "isthmus_search" USING fts5('
            "words, content='', contentless_delete=1, detail=none, tokenize='ascii')",
            'CREATE TABLE "isthmus_search_changed" ("number" INTEGER PRIMARY KEY, "id" TEXT NOT NULL)',
            state,
        )
    return (
        f'CREATE TABLE "isthmus_search" ("id" {dialect.text} PRIMARY KEY, "words" TSVECTOR NOT NULL)',
        'CREATE INDEX "isthmus_search_words" ON "isthmus_search" USING GIN ("words")',
        'CREATE TABLE "isthmus_search_changed" '
        f'("number" BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "id" {dialect.text} NOT NULL)',
        state,
    )


MIGRATIONS: Final = (Migration(1, "the index of words, and what is yet to be indexed", _tables),)
