"""Serving: a hub at work, with its database, its clock and its control routes. Its only composition root."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from isthmus.hub.api.control import Control
from isthmus.hub.channel.tables import MIGRATIONS
from isthmus.hub.hub import Hub
from isthmus.hub.running import RunningHub
from isthmus.kernel import clock_offset
from isthmus.kernel.clock import Clock
from isthmus.kernel.clock_offset import kept_clock
from isthmus.kernel.database import Database
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.kernel.http import HttpServer, Listener
from isthmus.kernel.ids import Ids
from isthmus.kernel.private_files import PRIVATE, write_whole
from isthmus.kernel.tasks import Tasks

__all__ = ["CONTROL_FILE", "HubPlace", "ServedHub", "serve_hub"]

CONTROL_FILE: Final = "hub-control.json"
DATABASE_FILE: Final = "hub.db"


@dataclass(frozen=True, slots=True)
class HubPlace:
    """Where a hub keeps its things, and listens. `storage`: `postgresql://…` or a file; None: in `data`."""

    data: Path
    storage: str | None = None
    host: str = "127.0.0.1"
    port: int = 8090


@dataclass(frozen=True, slots=True)
class ServedHub:
    """A hub at work, and where its control routes are."""

    running: RunningHub
    control: str


@asynccontextmanager
async def serve_hub(
    hub: Hub, place: HubPlace, *, clock: Clock | None = None, told: Callable[[Clock], None] | None = None
) -> AsyncIterator[ServedHub]:
    """Run `hub` until the block ends; then what is being sent is finished, and the rest stays on disk.

    `told` is called with its clock before anything runs.

    Raises DatabaseError (DatabaseLocked: it runs already) and ListenError.
    """
    place.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        database = _database(place)
        stack.callback(database.close)
        for component, migrations in (("clock", clock_offset.MIGRATIONS), ("hub", MIGRATIONS)):
            migrate(database, component, migrations)
        clock = clock or kept_clock(database)
        if told is not None:
            told(clock)
        token = Ids().text(40)
        tasks = Tasks()
        running = RunningHub(hub, database, clock, tasks, owner=Ids().text(12))
        server = HttpServer(
            Control(running, token), [Listener(place.host, place.port, setting="hub.port")], clock=clock
        )
        try:
            [port] = await server.start()
            async with tasks:
                try:
                    await running.start()
                    url = f"http://{place.host}:{port}"
                    file = place.data / CONTROL_FILE
                    write_whole(file, msgspec.json.encode({"url": url, "token": token}), PRIVATE)
                    stack.callback(file.unlink, missing_ok=True)
                    yield ServedHub(running, url)
                finally:
                    await server.stop()
        finally:
            await running.close()


def _database(place: HubPlace) -> Database:
    if place.storage is not None and place.storage.startswith(("postgresql://", "postgres://")):
        from isthmus.kernel.database.postgresql import PostgresqlDatabase

        return PostgresqlDatabase(place.storage, schema="isthmus_hub")
    return SqliteDatabase(Path(place.storage) if place.storage else place.data / DATABASE_FILE)
