"""Credentials: a user's password, with or without the security token behind it.

The platform wants the token behind the password from addresses that it does not know. This org takes both
forms: a script that works there works here unchanged, and no token has to be found first.
"""

import hmac
from typing import Final

from isthmus.kernel.database import Connection, Transaction
from isthmus.org.security.hashing import token_digest

SECURITY_TOKEN_LENGTH: Final = 24


def password_in(typed: str, security_token_digest: str | None) -> str:
    """What was typed, without the security token where it ends with it.

    The token is random, so its fast hash tells; one slow hash of what is left then decides, whichever it was.
    """
    if security_token_digest is None or len(typed) <= SECURITY_TOKEN_LENGTH:
        return typed
    ending = typed[-SECURITY_TOKEN_LENGTH:]
    if hmac.compare_digest(token_digest(ending), security_token_digest):
        return typed[:-SECURITY_TOKEN_LENGTH]
    return typed


def has_credentials(connection: Connection, user_id: str) -> bool:
    """Whether the user has a password."""
    sql = 'SELECT 1 FROM "isthmus_credentials" WHERE "user_id" = ?'
    return connection.row(sql, (user_id,)) is not None


def save_credentials(
    transaction: Transaction, user_id: str, password_digest: str, security_token: str, now: int
) -> None:
    """Keep a user's new password and security token, as hashes."""
    transaction.execute('DELETE FROM "isthmus_credentials" WHERE "user_id" = ?', (user_id,))
    transaction.execute(
        """INSERT INTO "isthmus_credentials" ("user_id", "password_hash", "security_token_hash",
        "changed_at") VALUES (?, ?, ?, ?)""",
        (user_id, password_digest, token_digest(security_token), now),
    )
