"""Usage: how many API calls an org has answered in the last 24 hours of org time.

Calls are counted in memory, in minutes; a minute that is over is written down, so that a crash forgets a
minute at most, and several processes of one org add up in the database. Where the database refuses, calls
wait for the next minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, NamedTuple

import structlog

from isthmus.kernel.clock import DAY, MINUTE, Clock
from isthmus.kernel.database import Connection, Dialect, Migration, Transaction
from isthmus.kernel.errors import fault

COMPONENT: Final = "limits"
_log = structlog.get_logger(__name__)
_WINDOW: Final = DAY // MINUTE
_ADD: Final = (
    'INSERT INTO "isthmus_api_usage" ("minute", "calls") VALUES (?, ?) ON CONFLICT ("minute") '
    'DO UPDATE SET "calls" = "isthmus_api_usage"."calls" + excluded."calls"'
)


def _usage(dialect: Dialect) -> tuple[str, ...]:
    return (
        f'CREATE TABLE "isthmus_api_usage" ("minute" {dialect.integer} PRIMARY KEY, '
        f'"calls" {dialect.integer} NOT NULL)',
    )


MIGRATIONS: Final = (Migration(1, "API calls by the minute", _usage),)


class Usage(NamedTuple):
    """API calls in the last 24 hours, and how many are allowed: `Sforce-Limit-Info:
    api-usage=used/maximum`.
    """

    used: int
    maximum: int


@dataclass(slots=True)
class _Counts:
    """`written` is what the database knows, `pending` what it is still to be told, both by minute."""

    written: dict[int, int] = field(default_factory=dict)
    pending: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flush:
    """A unit of work that writes calls down, and removes what is older than a day.

    Where it fails, the calls are to be given back.
    """

    usage: "ApiUsage"
    calls: Mapping[int, int]
    first: int

    def __call__(self, tx: Transaction) -> None:
        tx.execute_many(_ADD, list(self.calls.items()))
        tx.execute('DELETE FROM "isthmus_api_usage" WHERE "minute" <= ?', (self.first,))

    def give_back(self) -> None:
        """Let the next flush write these calls down."""
        self.usage.take_back(self.calls)


class ApiUsage:
    """Calls by the minute. Any thread may count."""

    def __init__(self, clock: Clock, maximum: int) -> None:
        self.maximum = maximum
        self._clock = clock
        self._counts = _Counts()
        self._used = 0
        self._minute = 0
        self._in_minute = 0
        """Calls of `_minute`: they join the pending ones when it is over, or written down."""
        self._oldest = 0
        self._refusing = False
        self._lock = Lock()

    def count(self, calls: int = 1) -> bool:
        """Count calls. True where a minute is over that wasn't written down: the caller then sees to `flush`.

        Fault: `request_limit_exceeded`, where the 24 hours are used up.
        """
        minute = self._clock.now() // MINUTE
        with self._lock:
            due = minute != self._minute and self._turn(minute)
            if self._used + calls > self.maximum:
                self._refuse()
            self._refusing = False
            self._in_minute += calls
            self._used += calls
            return due

    def current(self) -> Usage:
        """Where the org stands."""
        minute = self._clock.now() // MINUTE
        if minute != self._oldest:
            with self._lock:
                self._forget(minute)
        return Usage(self._used, self.maximum)

    def load(self, connection: Connection) -> None:
        """Take over what the database knows: at the start, and after others may have written."""
        first = self._clock.now() // MINUTE - _WINDOW
        rows = connection.rows(
            'SELECT "minute", "calls" FROM "isthmus_api_usage" WHERE "minute" > ?', (first,)
        )
        with self._lock:
            self._counts.written = {_integer(minute): _integer(calls) for minute, calls in rows}
            self._sum()

    def flush(self) -> Flush:
        """What isn't written down yet, on its way there.

        It is taken now, once, for a unit may run several times.
        """
        with self._lock:
            self._set_aside()
            pending, self._counts.pending = self._counts.pending, {}
            _add(self._counts.written, pending)
        return Flush(self, pending, self._clock.now() // MINUTE - _WINDOW)

    def take_back(self, calls: Mapping[int, int]) -> None:
        """Calls that could not be written down: they are pending again."""
        with self._lock:
            for minute, number in calls.items():
                if minute in self._counts.written:
                    self._counts.written[minute] -= number
                    _add(self._counts.pending, {minute: number})

    def _refuse(self) -> None:
        """Once in the log, however many are refused until calls are allowed again."""
        if not self._refusing:
            self._refusing = True
            _log.warning("API calls are refused: the limit of 24 hours is used up", maximum=self.maximum)
        raise fault("request_limit_exceeded")

    def _turn(self, minute: int) -> bool:
        """Begin to count another minute; whether others wait to be written down."""
        self._forget(minute)
        self._minute = minute
        return bool(self._counts.pending)

    def _set_aside(self) -> None:
        pending = self._counts.pending
        if self._in_minute:
            _add(pending, {self._minute: self._in_minute})
            self._in_minute = 0

    def _forget(self, minute: int) -> None:
        """Leave out what the window has passed, once a minute at most."""
        if minute == self._oldest:
            return
        self._oldest = minute
        self._set_aside()
        first = minute - _WINDOW
        for counts in (self._counts.written, self._counts.pending):
            for old in [each for each in counts if each <= first]:
                del counts[old]
        self._sum()

    def _sum(self) -> None:
        counts = self._counts
        self._used = sum(counts.written.values()) + sum(counts.pending.values()) + self._in_minute


def _add(counts: dict[int, int], more: Mapping[int, int]) -> None:
    for minute, calls in more.items():
        counts[minute] = counts.get(minute, 0) + calls


def _integer(value: object) -> int:
    assert isinstance(value, int)
    return value
