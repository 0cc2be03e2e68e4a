"""Databases for the schema's suite: each test runs on SQLite and, where a server is there, on PostgreSQL."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from isthmus.kernel.database import Database
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.database.postgresql import PostgresqlDatabase
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.org.schema.recorded import COMPONENT, MIGRATIONS
from isthmus.org.schema.store import SchemaStore

URL = "postgresql://root@127.0.0.1:5432/test"
_NUMBERS = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database whose schema can be applied."""
    if request.param == "sqlite":
        sqlite = SqliteDatabase(tmp_path / "org.db")
        migrate(sqlite, COMPONENT, MIGRATIONS)
        yield sqlite
        sqlite.close()
        return
    schema = f"schema_suite_{os.getpid()}_{next(_NUMBERS)}"
    try:
        server = psycopg.connect(URL, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at 127.0.0.1:5432: {error}")
    with server:
        postgresql = PostgresqlDatabase(URL, schema=schema, writers=2, readers=1)
        try:
            migrate(postgresql, COMPONENT, MIGRATIONS)
            yield postgresql
        finally:
            postgresql.close()
            server.execute(f'DROP SCHEMA "{schema}" CASCADE')


@pytest.fixture
def store(database: Database) -> SchemaStore:
    return SchemaStore(database)
