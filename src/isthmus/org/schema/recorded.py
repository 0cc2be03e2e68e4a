"""Recorded: what the database remembers of its schema (component `schema`).

The version, with checksums of the model and of the tables; the layout of each table, as it is; the key
prefixes that were ever given.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from isthmus.kernel.database import Connection, Dialect, Migration, Transaction
from isthmus.kernel.lru_cache import ByIdentity
from isthmus.org.schema.tables import TableLayout

COMPONENT: Final = "schema"
_SUMS_KEPT: Final = 4_000


def _tables(dialect: Dialect) -> tuple[str, ...]:
    text, integer = dialect.text, dialect.integer
    return (
        f'CREATE TABLE "isthmus_schema" ("only" {integer} PRIMARY KEY, "version" {integer} NOT NULL, '
        f'"model" {text} NOT NULL, "tables" {text} NOT NULL)',
        "INSERT INTO \"isthmus_schema\" VALUES (1, 0, '', '')",
        f'CREATE TABLE "isthmus_schema_table" ("name" {text} PRIMARY KEY, "layout" {text} NOT NULL)',
        f'CREATE TABLE "isthmus_key_prefix" ("object" {text} PRIMARY KEY, "prefix" {text} NOT NULL UNIQUE)',
    )


MIGRATIONS: Final = (Migration(1, "the schema's version, tables and key prefixes", _tables),)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One version: `model` and `tables` are checksums of what it says and of how that is stored."""

    version: int
    model: str
    tables: str


def checksum(value: object) -> str:
    """A sum of dataclasses, mappings and plain values that is the same in every process."""
    encoded = msgspec.json.encode(value, enc_hook=_plain, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()


def checksum_of_all(values: Iterable[object]) -> str:
    """The same of many dataclasses in their order; that of each is kept, for most are every org's."""
    return checksum([_sums(each) for each in values])


_sums: Final = ByIdentity(checksum, _SUMS_KEPT)


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"a schema holds no {type(value).__name__}")


def read(transaction: Transaction) -> Recorded:
    """The recorded version. On PostgreSQL it stays locked: one process changes the schema at a time."""
    lock = " FOR UPDATE" if transaction.dialect.name == "postgresql" else ""
    row = transaction.row(f'SELECT "version", "model", "tables" FROM "isthmus_schema"{lock}')
    assert row is not None
    version, model, tables = row
    assert isinstance(version, int)
    return Recorded(version, str(model), str(tables))


def write(transaction: Transaction, recorded: Recorded) -> None:
    """Record a version."""
    transaction.execute(
        'UPDATE "isthmus_schema" SET "version" = ?, "model" = ?, "tables" = ?',
        (recorded.version, recorded.model, recorded.tables),
    )


def read_layouts(connection: Connection) -> dict[str, TableLayout]:
    """The tables that are there, by name."""
    decode = msgspec.json.Decoder(TableLayout).decode
    return {
        str(name): decode(str(layout))
        for name, layout in connection.rows('SELECT "name", "layout" FROM "isthmus_schema_table"')
    }


def write_layouts(
    transaction: Transaction, before: Mapping[str, TableLayout], after: Mapping[str, TableLayout]
) -> None:
    """Record the tables of `after`, where they differ from those of `before`."""
    gone = [(name,) for name in before if name not in after]
    changed = [name for name, layout in after.items() if before.get(name) != layout]
    transaction.execute_many(
        'DELETE FROM "isthmus_schema_table" WHERE "name" = ?', gone + [(name,) for name in changed]
    )
    transaction.execute_many(
        'INSERT INTO "isthmus_schema_table" ("name", "layout") VALUES (?, ?)',
        [(name, msgspec.json.encode(after[name]).decode()) for name in changed],
    )


def read_key_prefixes(connection: Connection) -> dict[str, str]:
    """Every key prefix that was given, by object name in lower case."""
    rows = connection.rows('SELECT "object", "prefix" FROM "isthmus_key_prefix"')
    return {str(name).lower(): str(prefix) for name, prefix in rows}


def write_key_prefixes(transaction: Transaction, given: Iterable[tuple[str, str]]) -> None:
    """Record key prefixes that are given for the first time, by object name."""
    transaction.execute_many('INSERT INTO "isthmus_key_prefix" ("object", "prefix") VALUES (?, ?)', given)
