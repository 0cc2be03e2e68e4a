"""Usage: how much of its daily limits an org has used in the last 24 hours of org time: API calls, events
delivered.

It is counted in memory, in minutes; a minute that is over is written down, so that a crash forgets a minute
at most, and several processes of one org add up in the database. Where the database refuses, what was counted
waits for the next minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, NamedTuple

import structlog

from isthmus.kernel.clock import DAY, MINUTE, Clock
from isthmus.kernel.database import Connection, Dialect, Migration, Transaction
from isthmus.kernel.errors import fault
from isthmus.org.limits import held
from isthmus.org.limits.maxima import API_REQUESTS

COMPONENT: Final = "limits"
_log = structlog.get_logger(__name__)
_WINDOW: Final = DAY // MINUTE
_ADD: Final = (
    'INSERT INTO "isthmus_usage" ("limit", "minute", "used") VALUES (?, ?, ?) '
    'ON CONFLICT ("limit", "minute") DO UPDATE SET "used" = "isthmus_usage"."used" + excluded."used"'
)


def _usage(dialect: Dialect) -> tuple[str, ...]:
    return (
        f'CREATE TABLE "isthmus_api_usage" ("minute" {dialect.integer} PRIMARY KEY, '
        f'"calls" {dialect.integer} NOT NULL)',
    )


def _usage_of_limits(dialect: Dialect) -> tuple[str, ...]:
    return (
        f'CREATE TABLE "isthmus_usage" ("limit" {dialect.text} NOT NULL, '
        f'"minute" {dialect.integer} NOT NULL, "used" {dialect.integer} NOT NULL, '
        'PRIMARY KEY ("limit", "minute"))',
        'INSERT INTO "isthmus_usage" ("limit", "minute", "used") '
        f'SELECT \'{API_REQUESTS}\', "minute", "calls" FROM "isthmus_api_usage"',
        'DROP TABLE "isthmus_api_usage"',
    )


MIGRATIONS: Final = (
    Migration(1, "API calls by the minute", _usage),
    Migration(2, "what is used of each daily limit by the minute", _usage_of_limits),
    held.MIGRATION,
)


class Usage(NamedTuple):
    """What was used in the last 24 hours, and how much is allowed."""

    used: int
    maximum: int


@dataclass(slots=True)
class _Counts:
    """`written` is what the database knows, `pending` what it is still to be told, both by minute."""

    written: dict[int, int] = field(default_factory=dict)
    pending: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flush:
    """A unit of work that writes down what was used, and removes what is older than a day.

    Where it fails, that is to be given back.
    """

    usage: "DailyUsage"
    used: Mapping[int, int]
    first: int

    def __call__(self, tx: Transaction) -> None:
        limit = self.usage.limit
        tx.execute_many(_ADD, [(limit, minute, used) for minute, used in self.used.items()])
        tx.execute('DELETE FROM "isthmus_usage" WHERE "limit" = ? AND "minute" <= ?', (limit, self.first))

    def give_back(self) -> None:
        """Let the next flush write this down."""
        self.usage.take_back(self.used)


class DailyUsage:
    """What is used of a limit of 24 hours, by the minute. Any thread may count.

    `refusal` names the fault with which more than `maximum` is refused.
    """

    def __init__(
        self,
        clock: Clock,
        maximum: int,
        limit: str = API_REQUESTS,
        refusal: str = "request_limit_exceeded",
    ) -> None:
        self.limit = limit
        self.maximum = maximum
        self._refusal = refusal
        self._clock = clock
        self._counts = _Counts()
        self._used = 0
        self._minute = 0
        self._in_minute = 0
        """What was used in `_minute`: it is pending when that is over, or written down."""
        self._oldest = 0
        self._refusing = False
        self._lock = Lock()

    def count(self, number: int = 1, *, whole: bool = True) -> bool:
        """Count what is used. True where a minute is over that wasn't written down: the caller then sees to
        `flush`. Not `whole`: what would be allowed in part is allowed.

        Raises the refusal where the 24 hours are used up.
        """
        minute = self._clock.now() // MINUTE
        with self._lock:
            due = minute != self._minute and self._turn(minute)
            if self._used + (number if whole else 1) > self.maximum:
                self._refuse()
            self._refusing = False
            self._in_minute += number
            self._used += number
            return due

    def check(self) -> None:
        """Raises the refusal where the 24 hours are used up."""
        if self.current().used >= self.maximum:
            raise fault(self._refusal)

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
            'SELECT "minute", "used" FROM "isthmus_usage" WHERE "limit" = ? AND "minute" > ?',
            (self.limit, first),
        )
        with self._lock:
            self._counts.written = {_integer(minute): _integer(used) for minute, used in rows}
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

    def take_back(self, used: Mapping[int, int]) -> None:
        """What could not be written down: it is pending again."""
        with self._lock:
            for minute, number in used.items():
                if minute in self._counts.written:
                    self._counts.written[minute] -= number
                    _add(self._counts.pending, {minute: number})

    def _refuse(self) -> None:
        """Once in the log, however many are refused until there is room again."""
        if not self._refusing:
            self._refusing = True
            _log.warning("a limit of 24 hours is used up", limit=self.limit, maximum=self.maximum)
        raise fault(self._refusal)

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
    for minute, number in more.items():
        counts[minute] = counts.get(minute, 0) + number


def _integer(value: object) -> int:
    assert isinstance(value, int)
    return value
