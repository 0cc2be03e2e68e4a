"""The tables of logins: credentials, connected apps, sessions, refresh tokens.

What opens a door is kept as a hash: tokens as SHA-256 (they are random), passwords as scrypt. A consumer
secret is also the key with which replies are signed, so it is kept sealed instead (`seal.py`).
"""

from collections.abc import Sequence
from typing import Final

from isthmus.kernel.database import Dialect, Migration

COMPONENT: Final = "security"


def _first_tables(dialect: Dialect) -> Sequence[str]:
    text, integer, blob = dialect.text, dialect.integer, dialect.blob
    return (
        f"""CREATE TABLE "isthmus_credentials" (
            "user_id" {text} PRIMARY KEY,
            "password_hash" {text} NOT NULL,
            "security_token_hash" {text},
            "changed_at" {integer} NOT NULL)""",
        f"""CREATE TABLE "isthmus_apps" (
            "client_id" {text} PRIMARY KEY,
            "name" {text} NOT NULL,
            "secret" {blob},
            "scopes" {text} NOT NULL,
            "run_as_user_id" {text},
            "refresh_policy" {text} NOT NULL,
            "refresh_period" {integer} NOT NULL,
            "created_at" {integer} NOT NULL)""",
        f"""CREATE TABLE "isthmus_sessions" (
            "token_hash" {text} PRIMARY KEY,
            "user_id" {text} NOT NULL,
            "client_id" {text},
            "refresh_token_hash" {text},
            "scopes" {text} NOT NULL,
            "issued_at" {integer} NOT NULL,
            "expires_at" {integer} NOT NULL,
            "period" {integer} NOT NULL)""",
        'CREATE INDEX "isthmus_sessions_by_user" ON "isthmus_sessions" ("user_id")',
        'CREATE INDEX "isthmus_sessions_by_end" ON "isthmus_sessions" ("expires_at")',
        'CREATE INDEX "isthmus_sessions_by_refresh" ON "isthmus_sessions" ("refresh_token_hash")',
        f"""CREATE TABLE "isthmus_refresh_tokens" (
            "token_hash" {text} PRIMARY KEY,
            "client_id" {text} NOT NULL,
            "user_id" {text} NOT NULL,
            "scopes" {text} NOT NULL,
            "issued_at" {integer} NOT NULL,
            "used_at" {integer} NOT NULL)""",
        'CREATE INDEX "isthmus_refresh_tokens_by_owner" ON "isthmus_refresh_tokens" ("client_id", "user_id")',
    )


def _failures(dialect: Dialect) -> Sequence[str]:
    return (
        f"""CREATE TABLE "isthmus_login_failures" (
            "user_id" {dialect.text} PRIMARY KEY,
            "attempts" {dialect.integer} NOT NULL,
            "last_at" {dialect.integer} NOT NULL)""",
    )


MIGRATIONS: Final = (
    Migration(1, "credentials, connected apps, sessions, refresh tokens", _first_tables),
    Migration(2, "wrong passwords in a row", _failures),
)
