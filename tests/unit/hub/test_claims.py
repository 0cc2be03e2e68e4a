"""Does a route claim many messages only where they are sent soon?"""

import asyncio
from pathlib import Path

import pytest
from tests.unit.hub.endpoints import Collecting, Listed, running, until

from isthmus.hub.hub import Hub
from isthmus.hub.message import Message
from isthmus.hub.route import Route
from isthmus.hub.running.route_runner import CLAIMED_MAX, CLAIMED_MIN
from isthmus.kernel.clock import ManualClock
from isthmus.kernel.database import Connection

pytestmark = pytest.mark.anyio
_LEASED = 'SELECT COUNT(*) FROM "hub_message" WHERE "leased_until" > 0'


def _leased(connection: Connection) -> int:
    row = connection.row(_LEASED)
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]


@pytest.mark.parametrize("taken", [0, 700])
async def test_a_sink_that_does_not_go_on_keeps_few(taken: int, tmp_path: Path) -> None:
    """However fast it has been before."""
    gate, begun = asyncio.Event(), list[str]()

    async def wait(message: Message) -> None:
        begun.append(message.key)
        if len(begun) > taken:
            await gate.wait()

    messages = [Message(str(n), {"n": n}) for n in range(taken + 2 * CLAIMED_MAX)]
    sink = Collecting(wait)
    hub = Hub("h", [Route("r", source=Listed(messages), sink=sink, concurrency=4)])
    async with running(hub, tmp_path / "hub.db", ManualClock()) as made:
        runner = made.routes["r"]
        await until(lambda: len(begun) == taken + 4 and runner.settled == taken)
        await until(lambda: runner.waiting == len(messages) - taken)
        assert await made.database.reading(_leased) <= (CLAIMED_MAX if taken else CLAIMED_MIN)
        gate.set()
        await until(lambda: runner.waiting == 0)
    assert sorted(begun, key=int) == [each.key for each in messages]
