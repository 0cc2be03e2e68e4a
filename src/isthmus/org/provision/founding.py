"""Founding: who the org is, decided before its first record and kept for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Connection, Database, Dialect, Migration, Transaction
from isthmus.kernel.ids import Ids, record_id
from isthmus.org.provision.ledger import declared_tables
from isthmus.org.provision.setup_changes import told_table
from isthmus.org.security.apps import new_client_id

COMPONENT: Final = "org"
ORGANIZATION_PREFIX: Final = "00D"
USER_PREFIX: Final = "005"
PROFILE_PREFIX: Final = "00e"


def _identity_table(d: Dialect) -> Sequence[str]:
    return (
        f'CREATE TABLE "isthmus_org" ("organization_id" {d.text} PRIMARY KEY, "user_id" {d.text} NOT NULL, '
        f'"profile_id" {d.text} NOT NULL, "client_id" {d.text} NOT NULL, "provisioned" {d.flag} NOT NULL)',
    )


MIGRATIONS: Final = (
    Migration(1, "which org this is", _identity_table),
    Migration(2, "what the definition declares", declared_tables),
    Migration(3, "what the setup audit trail tells of", told_table),
)


@dataclass(frozen=True, slots=True)
class Founding:
    """Who the org is, decided before its first record: 18-character ids, and its own app's client id."""

    organization_id: str
    user_id: str
    profile_id: str
    client_id: str
    provisioned: bool


def found(database: Database, ids: Ids) -> Founding:
    """Who this org is; a new database becomes an org of its own now. Blocks until that is on disk."""

    def unit(transaction: Transaction) -> Founding:
        if known := _founding(transaction):
            return known
        tag = ids.instance_tag()
        new = Founding(
            organization_id=_first(transaction, ORGANIZATION_PREFIX, tag),
            user_id=_first(transaction, USER_PREFIX, tag),
            profile_id=_first(transaction, PROFILE_PREFIX, tag),
            client_id=new_client_id(ids),
            provisioned=False,
        )
        transaction.execute(
            'INSERT INTO "isthmus_org" VALUES (?, ?, ?, ?, 0)',
            (new.organization_id, new.user_id, new.profile_id, new.client_id),
        )
        return new

    return database.write(unit, alone=True).result()


def _founding(connection: Connection) -> Founding | None:
    row = connection.row(
        'SELECT "organization_id", "user_id", "profile_id", "client_id", "provisioned" FROM "isthmus_org"'
    )
    if row is None:
        return None
    organization_id, user_id, profile_id, client_id = map(str, row[:4])
    return Founding(organization_id, user_id, profile_id, client_id, provisioned=bool(row[4]))


def _first(transaction: Transaction, prefix: str, tag: str) -> str:
    return record_id(prefix, tag, transaction.next_in_sequence(f"id:{prefix}"))


def is_provisioned(connection: Connection) -> bool:
    """Whether the org was once complete, its first logins included."""
    founding = _founding(connection)
    return founding is not None and founding.provisioned


def mark_provisioned(database: Database) -> None:
    """Note that the org is complete, its first logins included. Blocks until that is on disk."""

    def mark(transaction: Transaction) -> None:
        transaction.execute('UPDATE "isthmus_org" SET "provisioned" = 1')

    database.write(mark).result()
