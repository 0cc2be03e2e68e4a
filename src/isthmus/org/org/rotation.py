"""Rotation: new key versions for encrypted fields, and the pass that brings old values under the newest one.

New values are under the new version at once. What is older is encrypted again in the background, a few
hundred records in a unit of work, while the org answers: until then it is read, and found, under the version
it has. A pass that was killed begins again with the next start, and skips what is done.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from isthmus.kernel.crash import crash_point
from isthmus.kernel.database import Connection, Database, DatabaseError, Transaction, Value
from isthmus.kernel.tasks import Closing, Tasks
from isthmus.org.schema.encrypted import encrypted_fields
from isthmus.org.schema.model import Field, SObjectType
from isthmus.org.schema.schemes import FieldCipher
from isthmus.org.schema.store import SchemaStore
from isthmus.org.schema.tables import column, has_shadow, quoted, shadow
from isthmus.org.security.encryption import register
from isthmus.org.security.encryption.ciphers import HEADER_LENGTH, is_header, version_of_header
from isthmus.org.security.encryption.vault import Vault

ROWS_AT_ONCE: Final = 200
_log = structlog.get_logger(__name__)


def _unrecorded(transaction: Transaction, version: int) -> None:
    """Where nobody keeps an audit trail."""


@dataclass(frozen=True, slots=True)
class EncryptionStatus:
    """`active` is the version in use, None where there is none; `values` are how many are under each version;
    `problems` say which secrets are missing or wrong.
    """

    active: int | None
    values: dict[int, int]
    problems: tuple[str, ...]


class KeyRotation:
    """Rotates the keys of one org. The async methods are for the event loop."""

    def __init__(self, database: Database, schemas: SchemaStore, vault: Vault) -> None:
        self._database = database
        self._schemas = schemas
        self._vault = vault
        self._due = asyncio.Event()
        self.recorder: Callable[[Transaction, int], None] = _unrecorded
        """Told of a version, in the transaction that brings it into use."""

    async def status(self) -> EncryptionStatus:
        """Which versions there are, and how many values are under each. Raises SecretsUnreadable."""
        await self._database.writing(self._vault.look_again)
        values = await self._database.reading(self._count)
        return EncryptionStatus(self._vault.active, values, self._vault.problems)

    async def rotate(self) -> int:
        """Make a new version, which is in use when this returns; older values follow in the background.

        Raises SecretsUnreadable. Fault: `control_refused`.
        """
        version = await asyncio.to_thread(self._database.read_now, self._vault.make_version)

        def bring_into_use(transaction: Transaction) -> None:
            self._vault.prepare(transaction)
            self.recorder(transaction, version)

        await self._database.writing(bring_into_use)
        self._due.set()
        assert self._vault.active is not None
        return self._vault.active

    async def run(self, tasks: Tasks) -> None:
        """Bring old values under the newest version, now and after each rotation, until `tasks` end."""
        if self._vault.active is not None and not await self._database.reading(self._vault.is_settled):
            self._due.set()
        with suppress(Closing):
            while True:
                await tasks.unless_closing(self._due.wait())
                self._due.clear()
                try:
                    await self.renew(tasks)
                except DatabaseError as error:
                    _log.warning("old values are encrypted again with the next start", reason=str(error))

    async def renew(self, tasks: Tasks | None = None) -> None:
        """Encrypt again what is under an older version, as far as it can be opened. Raises DatabaseError.

        Repeated until there is nothing more: a transaction may have begun before the newest version was in
        use. With `tasks`, raises Closing when these end.
        """
        while await self._pass(tasks):
            pass
        counts = await self._database.reading(self._count)
        gone = [each for each in await self._database.reading(register.read) if not counts.get(each)]
        await self._database.writing(
            lambda tx: register.retire(tx, [each for each in gone if each != self._vault.active])
        )

    async def _pass(self, tasks: Tasks | None) -> int:
        """Go through every table that has encrypted values; returns how many were encrypted again."""
        changed = 0
        for sobject, fields in self._tables():
            last: str | None = ""
            while last is not None:
                last, count = await self._database.writing(partial(renew_rows, sobject, fields, last))
                changed += count
                crash_point("encrypted values renewed")
                if tasks is not None and tasks.closing.is_set():
                    raise Closing
        return changed

    def _tables(self) -> list[tuple[SObjectType, list[Field]]]:
        found: dict[str, tuple[SObjectType, list[Field]]] = {}
        for sobject, field in encrypted_fields(self._schemas.current):
            found.setdefault(sobject.name, (sobject, []))[1].append(field)
        return list(found.values())

    def _count(self, connection: Connection) -> dict[int, int]:
        counts = dict.fromkeys(register.read(connection), 0)
        for sobject, fields in self._tables():
            for field in fields:
                own = column(field)
                start = f"substr({own}, 1, {HEADER_LENGTH})"
                rows = connection.rows(
                    f"SELECT {start}, COUNT(*) FROM {quoted(sobject.name)} "
                    f"WHERE {own} IS NOT NULL GROUP BY {start}"
                )
                for text, count in rows:
                    if is_header(str(text)):
                        version = version_of_header(str(text))
                        counts[version] = counts.get(version, 0) + int(str(count))
        return counts


def renew_rows(
    sobject: SObjectType, fields: Sequence[Field], last: str, transaction: Transaction
) -> tuple[str | None, int]:
    """Encrypt again what is old in the next records after `last`; returns the id of the last of them, None
    where there are no more, and how many values were changed.
    """
    table = quoted(sobject.name)
    locked = " FOR UPDATE" if transaction.dialect.name == "postgresql" else ""
    names = ", ".join(column(each) for each in fields)
    rows = transaction.rows(
        f'SELECT "Id", {names} FROM {table} WHERE "Id" > ? ORDER BY "Id" LIMIT {ROWS_AT_ONCE}{locked}',
        (last,),
    )
    changed = 0
    for place, field in enumerate(fields, start=1):
        cipher = field.cipher
        assert cipher is not None
        searched = field.encryption is not None and has_shadow(field)
        sets = f"{column(field)} = ?" + (f", {shadow(field)} = ?" if searched else "")
        renewed = [
            (*_renewed(cipher, kept, searched), row[0])
            for row in rows
            if (kept := cipher.renewed(row[place])) is not None
        ]
        if renewed:
            transaction.execute_many(f'UPDATE {table} SET {sets} WHERE "Id" = ?', renewed)
            changed += len(renewed)
    return (str(rows[-1][0]) if len(rows) == ROWS_AT_ONCE else None), changed


def _renewed(cipher: FieldCipher, kept: str, searched: bool) -> tuple[Value, ...]:
    """What the field's columns hold from now on."""
    value = cipher.open(kept) if searched else None
    return (kept,) if value is None else (kept, cipher.token(value))
