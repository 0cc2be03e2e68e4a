"""Durable channel: what waits for a route, on disk, until its sink has taken it.

Messages and the source's position commit together. Whoever sends claims messages for a time (a lease); what
is settled with a sink, and the replies that go into other channels, commit together too. A process that dies
leaves its claims behind: on SQLite they end with the next start, for a file has one owner; on PostgreSQL with
their lease, and then any other process takes over.

Due times are the hub's clock's. Leases are real time: they tell whether a process lives.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from isthmus.hub.channel.arrival import Arrival, Inserted, decode, insert, plain
from isthmus.hub.channel.counts import REDELIVERED, Changes, counted, record, slot
from isthmus.hub.channel.lanes import next_goes_on
from isthmus.hub.channel.tables import State, among
from isthmus.hub.message import Message
from isthmus.kernel.clock import MINUTE, Clock
from isthmus.kernel.database import Connection, Database, Row, Transaction

__all__ = ["LEASE", "Claim", "DurableChannel", "Outcome", "Standing", "Turn"]

LEASE: Final = MINUTE
"""How long a claim holds without being renewed, in milliseconds of real time."""
_CLAIM: Final = (
    'UPDATE "hub_message" SET "leased_until" = ?, "owner" = ?, "attempts" = "attempts" + 1 WHERE "id" {}'
)
_RENEW: Final = 'UPDATE "hub_message" SET "leased_until" = ? WHERE "id" = ? AND "owner" = ?'
_RELEASE: Final = (
    'UPDATE "hub_message" SET "leased_until" = 0, "owner" = NULL, "attempts" = "attempts" - 1 '
    'WHERE "id" = ? AND "owner" = ?'
)
_DONE: Final = (
    'UPDATE "hub_message" SET "state" = ?, "payload" = NULL, "finished" = ?, "leased_until" = 0, '
    f'"owner" = NULL, "cause" = NULL WHERE "state" = \'{State.WAITING}\' AND "id" {{}} '
    'RETURNING "lane", "behind"'
)
_AGAIN: Final = (
    'UPDATE "hub_message" SET "due" = ?, "failures" = ?, "cause" = ?, "leased_until" = 0, "owner" = NULL '
    'WHERE "id" = ? AND "owner" = ?'
)
_DEAD: Final = (
    f'UPDATE "hub_message" SET "state" = \'{State.DEAD}\', "finished" = ?, "failures" = ?, "cause" = ?, '
    '"leased_until" = 0, "owner" = NULL WHERE "id" = ? AND "owner" = ? RETURNING "lane", "behind"'
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
    'AND "behind" = 0 AND "due" > ?'
)
_SET_PAUSED: Final = (
    'INSERT INTO "hub_paused" ("channel", "since") VALUES (?, ?) ON CONFLICT ("channel") DO NOTHING'
)
_SET_RESUMED: Final = 'DELETE FROM "hub_paused" WHERE "channel" = ?'
_PAUSED: Final = 'SELECT 1 FROM "hub_paused" WHERE "channel" = ?'


class Claim(NamedTuple):
    """A message that is ours to send for now. `attempts` counts this one; `since` is when it came."""

    id: int
    message: Message
    since: int
    attempts: int
    failures: int


class Outcome(NamedTuple):
    """What has become of a claim: DELIVERED or FILTERED, with replies; DEAD; or WAITING again until `due`."""

    claim: Claim
    state: State
    replies: Sequence[Arrival] = ()
    due: int = 0
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn has brought: new claims, and how many new replies there are in another channel.

    `next_due` is when the next message falls due that is not due yet, unless there are more to claim.
    """

    claims: Sequence[Claim]
    replied: Inserted
    next_due: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a channel is: how many messages wait, how many are dead letters, whether it is to send nothing."""

    waiting: int
    dead: int
    paused: bool = False


class DurableChannel:
    """One route's channel in the hub's database."""

    def __init__(self, database: Database, clock: Clock, name: str, owner: str) -> None:
        """`owner` tells this process from others."""
        self.name = name
        self._database = database
        self._clock = clock
        self._owner = owner
        self._slot_in, self._slot_out = slot(owner, name, "in"), slot(owner, name, "out")
        locking = " FOR UPDATE SKIP LOCKED" if database.dialect.name == "postgresql" else ""
        self._select = (
            'SELECT "id", "key", "payload", "since", "attempts", "failures" FROM "hub_message" '
            f'WHERE "channel" = ? AND "state" = \'{State.WAITING}\' AND "behind" = 0 AND "due" <= ? '
            f'AND "leased_until" <= ? ORDER BY "due", "id" LIMIT ?{locking}'
        )

    def open(self) -> Awaitable[Standing]:
        """How the channel is. Frees what a dead owner had claimed."""

        def unit(tx: Transaction) -> Standing:
            if tx.dialect.name == "sqlite":
                tx.execute(_ALL_FREE, (self.name,))
            return self._standing(tx)

        return self._database.writing(unit)

    def standing(self) -> Awaitable[Standing]:
        """How the channel is, whoever has changed it."""
        return self._database.reading(self._standing)

    def pause(self, paused: bool) -> Awaitable[object]:
        """Keep that nothing is to be sent, or that it is again."""
        values = (self.name, self._clock.now())
        return self._database.writing(
            lambda tx: tx.execute(*((_SET_PAUSED, values) if paused else (_SET_RESUMED, values[:1])))
        )

    def receive(self, arrivals: Sequence[Arrival], position: str | None) -> Awaitable[Inserted]:
        """Keep new messages and the source's position, in one commit."""
        now = self._clock.now()

        def unit(tx: Transaction) -> Inserted:
            changes = Changes()
            new = insert(tx, arrivals, now, changes)
            record(tx, changes, self._slot_in)
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
            changes = Changes()
            replied = self._settle(tx, outcomes, now, changes)
            if renew:
                until = real_now + LEASE
                tx.execute_many(_RENEW, [(until, each.id, self._owner) for each in renew])
            claims = self._claim(tx, now, real_now, limit, changes) if limit > 0 else []
            record(tx, changes, self._slot_out)
            return Turn(claims, replied, None if 0 < limit <= len(claims) else self._next_due(tx, now))

        return self._database.writing(unit)

    def release(self, claims: Sequence[Claim]) -> Awaitable[None]:
        """Give claims back that nobody has begun to send."""

        def unit(tx: Transaction) -> None:
            changes = Changes()
            for each in claims:
                if tx.execute(_RELEASE, (each.id, self._owner)) and each.attempts > 1:
                    changes[self.name, REDELIVERED] -= 1
            record(tx, changes, self._slot_out)

        return self._database.writing(unit)

    def _standing(self, connection: Connection) -> Standing:
        counts = counted(connection, self.name).get(self.name, {})
        paused = connection.row(_PAUSED, (self.name,)) is not None
        return Standing(counts.get(State.WAITING, 0), counts.get(State.DEAD, 0), paused)

    def _next_due(self, connection: Connection, now: int) -> int | None:
        row = connection.row(_NEXT_DUE, (self.name, now))
        return row[0] if row and isinstance(row[0], int) else None

    def _claim(self, tx: Transaction, now: int, real_now: int, limit: int, changes: Changes) -> list[Claim]:
        rows: list[Any] = tx.rows(self._select, (self.name, now, real_now, limit))
        claims = [
            Claim(number, decode(key, payload), since, attempts + 1, failures)
            for number, key, payload, since, attempts, failures in rows
        ]
        if claims:
            which, values = among([each.id for each in claims])
            tx.execute(_CLAIM.format(which), (real_now + LEASE, self._owner, *values))
        changes[self.name, REDELIVERED] += sum(each.attempts > 1 for each in claims)
        return claims

    def _settle(self, tx: Transaction, outcomes: Sequence[Outcome], now: int, changes: Changes) -> Inserted:
        replies: list[Arrival] = []
        done: dict[State, list[int]] = {}
        for each in outcomes:
            claim = each.claim
            cause = None if each.cause is None else plain(each.cause)
            match each.state:
                case State.WAITING:
                    again = (each.due, claim.failures + 1, cause, claim.id, self._owner)
                    tx.execute(_AGAIN, again)
                case State.DEAD:
                    died = (now, claim.failures + 1, cause, claim.id, self._owner)
                    self._left(tx, tx.rows(_DEAD, died), State.DEAD, changes)
                case _:
                    done.setdefault(each.state, []).append(claim.id)
                    replies.extend(each.replies)
        for state, ids in done.items():
            which, values = among(ids)
            self._left(tx, tx.rows(_DONE.format(which), (state, now, *values)), state, changes)
        return insert(tx, replies, now, changes)

    def _left(self, tx: Transaction, rows: Sequence[Row], state: State, changes: Changes) -> None:
        """These rows (lane, behind) waited, and are in `state` now."""
        changes[self.name, State.WAITING] -= len(rows)
        changes[self.name, state] += len(rows)
        next_goes_on(tx, self.name, [str(lane) for lane, behind in rows if lane is not None and not behind])
