"""Session: one connection to the server, made when it is needed, and made again after it has broken."""

import re
from typing import Any, Final, TypeAlias

import psycopg
from psycopg import RawCursor, sql
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int2Dumper

from isthmus.kernel.database import DatabaseFailed
from isthmus.kernel.database.postgresql.bounds import BoundedConnection, Bounds
from isthmus.kernel.database.postgresql.refusals import refusal

Raw: TypeAlias = psycopg.Connection[Any]
_FORMS: Final = {"host": re.compile(r"[^@]*"), "port": re.compile(r"[\d,]*"), "dbname": re.compile(r"[^@]*")}
"""What these parts look like, unless a password that was not percent-encoded has run over into them."""


class Session:
    """A connection whose unqualified names are those of `schema`. One thread at a time.

    Raises DatabaseFailed where `url` can't be read.
    """

    def __init__(self, url: str, schema: str, bounds: Bounds) -> None:
        self._parameters = bounds.parameters(_read_url(url))
        self._schema = schema
        self._bounds = bounds
        self._connection: BoundedConnection | None = None

    def connected(self) -> BoundedConnection:
        """The connection. Raises DatabaseError where there is no server, or none that keeps our texts."""
        if self._connection is None or self._connection.closed:
            try:
                self._connection = self._connect()
            except psycopg.Error as error:
                raise DatabaseFailed(
                    f"no PostgreSQL server answers: check that it runs, and the storage URL ({error})"
                ) from error
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _connect(self) -> BoundedConnection:
        connection = BoundedConnection.connect("", autocommit=True, **self._parameters)
        connection.cursor_factory = RawCursor
        adapt(connection)
        try:
            if connection.info.parameter_status("server_encoding") != "UTF8":
                raise DatabaseFailed("the PostgreSQL database must be made with ENCODING 'UTF8'")
            connection.keep_to(self._bounds)
            path = sql.SQL("SET search_path TO {}").format(sql.Identifier(self._schema))
            connection.execute(path)
            connection.execute("SET client_min_messages TO warning")
            # Compiling the conditions of sharing, which are long, takes seconds; running them, milliseconds.
            connection.execute("SET jit TO off")
        except psycopg.Error as error:
            connection.close()
            raise refusal(error) from error
        except BaseException:
            connection.close()
            raise
        return connection


def _read_url(url: str) -> dict[str, Any]:
    """The parts of a storage URL. What is wrong with it is not quoted: a password may be in it."""
    try:
        parts: dict[str, Any] | None = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        parts = None
    if parts is None or not all(form.fullmatch(str(parts.get(each) or "")) for each, form in _FORMS.items()):
        raise DatabaseFailed(
            "the storage URL can't be read: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, and in the "
            "password %40 for @, %2F for /, %3A for :, %25 for % and %20 for a space"
        )
    return parts


class _FlagDumper(Int2Dumper):
    """A Python bool is a flag, as on SQLite."""

    def dump(self, obj: Any) -> bytes:
        return b"1" if obj else b"0"


class _FlagLoader(Loader):
    """The result of a comparison is 0 or 1, as on SQLite."""

    def load(self, data: Buffer) -> int:
        return 1 if bytes(data) == b"t" else 0


class _NumericLoader(Loader):
    """The sum of integers is an integer, and what has a fraction is a double, as on SQLite."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdigit() else float(text)


def adapt(connection: Raw) -> None:
    """Let only `Value`s pass in and out, the same ones as on SQLite."""
    connection.adapters.register_dumper(bool, _FlagDumper)
    connection.adapters.register_loader("bool", _FlagLoader)
    connection.adapters.register_loader("numeric", _NumericLoader)
