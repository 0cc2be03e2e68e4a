"""Refresh tokens: how an app gets new sessions for a user, until the app's policy or somebody ends it.

Source: Salesforce Help, "Manage OAuth Access Policies for a Connected App": five for each user and app; the
oldest is revoked when a sixth is given out.
"""

from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Connection, Transaction
from isthmus.kernel.errors import fault
from isthmus.kernel.ids import Ids
from isthmus.org.security.apps import App
from isthmus.org.security.hashing import token_digest

PER_USER_AND_APP: Final = 5
_TOKEN_START: Final = "5Aep861"
_TOKEN_LENGTH: Final = 87


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What is kept of a refresh token. Instants in milliseconds since the epoch."""

    digest: str
    client_id: str
    user_id: str
    scopes: tuple[str, ...]
    issued_at: int
    used_at: int

    def is_alive(self, app: App, now: int) -> bool:
        """Whether it is this app's, and its time is not over."""
        ends = app.refresh_token_ends(self.issued_at, self.used_at)
        return self.client_id == app.client_id and (ends is None or ends > now)

    def narrowed(self, requested: str | None) -> tuple[str, ...]:
        """The scopes of a refreshed session: all that the token holds, or fewer.

        Fault: `oauth_invalid_scope`.
        """
        wanted = tuple(dict.fromkeys((requested or "").split()))
        if not set(self.scopes).issuperset(wanted):
            raise fault("oauth_invalid_scope")
        return wanted or self.scopes


def issue(
    transaction: Transaction, ids: Ids, now: int, client_id: str, user_id: str, scopes: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """A new refresh token, and the digests of the sessions that end because an older one had to go."""
    token = _TOKEN_START + ids.text(_TOKEN_LENGTH - len(_TOKEN_START))
    held = transaction.rows(
        """SELECT "token_hash" FROM "isthmus_refresh_tokens" WHERE "client_id" = ? AND "user_id" = ?
        ORDER BY "issued_at" DESC, "used_at" DESC, "token_hash" """,
        (client_id, user_id),
    )
    ended: list[str] = []
    for (digest,) in held[PER_USER_AND_APP - 1 :]:
        ended += revoke(transaction, str(digest)) or ()
    transaction.execute(
        """INSERT INTO "isthmus_refresh_tokens" ("token_hash", "client_id", "user_id", "scopes", "issued_at",
        "used_at") VALUES (?, ?, ?, ?, ?, ?)""",
        (token_digest(token), client_id, user_id, " ".join(scopes), now, now),
    )
    return token, tuple(ended)


def find(connection: Connection, digest: str) -> RefreshToken | None:
    """The refresh token of that digest."""
    row = connection.row(
        """SELECT "client_id", "user_id", "scopes", "issued_at", "used_at" FROM "isthmus_refresh_tokens"
        WHERE "token_hash" = ?""",
        (digest,),
    )
    if row is None:
        return None
    client_id, user_id, scopes, issued_at, used_at = row
    if not (isinstance(issued_at, int) and isinstance(used_at, int)):
        raise TypeError("a refresh token's instants are integers")
    return RefreshToken(digest, str(client_id), str(user_id), tuple(str(scopes).split()), issued_at, used_at)


def mark_used(transaction: Transaction, digest: str, now: int) -> bool:
    """Write down that a refresh token was used; False where it is gone by now."""
    statement = 'UPDATE "isthmus_refresh_tokens" SET "used_at" = ? WHERE "token_hash" = ?'
    return bool(transaction.execute(statement, (now, digest)))


def revoke(transaction: Transaction, digest: str) -> tuple[str, ...] | None:
    """Take a refresh token away; the digests of its sessions, to be ended too; None: there is no such."""
    if not transaction.execute('DELETE FROM "isthmus_refresh_tokens" WHERE "token_hash" = ?', (digest,)):
        return None
    rows = transaction.rows(
        'SELECT "token_hash" FROM "isthmus_sessions" WHERE "refresh_token_hash" = ?', (digest,)
    )
    return tuple(str(each) for (each,) in rows)
