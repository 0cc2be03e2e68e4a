"""The workload: units of work as the org has them, each a record with a line of its own and a fact of it.

What must hold whenever the process ends: an acknowledged record is there, with its line and its fact, once;
a record that is there has both; a number of a sequence and a position are never given again.
"""

import random
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.simulation.ledger import Ledger

from isthmus.kernel.database import DatabaseError, Transaction
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.kernel.journal import Fact, Journal

BYTES_MAX: Final = 6_000
_NUMBERS: Final = "record"
_ALL_NUMBERS: Final = 'SELECT "Number" FROM "Record"'
_TOPIC: Final = "/data/RecordChangeEvent"


class Deliberate(Exception):
    """A unit that fails on purpose."""


@dataclass
class Storage:
    """An org's storage in a folder."""

    database: SqliteDatabase
    immediate: SqliteDatabase
    journal: Journal

    @classmethod
    def open(cls, folder: Path, vfs: str | None = None, synchronous: str = "FULL") -> "Storage":
        database = SqliteDatabase(folder / "org.sqlite", vfs=vfs, synchronous=synchronous)
        immediate = SqliteDatabase(folder / "org-immediate.sqlite", vfs=vfs, synchronous=synchronous)
        return cls(database, immediate, Journal(database, immediate))

    def create(self) -> None:
        """The tables. No unique index: a record that is there twice must show."""

        def tables(tx: Transaction) -> None:
            tx.execute('CREATE TABLE IF NOT EXISTS "Record" ("Id" TEXT, "Number" INTEGER, "Body" BLOB)')
            tx.execute('CREATE TABLE IF NOT EXISTS "Line" ("RecordId" TEXT)')
            tx.execute('CREATE INDEX IF NOT EXISTS "i:Record.Id" ON "Record" ("Id")')

        self.database.write(tables).result()

    def close(self) -> None:
        self.database.close()
        self.immediate.close()


def work(storage: Storage, ledger: Ledger, name: str, seed: int, units: int) -> None:
    """Hand in `units` units, one after the other, until they are done or the storage refuses."""
    chance = random.Random(seed)
    for n in range(units):
        record = f"{name}.{n}"
        ledger.attempt(record)
        try:
            if chance.random() < 0.15:
                ledger.attempt(f"immediate {record}")
                storage.journal.publish_immediately([_fact(f"immediate {record}")]).result()
                ledger.acknowledge(f"immediate {record}")
            save(storage, record, chance.randrange(BYTES_MAX), fail=chance.random() < 0.1)
            ledger.acknowledge(record)
        except Deliberate:
            continue
        except (DatabaseError, CancelledError):
            return


def save(storage: Storage, record: str, size: int, *, fail: bool = False) -> None:
    """One unit. Returns when it is acknowledged. Raises Deliberate, DatabaseError."""

    def unit(tx: Transaction) -> None:
        number = tx.next_in_sequence(_NUMBERS)
        tx.execute('INSERT INTO "Record" VALUES (?, ?, ?)', (record, number, bytes(size)))
        storage.journal.append(tx, [_fact(record)])
        tx.execute('INSERT INTO "Line" VALUES (?)', (record,))
        if fail:
            raise Deliberate

    storage.database.write(unit).result()


def _fact(body: str, topic: str = _TOPIC) -> Fact:
    return Fact(topic, "schema-1", body.encode(), 0)


def differences(folder: Path, ledger: Ledger) -> list[str]:
    """What is wrong with the storage in `folder`, opened as after any crash; nothing, where all is well."""
    try:
        storage = Storage.open(folder)
    except DatabaseError as error:
        return [f"it can't be opened: {error}"]
    try:
        storage.create()
        return _damage(storage) + _difference(storage, ledger) + _given_again(storage)
    except DatabaseError as error:
        return [f"it can't be read: {error}"]
    finally:
        storage.close()


def _damage(storage: Storage) -> list[str]:
    return [
        f"{each.path.name} is damaged: {row[0]!r}"
        for each in (storage.database, storage.immediate)
        for row in each.read_now(lambda reader: reader.rows("PRAGMA integrity_check"))
        if row != ("ok",)
    ]


def _difference(storage: Storage, ledger: Ledger) -> list[str]:
    def column(sql: str) -> list[str]:
        rows = storage.database.read_now(lambda reader: reader.rows(sql))
        return [row[0] for row in rows if isinstance(row[0], str)]

    records, lines = column('SELECT "Id" FROM "Record"'), column('SELECT "RecordId" FROM "Line"')
    facts, after = list[str](), 0
    while entries := storage.journal.read(after, [_TOPIC]):
        facts += [entry.fact.body.decode() for entry in entries]
        after = entries[-1].last
    immediate = [each for each in facts if each.startswith("immediate ")]
    of_records = [each for each in facts if not each.startswith("immediate ")]
    problems = ledger.differences(records + immediate)
    if sorted(records) != sorted(lines):
        problems.append(f"{len(records)} records have {len(lines)} lines")
    if sorted(records) != sorted(of_records):
        problems.append(f"{len(records)} records have {len(of_records)} facts")
    return problems


def _given_again(storage: Storage) -> list[str]:
    numbers = [row[0] for row in storage.database.read_now(lambda reader: reader.rows(_ALL_NUMBERS))]
    following = storage.database.write(lambda tx: tx.next_in_sequence(_NUMBERS)).result()
    tip = storage.journal.tip()
    position = storage.journal.publish_immediately([_fact("check", "/check")]).result().position
    problems = []
    if len(set(numbers)) != len(numbers) or following in numbers:
        problems.append(f"a number was given again: {len(numbers)} are {len(set(numbers))}, then {following}")
    if position <= tip:
        problems.append(f"a position was given again: {position} after {tip}")
    return problems
