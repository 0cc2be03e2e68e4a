"""PostgreSQL: how long a server may keep us waiting, and that nothing waits for ever."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.contract.places import postgresql_place

from isthmus.kernel.database import DatabaseBusy, DatabaseFailed, Transaction
from isthmus.kernel.database.postgresql import PostgresqlDatabase
from isthmus.kernel.database.postgresql.bounds import Bounds

SHORT: Final = Bounds(lock=0.1, statement=0.3, silence=30)
DEAF: Final = Bounds(silence=0.5)


@pytest.fixture
def place() -> Iterator[PostgresqlDatabase]:
    """A database with a table of one row."""
    with postgresql_place() as place:
        database = place.open()
        assert isinstance(database, PostgresqlDatabase)
        database.write(lambda tx: tx.execute('CREATE TABLE "Item" ("n" BIGINT)')).result()
        database.write(lambda tx: tx.execute('INSERT INTO "Item" VALUES (1)')).result()
        yield database


@contextmanager
def opened(place: PostgresqlDatabase, bounds: Bounds, url: str = "") -> Iterator[PostgresqlDatabase]:
    database = PostgresqlDatabase(url or place.url, schema=place.schema, reads=bounds, writes=bounds)
    try:
        yield database
    finally:
        database.close()


def test_a_statement_that_takes_too_long_is_ended(place: PostgresqlDatabase) -> None:
    with opened(place, SHORT) as database:
        for asked in (database.read, database.write):
            with pytest.raises(DatabaseBusy, match="statement timeout"):
                asked(lambda reader: reader.row("SELECT 1 FROM pg_sleep(30)")).result()
        assert database.read_now(lambda reader: reader.row("SELECT 1")) == (1,)


def test_a_lock_that_another_program_keeps_is_not_waited_for_for_ever(place: PostgresqlDatabase) -> None:
    def change(tx: Transaction) -> int:
        return tx.execute('UPDATE "Item" SET "n" = 2')

    with opened(place, SHORT) as database, psycopg.connect(place.url) as other:
        other.execute(f'SELECT * FROM {place.schema}."Item" FOR UPDATE')
        with pytest.raises(DatabaseBusy, match="lock timeout"):
            database.write(change).result()
        other.rollback()
        assert database.write(change).result() == 1


def test_a_server_that_falls_silent_is_given_up(place: PostgresqlDatabase) -> None:
    with Relay(place.url) as relay, opened(place, DEAF, relay.url) as database:
        for asked in (database.read, database.write):
            assert asked(lambda reader: reader.row("SELECT 1")).result() == (1,)
        relay.fall_silent()
        for asked in (database.read, database.write):
            with pytest.raises(DatabaseFailed):
                asked(lambda reader: reader.row("SELECT 1")).result()
        with pytest.raises(DatabaseFailed):
            database.read_now(lambda reader: reader.row("SELECT 1"))


def test_a_slow_server_that_speaks_is_not_given_up(place: PostgresqlDatabase) -> None:
    """Silence counts, not the time that an answer takes: each row comes well within it."""
    with opened(place, DEAF) as database:
        rows = "SELECT n, repeat('x', 20000) FROM generate_series(1, 12) n, pg_sleep(0.1 + 0 * n)"
        assert len(database.read(lambda reader: reader.rows(rows)).result()) == 12


class Relay:
    """Passes bytes to the server and back, until it is told to fall silent: then it takes nobody in."""

    def __init__(self, url: str) -> None:
        server = conninfo_to_dict(url)
        host, port = str(server.get("host", "127.0.0.1")), int(str(server.get("port", 5432)))
        self._server = socket.AF_UNIX if host.startswith("/") else socket.AF_INET
        self._where = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._silent = threading.Event()
        self._open: list[socket.socket] = [self._listener]
        self.url = make_conninfo(url, host="127.0.0.1", port=self._listener.getsockname()[1])

    def __enter__(self) -> "Relay":
        self._start(self._take_in)
        return self

    def __exit__(self, *error: object) -> None:
        for each in self._open:
            each.close()

    def fall_silent(self) -> None:
        self._silent.set()
        self._listener.close()

    def _take_in(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(self._server)
                far.connect(self._where)
                self._open += (near, far)
                for one, other in ((near, far), (far, near)):
                    self._start(self._carry, one, other)

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if not self._silent.is_set():
                    other.sendall(data)

    def _start(self, body: Callable[..., None], *args: socket.socket) -> None:
        threading.Thread(target=body, args=args, daemon=True).start()
