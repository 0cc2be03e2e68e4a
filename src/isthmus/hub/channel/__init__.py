"""Durable channel: what waits for a route, on disk, until its sink has taken it.

Messages and the source's position commit together. Whoever sends claims messages for a time (a lease); what
is settled with a sink, and the replies that go into other channels, commit together too. A process that dies
leaves its claims behind: on SQLite they end with the next start, for a file has one owner; on PostgreSQL with
their lease, and then any other process takes over.

Due times are the hub's clock's. Leases are real time: they tell whether a process lives.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from isthmus.hub.channel.arrival import Arrival, Inserted, decode, insert, plain
from isthmus.hub.channel.tables import State
from isthmus.hub.message import Message
from isthmus.kernel.clock import MINUTE, Clock
from isthmus.kernel.database import Connection, Database, Transaction

__all__ = ["LEASE", "Claim", "DurableChannel", "Outcome", "Turn"]

LEASE: Final = MINUTE
"""How long a claim holds without being renewed, in milliseconds of real time."""
_NOT_BEFORE_ITS_TURN: Final = (
    ' AND (m."lane" IS NULL OR NOT EXISTS (SELECT 1 FROM "hub_message" e WHERE e."channel" = m."channel" '
    f'AND e."lane" = m."lane" AND e."lane" IS NOT NULL AND e."state" = \'{State.WAITING}\' '
    'AND e."id" < m."id"))'
)
_CLAIM: Final = (
    'UPDATE "hub_message" SET "leased_until" = ?, "owner" = ?, "attempts" = "attempts" + 1 WHERE "id" = ?'
)
_RENEW: Final = 'UPDATE "hub_message" SET "leased_until" = ? WHERE "id" = ? AND "owner" = ?'
_RELEASE: Final = (
    'UPDATE "hub_message" SET "leased_until" = 0, "owner" = NULL, "attempts" = "attempts" - 1 '
    'WHERE "id" = ? AND "owner" = ?'
)
_DONE: Final = (
    'UPDATE "hub_message" SET "state" = ?, "payload" = NULL, "finished" = ?, "leased_until" = 0, '
    f'"owner" = NULL, "cause" = NULL WHERE "id" = ? AND "state" = \'{State.WAITING}\''
)
_AGAIN: Final = (
    'UPDATE "hub_message" SET "due" = ?, "failures" = ?, "cause" = ?, "leased_until" = 0, "owner" = NULL '
    'WHERE "id" = ? AND "owner" = ?'
)
_DEAD: Final = (
    f'UPDATE "hub_message" SET "state" = \'{State.DEAD}\', "finished" = ?, "failures" = ?, "cause" = ?, '
    '"leased_until" = 0, "owner" = NULL WHERE "id" = ? AND "owner" = ?'
)
_ALL_FREE: Final = (
    'UPDATE "hub_message" SET "leased_until" = 0, "owner" = NULL '
    f'WHERE "channel" = ? AND "state" = \'{State.WAITING}\' AND "leased_until" > 0'
)
_SET_POSITION: Final = (
    'INSERT INTO "hub_position" ("channel", "position", "stored") VALUES (?, ?, ?) '
    'ON CONFLICT ("channel") DO UPDATE SET "position" = excluded."position", "stored" = excluded."stored"'
)
_NEXT_DUE: Final = (
    f'SELECT MIN("due") FROM "hub_message" WHERE "channel" = ? AND "state" = \'{State.WAITING}\' '
    'AND "due" > ?'
)
_COUNT: Final = 'SELECT COUNT(*) FROM "hub_message" WHERE "channel" = ? AND "state" = \'{}\''


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that is ours to send for now. `attempts` counts this one; `since` is when it came."""

    id: int
    message: Message
    since: int
    attempts: int
    failures: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a claim: DELIVERED or FILTERED, with replies; DEAD; or WAITING again until `due`."""

    claim: Claim
    state: State
    replies: Sequence[Arrival] = ()
    due: int = 0
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn has brought: new claims, and how many new replies there are in another channel."""

    claims: Sequence[Claim]
    replied: Inserted


class DurableChannel:
    """One route's channel in the hub's database."""

    def __init__(
        self, database: Database, clock: Clock, name: str, owner: str, *, ordered: bool = False
    ) -> None:
        """`owner` tells this process from others; `ordered`: the lanes of messages are kept to."""
        self.name = name
        self._database = database
        self._clock = clock
        self._owner = owner
        locking = " FOR UPDATE SKIP LOCKED" if database.dialect.name == "postgresql" else ""
        self._select = (
            'SELECT m."id", m."key", m."payload", m."since", m."attempts", m."failures" '
            f'FROM "hub_message" m WHERE m."channel" = ? AND m."state" = \'{State.WAITING}\' '
            f'AND m."due" <= ? AND m."leased_until" <= ?{_NOT_BEFORE_ITS_TURN if ordered else ""} '
            f'ORDER BY m."due", m."id" LIMIT ?{locking}'
        )

    def open(self) -> Awaitable[tuple[int, int]]:
        """How many messages wait, and how many are dead letters. Frees what a dead owner had claimed."""

        def unit(tx: Transaction) -> tuple[int, int]:
            if tx.dialect.name == "sqlite":
                tx.execute(_ALL_FREE, (self.name,))
            return _count(tx, self.name, State.WAITING), _count(tx, self.name, State.DEAD)

        return self._database.writing(unit)

    def receive(self, arrivals: Sequence[Arrival], position: str | None) -> Awaitable[Inserted]:
        """Keep new messages and the source's position, in one commit."""
        now = self._clock.now()

        def unit(tx: Transaction) -> Inserted:
            new = insert(tx, arrivals, now)
            if position is not None:
                tx.execute(_SET_POSITION, (self.name, position, now))
            return new

        return self._database.writing(unit)

    def position(self) -> Awaitable[str | None]:
        """Where the source stands; None: it has never been read."""

        def question(connection: Connection) -> str | None:
            sql = 'SELECT "position" FROM "hub_position" WHERE "channel" = ?'
            row = connection.row(sql, (self.name,))
            return str(row[0]) if row else None

        return self._database.reading(question)

    def turn(self, outcomes: Sequence[Outcome], limit: int, renew: Sequence[Claim] = ()) -> Awaitable[Turn]:
        """Settle `outcomes`, renew the leases of `renew`, and claim up to `limit` more, in one commit."""
        now, real_now = self._clock.now(), self._clock.real_now()

        def unit(tx: Transaction) -> Turn:
            replied = self._settle(tx, outcomes, now)
            if renew:
                until = real_now + LEASE
                tx.execute_many(_RENEW, [(until, each.id, self._owner) for each in renew])
            return Turn(self._claim(tx, now, real_now, limit) if limit > 0 else (), replied)

        return self._database.writing(unit)

    def release(self, claims: Sequence[Claim]) -> Awaitable[None]:
        """Give claims back that nobody has begun to send."""
        owner = self._owner
        return self._database.writing(
            lambda tx: tx.execute_many(_RELEASE, [(each.id, owner) for each in claims])
        )

    def next_due(self) -> Awaitable[int | None]:
        """When the next message falls due that is not due yet."""
        now = self._clock.now()

        def question(connection: Connection) -> int | None:
            row = connection.row(_NEXT_DUE, (self.name, now))
            return row[0] if row and isinstance(row[0], int) else None

        return self._database.reading(question)

    def _claim(self, tx: Transaction, now: int, real_now: int, limit: int) -> list[Claim]:
        rows: list[Any] = tx.rows(self._select, (self.name, now, real_now, limit))
        claims = [
            Claim(number, decode(key, payload), since, attempts + 1, failures)
            for number, key, payload, since, attempts, failures in rows
        ]
        until = real_now + LEASE
        tx.execute_many(_CLAIM, [(until, self._owner, each.id) for each in claims])
        return claims

    def _settle(self, tx: Transaction, outcomes: Sequence[Outcome], now: int) -> Inserted:
        replies: list[Arrival] = []
        done: list[tuple[str, int, int]] = []
        for each in outcomes:
            claim = each.claim
            cause = None if each.cause is None else plain(each.cause)
            match each.state:
                case State.WAITING:
                    again = (each.due, claim.failures + 1, cause, claim.id, self._owner)
                    tx.execute(_AGAIN, again)
                case State.DEAD:
                    tx.execute(_DEAD, (now, claim.failures + 1, cause, claim.id, self._owner))
                case _:
                    done.append((each.state, now, claim.id))
                    replies.extend(each.replies)
        tx.execute_many(_DONE, done)
        return insert(tx, replies, now)


def _count(connection: Connection, channel: str, state: State) -> int:
    row = connection.row(_COUNT.format(state), (channel,))
    return row[0] if row and isinstance(row[0], int) else 0
