"""Register: which key versions a database's values are encrypted with, and how to tell their secrets.

Of a secret it holds a check only, from which nothing else follows. `retired`: no value is left under it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Connection, Dialect, Migration, Transaction

COMPONENT: Final = "encryption"


def _tables(dialect: Dialect) -> tuple[str, ...]:
    return (
        f'CREATE TABLE "isthmus_encryption_key" ("version" {dialect.integer} PRIMARY KEY, '
        f'"secret_check" {dialect.text} NOT NULL, "retired" {dialect.flag} NOT NULL)',
    )


MIGRATIONS: Final = (Migration(1, "key versions of encrypted fields", _tables),)


@dataclass(frozen=True, slots=True)
class Registered:
    """One version."""

    check: str
    retired: bool


def read(connection: Connection) -> Mapping[int, Registered]:
    """Every version that was ever in use."""
    rows = connection.rows('SELECT "version", "secret_check", "retired" FROM "isthmus_encryption_key"')
    return {int(str(version)): Registered(str(check), bool(retired)) for version, check, retired in rows}


def add(transaction: Transaction, version: int, check: str) -> None:
    """Enter a version that is in use from now on."""
    transaction.execute(
        'INSERT INTO "isthmus_encryption_key" ("version", "secret_check", "retired") VALUES (?, ?, 0)',
        (version, check),
    )


def retire(transaction: Transaction, versions: Iterable[int]) -> None:
    """Note that no value is left under these versions."""
    transaction.execute_many(
        'UPDATE "isthmus_encryption_key" SET "retired" = 1 WHERE "version" = ?',
        [(each,) for each in versions],
    )
