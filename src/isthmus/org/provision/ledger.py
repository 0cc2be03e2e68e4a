"""Ledger: which records are there because the definition declares them, and which definition that was.

What clients make is not entered, and so is never taken away when something is no longer declared.
"""

from collections.abc import Iterable, Sequence

from isthmus.kernel.database import Dialect, Transaction


def declared_tables(d: Dialect) -> Sequence[str]:
    """The statements that make the ledger's tables."""
    return (
        f'CREATE TABLE "isthmus_declared" ("record_id" {d.text} PRIMARY KEY)',
        f'CREATE TABLE "isthmus_declaration" ("fingerprint" {d.text} NOT NULL)',
    )


def declared_ids(tx: Transaction) -> frozenset[str]:
    """The records that the definition declared when it was last put into force."""
    return frozenset(str(row[0]) for row in tx.rows('SELECT "record_id" FROM "isthmus_declared"'))


def is_in_force(tx: Transaction, fingerprint: str) -> bool:
    """Whether this is the declaration that was last put into force."""
    row = tx.row('SELECT "fingerprint" FROM "isthmus_declaration"')
    return row is not None and row[0] == fingerprint


def enter(tx: Transaction, fingerprint: str, ids: Iterable[str]) -> None:
    """Note a declaration that is in force, and the records that are there because of it."""
    tx.execute('DELETE FROM "isthmus_declared"')
    tx.execute('DELETE FROM "isthmus_declaration"')
    for each in sorted(set(ids)):
        tx.execute('INSERT INTO "isthmus_declared" VALUES (?)', (each,))
    tx.execute('INSERT INTO "isthmus_declaration" VALUES (?)', (fingerprint,))
