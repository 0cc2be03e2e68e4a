"""Store: the schema that is in force, and its change.

A change is one unit of work: what is recorded of the tables is compared with what the objects want, what
would lose data is refused, the rest is done, and the schema gets a new version. Units of work keep the
schema with which they began; the next ones see the new one as soon as the change is on disk. At a start
with an unchanged project two checksums are compared, and nothing else happens.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from isthmus.kernel.database import Database, Transaction
from isthmus.org.schema import recorded
from isthmus.org.schema.custom_parents import with_custom_parents
from isthmus.org.schema.encrypted import NAME_REGISTRY, is_encrypted, with_ciphers, with_schemes
from isthmus.org.schema.examine import Refusal, refusals
from isthmus.org.schema.key_prefixes import assign
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.plan import DropTable, Step, plan
from isthmus.org.schema.recorded import Recorded
from isthmus.org.schema.schemes import Ciphers, NoCiphers
from isthmus.org.schema.sealing import close_entries, leaves_no_trace
from isthmus.org.schema.share_objects import with_share_objects
from isthmus.org.schema.steps import StepRefused, run
from isthmus.org.schema.tables import TableLayout, layout

MetadataRecords: TypeAlias = Mapping[str, tuple[Mapping[str, object], ...]]

_EMPTY: Final = Schema((), version=0)


def _nothing(transaction: Transaction, schema: Schema) -> None:
    """What follows a change where nothing has to."""


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """What became of a change: nothing of it was done if anything was `refused`."""

    version: int
    steps: tuple[Step, ...] = ()
    refused: tuple[Refusal, ...] = ()


class SchemaStore:
    """The current schema of a database in which `recorded.MIGRATIONS` have run. `ciphers` are its fields'."""

    def __init__(self, database: Database, ciphers: Ciphers | None = None) -> None:
        self._database = database
        self._ciphers = ciphers or NoCiphers()
        self._current = _EMPTY
        self._changing = threading.Lock()
        self._tried = 0

    @property
    def current(self) -> Schema:
        """The schema in force; empty, of version 0, until the first `apply`. May be asked from any thread."""
        return self._current

    def apply(
        self,
        objects: Iterable[SObjectType],
        metadata_records: MetadataRecords | None = None,
        confirmed: Collection[str] = frozenset(),
        then: Callable[[Transaction, Schema], None] = _nothing,
    ) -> SchemaChange:
        """Make `objects` the schema; blocks until that is on disk, so not to be called within a unit of work.

        `confirmed` names what may lose its data, as refusals do: `Invoice__c`, `Account.Foo__c`. `then` runs
        in the same unit, once the tables are as `objects` want them: what it raises undoes the change.
        Raises that, and what the database raises.
        """
        wanted = tuple(objects)
        records = metadata_records or {}
        with self._changing:
            unit = self._database.write(
                lambda transaction: self._change(transaction, wanted, records, confirmed, then), alone=True
            )
            try:
                return unit.result()
            except StepRefused as impossible:
                return SchemaChange(
                    self._current.version, refused=(Refusal(impossible.subject, impossible.error),)
                )

    def _change(
        self,
        transaction: Transaction,
        objects: tuple[SObjectType, ...],
        records: MetadataRecords,
        confirmed: Collection[str],
        then: Callable[[Transaction, Schema], None],
    ) -> SchemaChange:
        before = recorded.read(transaction)
        numbered, given = assign(with_share_objects(objects), recorded.read_key_prefixes(transaction))
        complete = with_schemes(with_custom_parents(numbered))
        layouts = {each.name: layout(each) for each in complete if each.stored}
        model = recorded.checksum((recorded.checksum_of_all(complete), records))
        tables = recorded.checksum_of_all(layouts.values())
        if (model, tables) == (before.model, before.tables):
            complete = self._with_ciphers(transaction, complete, {})
            return self._finish(transaction, Schema(complete, before.version, records), (), then)
        existing = recorded.read_layouts(transaction)
        complete = self._with_ciphers(transaction, complete, existing)
        steps = plan(existing, layouts, complete)
        if refused := refusals(transaction, steps, self._ciphers, confirmed):
            return SchemaChange(self._current.version, refused=refused)
        leaves_no_trace(transaction, steps)
        run(transaction, steps, self._ciphers)
        _forget_names(transaction, steps, layouts.keys())
        close_entries(transaction, steps, complete)
        recorded.write_layouts(transaction, existing, layouts)
        recorded.write_key_prefixes(transaction, given.items())
        version = self._next_version(before.version)
        recorded.write(transaction, Recorded(version, model, tables))
        return self._finish(transaction, Schema(complete, version, records), steps, then)

    def _with_ciphers(
        self,
        transaction: Transaction,
        objects: tuple[SObjectType, ...],
        existing: Mapping[str, TableLayout],
    ) -> tuple[SObjectType, ...]:
        """The objects with the ciphers of their fields, which are made ready where anything is encrypted,
        or was until now.
        """
        was = any(column.encryption for table in existing.values() for column in table.columns)
        if not was and not any(map(is_encrypted, objects)):
            return objects
        self._ciphers.prepare(transaction)
        return with_ciphers(objects, self._ciphers)

    def _next_version(self, present: int) -> int:
        """One that no try of this process has had: plans are kept by it, and a try may be undone."""
        self._tried = max(self._tried, present) + 1
        return self._tried

    def _finish(
        self,
        transaction: Transaction,
        schema: Schema,
        steps: tuple[Step, ...],
        then: Callable[[Transaction, Schema], None],
    ) -> SchemaChange:
        then(transaction, schema)

        def swap() -> None:
            self._current = schema

        transaction.on_commit(swap)
        return SchemaChange(schema.version, steps)


def _forget_names(transaction: Transaction, steps: Iterable[Step], tables: Collection[str]) -> None:
    """Records of an object that is gone have no name any more."""
    if NAME_REGISTRY in tables:
        gone = [(step.table,) for step in steps if isinstance(step, DropTable)]
        transaction.execute_many('DELETE FROM "Name" WHERE "Type" = ?', gone)
