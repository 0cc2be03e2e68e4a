"""Places where a database can be: each opens the same one again and again, until it is removed."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from psycopg import sql
from tests.contract.postgresql_server import NoServer, conninfo

from isthmus.kernel.database import Database, Transaction
from isthmus.kernel.database.postgresql import PostgresqlDatabase
from isthmus.kernel.database.sqlite import SqliteDatabase


class Stop(Exception):
    """A unit's own error."""


def undo(tx: Transaction, *steps: Callable[[], object]) -> None:
    """Do the steps within a savepoint, which is undone then."""

    def block() -> None:
        with tx.savepoint():
            for step in steps:
                step()
            raise Stop

    with pytest.raises(Stop):
        block()


class Place(Protocol):
    """Where one test's database is."""

    shared: bool
    """Whether it may be open more than once at a time."""

    def open(self, *, waiting_max: int = 4_096) -> Database:
        """The database, with what an earlier one has left in it. It is closed with the place."""
        ...

    def open_immediate(self) -> Database:
        """The journal's second database: another file, or another connection."""
        ...


class SqlitePlace:
    shared = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: list[SqliteDatabase] = []

    def open(self, *, waiting_max: int = 4_096) -> Database:
        return self._open("org.sqlite", waiting_max)

    def open_immediate(self) -> Database:
        return self._open("org-immediate.sqlite", 4_096)

    def _open(self, name: str, waiting_max: int) -> Database:
        self._opened.append(SqliteDatabase(self.folder / name, waiting_max=waiting_max))
        return self._opened[-1]

    def close(self) -> None:
        for each in self._opened:
            each.close()


class PostgresqlPlace:
    shared = True

    def __init__(self, server: str, schema: str) -> None:
        self.server = server
        self.schema = schema
        self._opened: list[PostgresqlDatabase] = []

    def open(self, *, waiting_max: int = 4_096) -> Database:
        self._opened.append(PostgresqlDatabase(self.server, schema=self.schema, waiting_max=waiting_max))
        return self._opened[-1]

    def open_immediate(self) -> Database:
        self._opened.append(PostgresqlDatabase(self.server, schema=self.schema, writers=1, readers=1))
        return self._opened[-1]

    def close(self) -> None:
        for each in self._opened:
            each.close()


def server() -> str:
    """Where PostgreSQL is. Skips the test where there is none."""
    where = conninfo()
    if isinstance(where, NoServer):
        pytest.skip(f"no PostgreSQL: {where}")
    return where


@contextmanager
def sqlite_place(folder: Path) -> Iterator[Place]:
    place = SqlitePlace(folder)
    try:
        yield place
    finally:
        place.close()


@contextmanager
def postgresql_place() -> Iterator[Place]:
    """A fresh schema on the server, dropped afterwards. Skips the test where there is no server."""
    place = PostgresqlPlace(server(), f"test_{secrets.token_hex(6)}")
    try:
        yield place
    finally:
        place.close()
        with psycopg.connect(place.server, autocommit=True) as connection:
            drop = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(place.schema))
            connection.execute(drop)
