"""Databases for the schema's suite: each test runs on SQLite and, where a server is there, on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.places import postgresql_place

from isthmus.kernel.database import Database
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.org.schema.recorded import COMPONENT, MIGRATIONS
from isthmus.org.schema.store import SchemaStore


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database whose schema can be applied."""
    if request.param == "sqlite":
        sqlite = SqliteDatabase(tmp_path / "org.db")
        migrate(sqlite, COMPONENT, MIGRATIONS)
        yield sqlite
        sqlite.close()
        return
    with postgresql_place() as place:
        postgresql = place.open()
        migrate(postgresql, COMPONENT, MIGRATIONS)
        yield postgresql


@pytest.fixture
def store(database: Database) -> SchemaStore:
    return SchemaStore(database)
