"""Saves: a small org without adapters over a real database, and shorthands to ask it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from tests.contract.save.world import INSTANCE, PRINCIPAL, SCHEMA, USER_ID

from isthmus.kernel.clock import HOUR, ManualClock
from isthmus.kernel.database import Database, Transaction, Value
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.ids import Ids
from isthmus.kernel.journal import Journal
from isthmus.org.events.publishing import Publishing
from isthmus.org.events.retention import RETENTION
from isthmus.org.limits.window import Window
from isthmus.org.save import recycle_bin, requests, tables
from isthmus.org.save.engine import SaveEngine
from isthmus.org.save.ports import NOTHING, Automation
from isthmus.org.save.result import SaveOptions, SaveResult
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.save.upsert import upsert
from isthmus.org.schema import recorded
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.store import SchemaStore
from isthmus.org.search import tables as search_tables
from isthmus.org.security.principal import Principal
from isthmus.org.security.sharing import tables as sharing_tables

T = TypeVar("T")
Record = Mapping[str, object]


USER_VALUES: Record = {
    "Id": USER_ID,
    "Username": PRINCIPAL.username,
    "LastName": "Lovelace",
    "Email": PRINCIPAL.username,
    "Alias": "ada",
    "ProfileId": PRINCIPAL.profile_id,
    "TimeZoneSidKey": PRINCIPAL.time_zone,
    "LocaleSidKey": PRINCIPAL.locale,
    "LanguageLocaleKey": PRINCIPAL.language,
    "EmailEncodingKey": "UTF-8",
}


def _take_number(prefix: str, tx: Transaction) -> None:
    tx.next_in_sequence(f"id:{prefix}", 1)


class Saves:
    """Each call is one transaction."""

    def __init__(
        self, database: Database, immediate: Database, objects: Iterable[SObjectType] = SCHEMA
    ) -> None:
        migrate(database, recorded.COMPONENT, recorded.MIGRATIONS)
        migrate(database, tables.COMPONENT, tables.MIGRATIONS)
        migrate(database, search_tables.COMPONENT, search_tables.MIGRATIONS)
        migrate(database, sharing_tables.COMPONENT, sharing_tables.MIGRATIONS)
        store = SchemaStore(database)
        change = store.apply(objects)
        assert not change.refused
        self.database = database
        self.schema = store.current
        self.clock = ManualClock()
        self.principal = PRINCIPAL
        self.options = SaveOptions()
        self.journal = Journal(database, immediate)
        allowances = {each: Window(self.clock, 10_000, each, HOUR) for each in RETENTION}
        self.publishing = Publishing(self.journal, Ids(seed=1), allowances)
        self.automate(NOTHING)
        for prefix in ("005", "00e"):  # the first numbers are those of the world's own user and profile
            database.write(partial(_take_number, prefix)).result()
        known = {name: value for name, value in USER_VALUES.items() if self.schema["User"].field(name)}
        [made] = self.run(lambda unit: requests.insert(unit, "User", [known]), system=True)
        assert made.success, made.errors

    def automate(self, automation: Automation) -> None:
        """Let `automation` run during saves from now on."""
        self.engine = SaveEngine(self.clock, INSTANCE, self.publishing, automation)

    def run(self, work: Callable[[UnitOfWork], T], *, system: bool = False, by: Principal | None = None) -> T:
        """One transaction."""
        return self.database.write(
            lambda tx: self.engine.transaction(
                tx, self.schema, by or self.principal, work, system=system, options=self.options
            )
        ).result()

    def insert(self, sobject: str | None, *records: Record) -> list[SaveResult]:
        return self.run(lambda unit: requests.insert(unit, sobject, records))

    def update(self, sobject: str | None, *records: Record) -> list[SaveResult]:
        return self.run(lambda unit: requests.update(unit, sobject, records))

    def upsert(
        self, sobject: str, field: str, *records: Record, update_only: bool = False
    ) -> list[SaveResult]:
        return self.run(lambda unit: upsert(unit, sobject, field, records, update_only=update_only))

    def delete(self, sobject: str | None, *ids: str) -> list[SaveResult]:
        return self.run(lambda unit: requests.delete(unit, sobject, ids))

    def undelete(self, *ids: str) -> list[SaveResult]:
        return self.run(lambda unit: requests.undelete(unit, ids))

    def empty_recycle_bin(self, *ids: str) -> list[SaveResult]:
        return self.run(lambda unit: requests.empty_recycle_bin(unit, ids))

    def purge(self) -> int:
        now = self.clock.now()
        return self.database.write(lambda tx: recycle_bin.purge(tx, self.schema, now)).result()

    def new(self, sobject: str, **values: object) -> str:
        """The id of a record that is made now."""
        [result] = self.insert(sobject, values)
        assert result.success, result.errors
        assert result.id is not None
        return result.id

    def value(self, record_id: str, field: str) -> Value:
        """A stored value of a record, deleted or not."""
        sobject = self.schema.with_prefix(record_id)[0].name
        rows = self.rows(f'SELECT "{field}" FROM "{sobject}" WHERE "Id" = ?', record_id)
        assert rows, f"there is no {sobject} {record_id}"
        return rows[0][0]

    def exists(self, record_id: str) -> bool:
        """Whether a record is there and not deleted."""
        sobject = self.schema.with_prefix(record_id)[0].name
        return bool(self.rows(f'SELECT 1 FROM "{sobject}" WHERE "Id" = ? AND "IsDeleted" = 0', record_id))

    def count(self, sobject: str) -> int:
        """How many records an object has, deleted ones included."""
        return len(self.rows(f'SELECT "Id" FROM "{sobject}"'))

    def rows(self, sql: str, *parameters: Value) -> Sequence[tuple[Value, ...]]:
        return self.database.read(lambda connection: connection.rows(sql, parameters)).result()
