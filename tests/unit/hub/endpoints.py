"""Sources and sinks in memory, for the tests of what runs routes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from isthmus.hub.channel.tables import MIGRATIONS
from isthmus.hub.endpoint import Delivery
from isthmus.hub.hub import Hub
from isthmus.hub.message import Message
from isthmus.hub.running import RunningHub
from isthmus.kernel.clock import Clock
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.kernel.tasks import Tasks


class Listed:
    """Brings the messages of a list, a batch at a time, from its position on; then waits."""

    name = "listed"

    def __init__(self, messages: Sequence[Message], batch: int = 10) -> None:
        self.messages = messages
        self.batch = batch
        self.began: list[str | None] = []
        self.position = 0
        self.error: BaseException | None = None
        """Raised once the list is at its end."""

    def describe(self) -> str:
        return f"a list of {len(self.messages)}"

    async def run(self, position: str | None, deliver: Delivery) -> None:
        self.began.append(position)
        self.position = int(position or 0)
        while self.position < len(self.messages):
            some = self.messages[self.position : self.position + self.batch]
            await deliver(some, str(self.position + len(some)))
            self.position += len(some)
        if self.error is not None:
            raise self.error
        await asyncio.Event().wait()


class Collecting:
    """Takes what `taking` does not refuse, by raising; replies with what it gives."""

    name = "collecting"

    def __init__(self, taking: Callable[[Message], Any] | None = None, *, exactly_once: bool = True) -> None:
        self.taking = taking or (lambda _: None)
        self.exactly_once = exactly_once
        self.taken: list[Message] = []
        self.closed = False

    def describe(self) -> str:
        return "a list in memory"

    @property
    def keys(self) -> list[str]:
        return [each.key for each in self.taken]

    async def send(self, message: Message) -> Any:
        reply = self.taking(message)
        if asyncio.iscoroutine(reply):
            reply = await reply
        self.taken.append(message)
        return reply

    async def close(self) -> None:
        self.closed = True


@asynccontextmanager
async def running(hub: Hub, file: Path, clock: Clock, grace: float = 10) -> AsyncIterator[RunningHub]:
    """The hub at work on the database in `file`."""
    database = SqliteDatabase(file)
    try:
        migrate(database, "hub", MIGRATIONS)
        async with Tasks(grace) as tasks:
            made = RunningHub(hub, database, clock, tasks, "me")
            await made.start()
            yield made
        await made.close(grace)
    finally:
        database.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait for what other tasks and threads bring about. Raises AssertionError where it does not come."""
    for _ in range(20_000):
        if condition():
            return
        await asyncio.sleep(0.0005)
    raise AssertionError("what was waited for has not come")
