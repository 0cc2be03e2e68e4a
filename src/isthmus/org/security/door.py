"""The door: who may log in, from where and when. What is refused is refused alike, and all of it is recorded.

An unknown user costs the same hash as one who is known; what tells the two apart (a lockout to count, a line
of LoginHistory) is written down beside the answer, not before it. A reason is given only to who has shown the
right password.
"""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

import structlog

from isthmus.kernel.clock import Clock
from isthmus.kernel.database import Connection, Database, DatabaseError, Transaction
from isthmus.kernel.database.short_reads import short_read
from isthmus.kernel.errors import Fault, fault
from isthmus.org.schema.values import fold
from isthmus.org.security import lockout
from isthmus.org.security.credentials import password_in
from isthmus.org.security.hashing import PasswordHasher
from isthmus.org.security.lockout import Failures, Lockout
from isthmus.org.security.login_attempts import LoginRecorder, Outcome, Visit
from isthmus.org.security.login_rate import LoginRate
from isthmus.org.security.login_restrictions import LoginRestrictions, Restriction, network_range
from isthmus.org.security.options import DoorOptions
from isthmus.org.security.principal import Principal
from isthmus.org.security.users import Account, Users

_log = structlog.get_logger(__name__)
_FAULTS: Final = {
    Outcome.RESTRICTED_IP: "login_from_restricted_address",
    Outcome.RESTRICTED_TIME: "login_at_restricted_time",
    Outcome.NEEDS_TOKEN: "login_needs_security_token",
}
"""What is said to who has the right password. To all others: `invalid_login`."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of who knocks."""

    account: Account
    restriction: Restriction
    failures: Failures

    @property
    def user(self) -> Principal:
        return self.account.principal


class Door:
    """The door of one org. For the event loop; `entered` and `unlock` are for units of work."""

    def __init__(
        self, database: Database, clock: Clock, hasher: PasswordHasher, users: Users, options: DoorOptions
    ) -> None:
        self.recorder: LoginRecorder | None = None
        self._writing: set[Future[None]] = set()
        self.restrictions = LoginRestrictions()
        self._database = database
        self._clock = clock
        self._hasher = hasher
        self._users = users
        self._rate = LoginRate(clock, options.logins_per_hour)
        self._lockout = Lockout(options.lockout_attempts, options.lockout_period)
        self._needs_token = options.needs_security_token
        self._trusted = tuple(network_range(each) for each in options.trusted)

    async def check_password(self, username: str, typed: str, visit: Visit) -> Principal:
        """Who gave the right password and may come in. One slow hash, whether there is such a user or not.

        Faults: `invalid_login`, `login_rate_exceeded`; with the right password
        `login_from_restricted_address`, `login_at_restricted_time`, `login_needs_security_token`.
        """
        known = await short_read(self._database, lambda connection: self._known(connection, username))
        self._count(username, known, visit)
        account = None if known is None else known.account
        password = password_in(typed, account.security_token_digest if account else None)
        matches = await self._hasher.matches(password, account.password_digest if account else None)
        if known is None:
            raise fault("invalid_login")
        outcome = self._judge(known, visit, matches=matches, with_token=password != typed)
        if outcome is not Outcome.SUCCESS:
            self._refuse(known, visit, outcome)
            raise fault(_FAULTS.get(outcome, "invalid_login"))
        return known.user

    async def admit(self, account: Account, visit: Visit, *, otherwise: str) -> None:
        """Let a user in who need not show a password: their app has shown what it has.

        Faults: `otherwise`, where the user is inactive or frozen; `login_rate_exceeded`,
        `login_from_restricted_address`, `login_at_restricted_time`.
        """
        profile_id = account.principal.profile_id
        restriction = await short_read(
            self._database, lambda connection: self.restrictions.of(connection, profile_id)
        )
        known = _Known(account, restriction, lockout.NONE)
        if account.active:
            self._count(account.principal.username, known, visit)
        outcome = self._judge_user(known, visit)
        if outcome is not Outcome.SUCCESS:
            self._write_down(known, visit, outcome)
            raise fault(_FAULTS.get(outcome, otherwise))

    def entered(self, transaction: Transaction, user: Principal, visit: Visit) -> None:
        """Write down, with the session, that a user is in."""
        lockout.clear(transaction, user.user_id)
        transaction.execute(
            'UPDATE "User" SET "LastLoginDate" = ? WHERE "Id" = ?', (self._clock.now(), user.user_id)
        )
        if self.recorder is not None:
            self.recorder(transaction, user, visit, Outcome.SUCCESS)
        transaction.on_commit(lambda: self._lockout.forget(user.user_id))

    def unlock(self, transaction: Transaction, user_id: str) -> None:
        """An administrator lets a user try again."""
        lockout.clear(transaction, user_id)
        transaction.on_commit(lambda: self._lockout.forget(user_id))

    def housekeep(self, transaction: Transaction) -> None:
        """Say of users whose lockout has ended that they are not locked."""
        self._lockout.release(transaction, self._clock.now())

    def _known(self, connection: Connection, username: str) -> _Known | None:
        account = self._users.named(connection, username)
        if account is None:
            return None
        user = account.principal
        restriction = self.restrictions.of(connection, user.profile_id)
        return _Known(account, restriction, lockout.read(connection, user.user_id))

    def _count(self, username: str, known: _Known | None, visit: Visit) -> None:
        """Count an attempt. Fault: `login_rate_exceeded`; the first of an hour is written down."""
        try:
            self._rate.count(fold(username))
        except Fault:
            if known is not None and self._rate.has_just_exceeded(fold(username)):
                self._write_down(known, visit, Outcome.RATE_EXCEEDED)
            raise

    def _judge(self, known: _Known, visit: Visit, *, matches: bool, with_token: bool) -> Outcome:
        failures = self._lockout.current(known.user.user_id, known.failures, self._clock.now())
        if self._lockout.locks(failures):
            return Outcome.PASSWORD_LOCKOUT
        if not matches:
            return Outcome.INVALID_PASSWORD
        outcome = self._judge_user(known, visit)
        if outcome is Outcome.SUCCESS and not with_token and self._wants_token(known, visit):
            return Outcome.NEEDS_TOKEN
        return outcome

    def _judge_user(self, known: _Known, visit: Visit) -> Outcome:
        if not known.account.active:
            return Outcome.USER_INACTIVE
        if known.account.frozen:
            return Outcome.USER_FROZEN
        if not known.restriction.allows_address(visit.source_ip):
            return Outcome.RESTRICTED_IP
        if not known.restriction.allows_time(self._clock.now()):
            return Outcome.RESTRICTED_TIME
        return Outcome.SUCCESS

    def settle(self) -> None:
        """Wait until the refusals that there were are written down."""
        for writing in tuple(self._writing):
            writing.exception()

    def _wants_token(self, known: _Known, visit: Visit) -> bool:
        """Whether the security token is needed. An address that the profile names needs none."""
        if not self._needs_token or known.restriction.ranges:
            return False
        return not any(each.holds(visit.source_ip) for each in self._trusted)

    def _refuse(self, known: _Known, visit: Visit, outcome: Outcome) -> None:
        failures, now = None, self._clock.now()
        if outcome is Outcome.INVALID_PASSWORD:
            user_id = known.user.user_id
            before = self._lockout.current(user_id, known.failures, now)
            failures = self._lockout.fail(user_id, before, now)
        self._write_down(known, visit, outcome, failures)

    def _write_down(
        self, known: _Known, visit: Visit, outcome: Outcome, failures: Failures | None = None
    ) -> None:
        """Beside the answer, which must not take longer for who is known."""
        user, recorder = known.user, self.recorder
        locked = failures is not None and self._lockout.locks(failures)

        def work(transaction: Transaction) -> None:
            if failures is not None:
                lockout.write(transaction, user.user_id, failures, locked=locked)
            if recorder is not None:
                recorder(transaction, user, visit, outcome)

        try:
            writing = self._database.write(work)
        except DatabaseError as error:
            _log.warning("a refused login is not recorded", reason=str(error))
            return
        self._writing.add(writing)
        writing.add_done_callback(self._written)

    def _written(self, written: Future[None]) -> None:
        self._writing.discard(written)
        if not written.cancelled() and (error := written.exception()) is not None:
            _log.warning("a refused login is not recorded", reason=str(error))
