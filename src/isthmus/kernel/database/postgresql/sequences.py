"""Sequences: PostgreSQL's own, which no transaction takes back, made when they are first asked for."""

import hashlib
import threading
from typing import Final

import psycopg
from psycopg import errors, sql

from isthmus.kernel.database.postgresql.refusals import refusal
from isthmus.kernel.database.postgresql.session import Session

NAME_BYTES_MAX: Final = 63
"""Source: PostgreSQL documentation, Identifiers and Key Words."""

TAKE: Final = """
CREATE OR REPLACE FUNCTION isthmus_take(name text, count bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    sequence regclass := quote_ident(name)::regclass;
    lock bigint := (1230195784::bigint << 32) | sequence::oid::bigint;
    first bigint;
BEGIN
    -- A session's lock, not the transaction's: whoever waits for it waits for two calls, not for a commit.
    PERFORM pg_advisory_lock(lock);
    first := nextval(sequence);
    IF count > 1 THEN
        PERFORM setval(sequence, first + count - 1);
    END IF;
    PERFORM pg_advisory_unlock(lock);
    RETURN first;
END
$$
"""


class Sequences:
    """The sequences of one schema. They are made in a session of their own: a unit's may be rolled back."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: set[str] = set()
        self._lock = threading.Lock()

    def made(self, name: str) -> str:
        """The name in the database of the sequence `name`, which is there then. Raises DatabaseError."""
        stored = stored_name(name)
        if stored not in self._made:
            with self._lock:
                self._make(sql.SQL("CREATE SEQUENCE IF NOT EXISTS {}").format(sql.Identifier(stored)))
                self._made.add(stored)
        return stored

    def _make(self, statement: sql.Composed) -> None:
        try:
            self._session.connected().execute(statement)
        except (errors.UniqueViolation, errors.DuplicateTable):
            return  # another process has made it at the same moment
        except psycopg.Error as error:
            raise refusal(error) from error


def stored_name(name: str) -> str:
    """`isthmus_sequence:NAME`; where that is too long for PostgreSQL, its end gives way to a digest."""
    whole = f"isthmus_sequence:{name}"
    encoded = whole.encode()
    if len(encoded) <= NAME_BYTES_MAX:
        return whole
    digest = hashlib.sha256(encoded).hexdigest()[:16]
    return f"{encoded[: NAME_BYTES_MAX - 17].decode(errors='ignore')}~{digest}"
