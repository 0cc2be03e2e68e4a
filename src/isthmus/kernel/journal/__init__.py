"""The journal: what has happened, in the order of its positions; the only source of replay ids.

A fact is appended in the unit of work of the records it is about: they commit together or not at all. Its
position is assigned last before that commit, so that whoever follows the journal sees every position once
and in order, and never one that could still go away. A position is not given out again after a purge, a
reset, a restart or a restore; there may be gaps.

Facts that are published *immediately* are on disk, and seen, before and without the commit of the unit that
publishes them. They go through a second database with its own writer: on SQLite another file, on PostgreSQL
another connection.
"""

import heapq
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from isthmus.kernel.clock import MINUTE
from isthmus.kernel.database import Connection, Database, Row, Transaction, Value
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.journal.positions import InProcess, OnServer
from isthmus.kernel.journal.tables import (
    BEGIN_EPOCH,
    EPOCH,
    INSERT,
    LAST,
    MIGRATIONS,
    NEWEST,
    OLDEST,
    PURGE,
    PURGE_SCHEMAS,
    PURGEABLE,
    RAISE_FLOOR,
    SCHEMA,
    USE_SCHEMA,
    USED_WITHIN,
    reading,
)

READ_MAX: Final = 2_000
"""Entries that one read gives at most."""
_PURGED_AT_ONCE: Final = 1_000
_ABOVE_ALL: Final = 2**63 - 1
_BEHIND_MAX: Final = MINUTE
_NO_SCHEMAS: Final[Mapping[str, bytes]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened. `count` events of one transaction may share one fact, and take as many positions.

    `time` is org time in milliseconds; `retention` names the class that says how long the fact is kept; a
    replay id is checked against the facts of a class. `enrichment` has values captured at the commit.
    """

    topic: str
    schema_id: str
    body: bytes
    time: int
    enrichment: bytes | None = None
    count: int = 1
    retention: str = "standard"


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact in its place: `position` is that of its first event."""

    position: int
    fact: Fact

    @property
    def last(self) -> int:
        """The position of its last event."""
        return self.position + self.fact.count - 1


class Appended:
    """Where appended facts will be: `position`, that of the first event, is known from the commit on."""

    __slots__ = ("_position",)

    def __init__(self) -> None:
        self._position: int | None = None

    @property
    def position(self) -> int:
        """Raises LookupError before the commit."""
        if self._position is None:
            raise LookupError("positions are assigned at the commit")
        return self._position

    def _place(self, position: int) -> None:
        self._position = position


class Journal:
    """The journal in `database`. `immediate` is the second database: another file, or another connection.

    Raises DatabaseTooNew where a newer program has written it. Who made the databases closes them.
    """

    def __init__(self, database: Database, immediate: Database) -> None:
        self._database = database
        self._immediate = immediate
        self._files = [database] if database.dialect.name == "postgresql" else [database, immediate]
        for each in self._files:
            migrate(each, "journal", MIGRATIONS)
        self._positions: InProcess | OnServer
        if database.dialect.name == "postgresql":
            self._positions = OnServer()
        else:
            self._positions = InProcess(max(map(_last, self._files)))
        self._wakers: tuple[Callable[[], None], ...] = ()
        self._lock = threading.Lock()

    def append(
        self, tx: Transaction, facts: Sequence[Fact], schemas: Mapping[str, bytes] = _NO_SCHEMAS
    ) -> Appended:
        """Append `facts` with the unit's commit; the savepoint that is open now undoes them.

        `schemas` are the definitions, by schema id, of what the facts are made by: they are kept with the
        facts, for as long as facts may need them.

        Raises ValueError where a fact has no event.
        """
        appended = Appended()
        if any(each.count < 1 for each in facts):
            raise ValueError("a fact has one event or more")
        if facts:
            latest = max(each.time for each in facts)
            for schema_id in sorted(schemas):  # in one order: writers that wait for each other end
                tx.execute(USE_SCHEMA, (schema_id, schemas[schema_id], latest))
            tx.around_commit(lambda tx: self._placing(tx, facts, appended))
        return appended

    def publish_immediately(
        self, facts: Sequence[Fact], schemas: Mapping[str, bytes] = _NO_SCHEMAS
    ) -> Future[Appended]:
        """Append `facts` at once, whatever becomes of the unit that calls; on disk when the future
        completes.
        """
        return self._immediate.write(lambda tx: self.append(tx, facts, schemas))

    def schema(self, schema_id: str) -> bytes | None:
        """The definition of a schema by which facts were made; None where it is not known any more."""
        for each in self._files:
            row = each.read_now(lambda reader: reader.row(SCHEMA, (schema_id,)))
            if row is not None:
                assert isinstance(row[0], bytes)
                return row[0]
        return None

    def read(self, after: int, topics: Sequence[str] | None = None, limit: int = READ_MAX) -> list[Entry]:
        """Up to `limit` entries with an event whose position is above `after`, in order.

        Where an entry's first events are not above `after`, the reader passes over them.
        """
        if topics is not None and not topics:
            return []
        limit = min(limit, READ_MAX)
        sql, parameters = reading(after, self._positions.visible(), topics, limit)
        found = [each.read_now(lambda reader: reader.rows(sql, parameters)) for each in self._files]
        rows = found[0] if len(found) == 1 else list(heapq.merge(*found, key=_position))[:limit]
        return [_entry(row) for row in rows]

    def tip(self) -> int:
        """The position up to which everything has happened; 0 where nothing has."""
        bound = self._positions.visible()
        return max(map(_last, self._files)) if bound is None else bound

    def oldest(self, retention: str) -> int | None:
        """The position of the oldest event of the class that is still there, or None."""
        rows = [each.read_now(lambda reader: reader.row(OLDEST, (retention,))) for each in self._files]
        return min((_whole(row[0]) for row in rows if row is not None), default=None)

    def since(self, time: int, retention: str) -> Iterator[tuple[int, int]]:
        """The time and the number of events of each fact of the class from `time` (org time) on, latest
        first.

        Facts are nearly in the order of their times: one may come a minute after a later one.
        """
        for each in self._files:
            position = _ABOVE_ALL
            while rows := each.read_now(partial(_newest, retention=retention, below=position)):
                position = rows[-1][0]
                yield from ((at, count) for _, at, count in rows if at >= time)
                if rows[-1][1] < time - _BEHIND_MAX:
                    break

    def valid(self, replay_id: int, retention: str) -> bool:
        """Whether a reader of the class may go on after `replay_id`, whatever topic it came from.

        It may from just before the oldest event that is still there, up to the tip.
        """
        tip = self.tip()
        oldest = self.oldest(retention)
        return (tip if oldest is None else oldest - 1) <= replay_id <= tip

    @property
    def epoch(self) -> int:
        """Counts, from 1, how often the positions have been carried over by `begin_epoch`."""
        row = self._database.read_now(lambda reader: reader.row(EPOCH))
        return _whole(row[0]) if row else 1

    def begin_epoch(self, above: int = 0) -> int:
        """Go on above the position `above`, the tip of the data that a restored copy replaces; the new
        epoch.
        """

        def begin(tx: Transaction) -> None:
            if (missing := above - self.tip()) > 0:
                with self._positions.take(tx, missing) as first:
                    tx.execute(RAISE_FLOOR, (first + missing - 1,) * 2)
            tx.execute(BEGIN_EPOCH)

        self._database.write(begin, alone=True).result()
        return self.epoch

    def purge(self, before: int, retention: str) -> int:
        """Forget the facts of the class that are older than `before` (org time); returns how many. Blocks."""
        purged = 0
        for each in self._files:
            while count := each.write(lambda tx: _purge(tx, before, retention)).result():
                purged += count
        return purged

    def purge_schemas(self, before: int) -> None:
        """Forget the schemas of which no fact is younger than `before` (org time). Blocks."""
        for each in self._files:
            each.write(lambda tx: tx.execute(PURGE_SCHEMAS, (before - USED_WITHIN,))).result()

    def on_wake(self, waker: Callable[[], None]) -> Callable[[], None]:
        """Call `waker` after every commit with facts, in the thread that committed; returns what ends that.

        It must not block or raise, and may be called more often than there is something to read.
        """
        with self._lock:
            self._wakers = (*self._wakers, waker)

        def end() -> None:
            with self._lock:
                self._wakers = tuple(each for each in self._wakers if each is not waker)

        return end

    @contextmanager
    def _placing(self, tx: Transaction, facts: Sequence[Fact], appended: Appended) -> Iterator[None]:
        """Around the commit: take positions, write the facts, and wake the readers once they can be seen."""
        try:
            with self._positions.take(tx, sum(each.count for each in facts)) as position:
                tx.execute_many(INSERT, _rows(facts, position))
                yield
            appended._place(position)
        finally:  # positions that are given up let readers pass to those after them, too
            for wake in self._wakers:
                wake()


def _rows(facts: Sequence[Fact], position: int) -> Iterator[tuple[Value, ...]]:
    """A row has the position of its *last* event: what is above a position is then a range of the key."""
    for each in facts:
        position += each.count
        yield (
            position - 1,
            each.count,
            each.topic,
            each.retention,
            each.schema_id,
            each.time,
            each.body,
            each.enrichment,
        )


def _entry(row: Row) -> Entry:
    _, count, topic, retention, schema_id, time, body, enrichment = row
    assert isinstance(count, int)
    fact = Fact(topic, schema_id, body, time, enrichment, count, retention)  # type: ignore[arg-type] # as written
    return Entry(_position(row) - count + 1, fact)


def _position(row: Row) -> int:
    return _whole(row[0])


def _whole(value: Value) -> int:
    assert isinstance(value, int)
    return value


def _last(database: Database) -> int:
    def last(reader: Connection) -> int:
        row = reader.row(LAST)
        return _whole(row[0]) if row else 0

    return database.read_now(last)


def _newest(reader: Connection, retention: str, below: int) -> list[tuple[int, int, int]]:
    rows = reader.rows(NEWEST, (retention, below, READ_MAX))
    return [(_position(row), _whole(row[1]), _whole(row[2])) for row in rows]


def _purge(tx: Transaction, before: int, retention: str) -> int:
    """Forget some of the oldest facts; returns how many, 0 where none is left to forget."""
    old = tx.rows(PURGEABLE, (retention, _PURGED_AT_ONCE))
    expired = [_position(row) for row in old if _whole(row[1]) < before]
    first_kept = next((_position(row) for row in old if _whole(row[1]) >= before), None)
    last = max((each for each in expired if first_kept is None or each < first_kept), default=None)
    if last is None:
        return 0
    tx.execute(RAISE_FLOOR, (last, last))
    return tx.execute(PURGE, (retention, last))
