"""Lockout: who gave a wrong password too often is not let in for a while, whatever they give then.

Failures are counted in memory as they happen, so that guesses that are made at once are counted at once, and
written down beside the answer. Source: Salesforce Help, "Set Password Policies": maximum invalid login
attempts (10), lockout effective period (15 minutes).
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Connection, Transaction

_USERS_MAX: Final = 10_000
_KEEP: Final = """INSERT INTO "isthmus_login_failures" ("user_id", "attempts", "last_at") VALUES (?, ?, ?)
    ON CONFLICT ("user_id") DO UPDATE SET "attempts" = excluded."attempts", "last_at" = excluded."last_at" """


@dataclass(frozen=True, slots=True)
class Failures:
    """How often in a row a user's password was wrong, and when last (milliseconds since the epoch)."""

    attempts: int = 0
    last_at: int = 0


NONE: Final = Failures()


class Lockout:
    """`attempts` are allowed, 0: any number; `period` in milliseconds, 0: until an administrator unlocks."""

    def __init__(self, attempts: int, period: int) -> None:
        self._attempts = attempts
        self._period = period
        self._known: OrderedDict[str, Failures] = OrderedDict()

    def current(self, user_id: str, written: Failures, now: int) -> Failures:
        """The failures that count at `now`: those known here, else those written down; none, where a lockout
        has ended.
        """
        failures = self._known.get(user_id, written)
        return NONE if self._has_ended(failures, now) else failures

    def locks(self, failures: Failures) -> bool:
        """Whether a user with these failures is locked out."""
        return bool(self._attempts) and failures.attempts >= self._attempts

    def fail(self, user_id: str, failures: Failures, now: int) -> Failures:
        """One more failure; it counts at once."""
        more = Failures(failures.attempts + 1, now)
        self._known[user_id] = more
        self._known.move_to_end(user_id)
        if len(self._known) > _USERS_MAX:
            self._known.popitem(last=False)
        return more

    def forget(self, user_id: str) -> None:
        """Nothing counts any more that is not written down."""
        self._known.pop(user_id, None)

    def release(self, transaction: Transaction, now: int) -> None:
        """Say of users whose lockout has ended that they are not locked."""
        if not self._attempts or not self._period:
            return
        transaction.execute(
            """UPDATE "UserLogin" SET "IsPasswordLocked" = 0 WHERE "IsPasswordLocked" = 1 AND "UserId" IN (
            SELECT "user_id" FROM "isthmus_login_failures" WHERE "last_at" <= ?)""",
            (now - self._period,),
        )

    def _has_ended(self, failures: Failures, now: int) -> bool:
        return self.locks(failures) and bool(self._period) and now >= failures.last_at + self._period


def read(connection: Connection, user_id: str) -> Failures:
    """What is written down of a user's failures."""
    row = connection.row(
        'SELECT "attempts", "last_at" FROM "isthmus_login_failures" WHERE "user_id" = ?', (user_id,)
    )
    return NONE if row is None else Failures(int(str(row[0])), int(str(row[1])))


def write(transaction: Transaction, user_id: str, failures: Failures, *, locked: bool) -> None:
    """Write a user's failures down, and in the user's record that they are locked out."""
    transaction.execute(_KEEP, (user_id, failures.attempts, failures.last_at))
    if locked:
        _mark(transaction, user_id, locked=True)


def clear(transaction: Transaction, user_id: str) -> None:
    """A user has logged in, or an administrator has unlocked them: the count begins anew."""
    if transaction.execute('DELETE FROM "isthmus_login_failures" WHERE "user_id" = ?', (user_id,)):
        _mark(transaction, user_id, locked=False)


def _mark(transaction: Transaction, user_id: str, *, locked: bool) -> None:
    transaction.execute(
        'UPDATE "UserLogin" SET "IsPasswordLocked" = ? WHERE "UserId" = ?', (int(locked), user_id)
    )
