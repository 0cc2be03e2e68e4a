"""Sessions: access tokens that end by the clock, found again fast, and ended at once.

A session lies in the database under its token's hash. Beside it a bounded cache answers most requests without
a read; an entry is read again after a few seconds, so that what another process ended is noticed, and what
this process ends is forgotten with the commit that ends it.

Outside of the login hours of its user's profile a session is good for nothing; within them it goes on.
Source: Salesforce Help, "View and Edit Login Hours in Profiles": whoever is logged in when they end can do
nothing more.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from isthmus.kernel.clock import SECOND, Clock
from isthmus.kernel.database import Connection, Database, DatabaseError, Transaction
from isthmus.kernel.database.short_reads import short_read
from isthmus.kernel.errors import fault
from isthmus.kernel.ids import Ids
from isthmus.org.security.hashing import token_digest
from isthmus.org.security.login_restrictions import LoginRestrictions
from isthmus.org.security.principal import Principal
from isthmus.org.security.users import PRINCIPAL_COLUMNS, Users

_READ_AGAIN_AFTER: Final = 10 * SECOND
_CACHED_MAX: Final = 10_000
_TOKEN_START: Final = "AQ"
_TOKEN_LENGTH: Final = 96
_TOKEN_TEXT_MAX: Final = 512
_PROLONG: Final = 'UPDATE "isthmus_sessions" SET "expires_at" = ? WHERE "token_hash" = ? AND "expires_at" < ?'
_digest_of: Final = lru_cache(maxsize=_CACHED_MAX)(token_digest)
"""A client sends the same token with each of its requests."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session. Instants in milliseconds since the epoch; `period` is how long it lasts unused.

    `client_id` is None for a login without a connected app (SOAP).
    """

    user: Principal
    client_id: str | None
    scopes: tuple[str, ...]
    issued_at: int
    expires_at: int
    period: int


@dataclass(frozen=True, slots=True)
class OpenedSession(Session):
    """A session at the moment of login: the only one at which its token is known."""

    token: str


class Sessions:
    """Every session of one org. What is asynchronous is for the event loop, the rest for any thread."""

    def __init__(
        self, database: Database, clock: Clock, ids: Ids, users: Users, restrictions: LoginRestrictions
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._users = users
        self._restrictions = restrictions
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, tuple[Session, int]] = OrderedDict()
        self._forgotten = 0
        """How often something was forgotten: a read that began before must not be cached after."""
        self._writing = 0
        self._written = threading.Condition(self._lock)

    def known(self, token: str) -> Session | None:
        """The session of a token as `find` gives it, where that needs no read; else None: ask `find`."""
        if len(token) > _TOKEN_TEXT_MAX:
            return None
        digest, now = _digest_of(token), self._clock.now()
        session = self._fresh(digest, now)
        return None if session is None or session.expires_at <= now else self._used(digest, session, now)

    async def find(self, token: str) -> Session:
        """The session of a token, prolonged where more than half of its period is over.

        Fault: `session_invalid`, where there is none, it has ended, or its user may not log in any more.
        """
        session = await self.peek(token)
        if session is None:
            raise fault("session_invalid")
        return self._used(_digest_of(token), session, self._clock.now())

    async def peek(self, token: str) -> Session | None:
        """The session of a token, which is not prolonged by it; None as `find` raises."""
        if len(token) > _TOKEN_TEXT_MAX:
            return None
        digest = _digest_of(token)
        session = self._fresh(digest, self._clock.now()) or await self._read(digest)
        return None if session is None or session.expires_at <= self._clock.now() else session

    def open(
        self,
        transaction: Transaction,
        user: Principal,
        period: int,
        *,
        client_id: str | None = None,
        scopes: tuple[str, ...] = (),
        refresh_token_digest: str | None = None,
    ) -> OpenedSession:
        """Open a session within a unit of work; sessions that have ended are cleared away with it."""
        now = self._clock.now()
        random = self._ids.text(_TOKEN_LENGTH - len(_TOKEN_START))
        token = f"{self._users.organization_id[:15]}!{_TOKEN_START}{random}"
        transaction.execute('DELETE FROM "isthmus_sessions" WHERE "expires_at" <= ?', (now,))
        transaction.execute(
            """INSERT INTO "isthmus_sessions" ("token_hash", "user_id", "client_id", "refresh_token_hash",
            "scopes", "issued_at", "expires_at", "period") VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                token_digest(token),
                user.user_id,
                client_id,
                refresh_token_digest,
                " ".join(scopes),
                now,
                now + period,
                period,
            ),
        )
        return OpenedSession(user, client_id, scopes, now, now + period, period, token)

    def end(self, transaction: Transaction, token_digests: Iterable[str]) -> int:
        """End sessions within a unit of work, in force everywhere when it commits; how many there were."""
        digests = tuple(token_digests)
        ended = sum(
            transaction.execute('DELETE FROM "isthmus_sessions" WHERE "token_hash" = ?', (digest,))
            for digest in digests
        )
        transaction.on_commit(lambda: self._forget(digests))
        return ended

    def forget_all(self) -> None:
        """Read every session again at its next use: what users may do has changed."""
        with self._lock:
            digests = list(self._cache)
        self._forget(digests)

    def forget_user(self, user_id: str) -> None:
        """Read a user's sessions again at their next use: the user's record has changed."""
        with self._lock:
            digests = [
                digest for digest, (session, _) in self._cache.items() if session.user.user_id == user_id
            ]
        self._forget(digests)

    def settle(self) -> None:
        """Wait until what was prolonged is written down."""
        with self._written:
            self._written.wait_for(lambda: not self._writing)

    def _find(self, connection: Connection, digest: str) -> Session | None:
        session = _find(connection, digest, self._users)
        if session is None:
            return None
        restriction = self._restrictions.of(connection, session.user.profile_id)
        return session if restriction.allows_time(self._clock.now()) else None

    def _fresh(self, digest: str, now: int) -> Session | None:
        """What the cache holds, where it was read a short while ago."""
        found = self._cache.get(digest)  # its place among the others changes when it is read again
        return None if found is None or now - found[1] >= _READ_AGAIN_AFTER else found[0]

    async def _read(self, digest: str) -> Session | None:
        with self._lock:
            forgotten = self._forgotten
        now = self._clock.now()
        session = await short_read(self._database, lambda connection: self._find(connection, digest))
        with self._lock:
            if session is None:
                self._cache.pop(digest, None)
                return None
            known = self._cache.get(digest)
            if known is not None and known[0].expires_at > session.expires_at:
                session = replace(session, expires_at=known[0].expires_at)  # prolonged, and not on disk yet
            if forgotten == self._forgotten:
                self._put(digest, session, now)
        return session

    def _used(self, digest: str, session: Session, now: int) -> Session:
        due = 2 * (session.expires_at - now) < session.period
        return self._prolong(digest, session, now) if due else session

    def _prolong(self, digest: str, session: Session, now: int) -> Session:
        """Let the session begin anew; it is written down later, and taken back where that fails."""
        session = replace(session, expires_at=now + session.period)
        with self._lock:
            if digest in self._cache:
                self._put(digest, session, self._cache[digest][1])
            self._writing += 1
        values = (session.expires_at, digest, session.expires_at)
        try:
            written = self._database.write(lambda transaction: transaction.execute(_PROLONG, values))
        except DatabaseError:
            self._prolonged(None, digest)
            raise
        written.add_done_callback(lambda done: self._prolonged(done, digest))
        return session

    def _prolonged(self, written: Future[int] | None, digest: str) -> None:
        if written is None or written.cancelled() or written.exception() is not None:
            self._forget((digest,))
        with self._written:
            self._writing -= 1
            self._written.notify_all()

    def _put(self, digest: str, session: Session, read_at: int) -> None:
        self._cache[digest] = (session, read_at)
        self._cache.move_to_end(digest)
        if len(self._cache) > _CACHED_MAX:
            self._cache.popitem(last=False)

    def _forget(self, digests: Iterable[str]) -> None:
        with self._lock:
            self._forgotten += 1
            for digest in digests:
                self._cache.pop(digest, None)


def _find(connection: Connection, digest: str, users: Users) -> Session | None:
    row = connection.row(
        f"""SELECT {PRINCIPAL_COLUMNS}, s."client_id", s."scopes", s."issued_at", s."expires_at", s."period"
        FROM "isthmus_sessions" s JOIN "User" u ON u."Id" = s."user_id"
        WHERE s."token_hash" = ? AND u."IsActive" = 1 AND u."IsDeleted" = 0""",
        (digest,),
    )
    if row is None:
        return None
    client_id, scopes, issued_at, expires_at, period = row[6:]
    if not (isinstance(issued_at, int) and isinstance(expires_at, int) and isinstance(period, int)):
        raise TypeError("a session's instants are integers")
    return Session(
        user=users.principal(connection, row),
        client_id=None if client_id is None else str(client_id),
        scopes=tuple(str(scopes).split()),
        issued_at=issued_at,
        expires_at=expires_at,
        period=period,
    )
