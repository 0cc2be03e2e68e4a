"""Unit of work: one platform transaction, with what it has changed, from the first save to the commit."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Protocol

from isthmus.kernel.database import Transaction
from isthmus.kernel.errors import fault
from isthmus.org.events.publishing import Event, Publication, Publishing
from isthmus.org.save.operation import Operation
from isthmus.org.save.result import SaveOptions
from isthmus.org.save.row import Row, Values
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.time_zones import zone_of
from isthmus.org.security.access import EVERYTHING, Access
from isthmus.org.security.principal import Principal

DEPTH_MAX: Final = 16
"""Saves inside saves.

Source: Apex Developer Guide, Execution Governors and Limits, trigger recursion depth.
"""

DEFAULT_OPTIONS: Final = SaveOptions()


@dataclass(frozen=True, slots=True)
class Change:
    """One record that a save wrote. `before` is None for an insert, `after` for a delete.

    Of records that were deleted with their parent only the id is known: both are None.
    """

    sobject: str
    id: str
    operation: Operation
    before: Values | None
    after: Values | None


class BatchSaver(Protocol):
    """What runs the save order over rows of one object."""

    def __call__(
        self, unit: "UnitOfWork", sobject: SObjectType, operation: Operation, rows: list[Row], /
    ) -> None: ...


class UnitOfWork:
    """What a transaction's saves share. `changes` is in the order of the writes; a commit merges it per
    record.
    """

    def __init__(
        self,
        tx: Transaction,
        schema: Schema,
        principal: Principal,
        now: int,
        *,
        instance: str,
        publishing: Publishing,
        publication: Publication,
        saver: BatchSaver,
        system: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
        last_try: bool = True,
    ) -> None:
        self.tx = tx
        self.schema = schema
        self.principal = principal
        self.now = now
        self.instance = instance
        """The org's three-character tag, part of every record id."""
        self.system = system
        self.options = options
        self.last_try = last_try
        """Whether a row must fail where, in a new transaction, it might not."""
        self.changes: list[Change] = []
        self.publishing = publishing
        self.publication = publication
        self.events: list[Event] = []
        """Those that are to be published with the commit, in their order."""
        self.memo: dict[str, Any] = {}
        """What steps have read once for the whole transaction, such as status values."""
        self.dml_statements = 0
        """How often automation has saved; what is undone counts too."""
        self._saver = saver
        self._depth = 0
        self._in_system_context = False

    @property
    def access(self) -> Access:
        """The principal's rights; the platform's own transactions, and system context, have every right."""
        return EVERYTHING if self.system or self._in_system_context else self.principal.access

    @property
    def reader(self) -> Principal:
        """The principal, with the rights that are in force."""
        access = self.access
        return self.principal if access is self.principal.access else replace(self.principal, access=access)

    @property
    def local_now(self) -> int:
        """`now` as the wall clock of the principal shows it, as if that were UTC."""
        return self.now + _zone_offset(self.principal.time_zone, self.now // 900_000)

    def save(self, sobject: SObjectType, operation: Operation, rows: list[Row]) -> None:
        """Run the save order over a batch of rows; what becomes of each is on the row.

        Raises the fault `trigger_depth_exceeded` below 16 levels of saves inside saves.
        """
        if self._depth >= DEPTH_MAX:
            raise fault("trigger_depth_exceeded", sobject=sobject.name)
        self._depth += 1
        try:
            self._saver(self, sobject, operation, rows)
        finally:
            self._depth -= 1

    @contextmanager
    def system_context(self) -> Iterator[None]:
        """What the block saves is saved with every right, in the principal's name; what the schema lets
        nobody write stays so. What a request asks of its own saves is not asked of these.
        """
        before = self._in_system_context, self.options
        self._in_system_context = True
        self.options = SaveOptions(session_id=self.options.session_id)
        try:
            yield
        finally:
            self._in_system_context, self.options = before

    @contextmanager
    def as_platform(self) -> Iterator[None]:
        """What the block saves is the platform's own: what the schema lets nobody write may be written."""
        before, self.system = self.system, True
        try:
            yield
        finally:
            self.system = before

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo, on an exception, what the block wrote, what it noted as changed, and the events that it meant
        to publish.
        """
        mark, events = len(self.changes), len(self.events)
        try:
            with self.tx.savepoint():
                yield
        except BaseException:
            del self.changes[mark:]
            del self.events[events:]
            self.memo.clear()
            raise

    def changed_ids(self, sobject: str) -> set[str]:
        """The records of an object that the transaction has written so far."""
        return {each.id for each in self.changes if each.sobject == sobject}

    def merged_changes(self) -> Mapping[tuple[str, str], Change]:
        """The net change of each record: first image before, last image after.

        Nothing where they cancel out.
        """
        merged: dict[tuple[str, str], Change] = {}
        for change in self.changes:
            key = (change.sobject, change.id)
            earlier = merged.get(key)
            if earlier is None:
                merged[key] = change
            elif earlier.operation is Operation.INSERT and change.operation is Operation.DELETE:
                del merged[key]
            else:
                later = change.operation is Operation.UPDATE
                merged[key] = Change(
                    change.sobject,
                    change.id,
                    earlier.operation if later else change.operation,
                    earlier.before,
                    change.after,
                )
        return merged


@lru_cache(maxsize=1024)
def _zone_offset(name: str, quarter: int) -> int:
    """Milliseconds by which the zone is ahead of UTC in a quarter of an hour; unknown zones count as UTC."""
    offset = datetime.fromtimestamp(quarter * 900, UTC).astimezone(zone_of(name)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() * 1000)
