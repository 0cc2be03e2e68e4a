"""Does a hub go on where something is cancelled that is not the hub?"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit.hub.endpoints import Collecting, Listed, running, until

from isthmus.hub.endpoint import Delivery
from isthmus.hub.hub import Hub
from isthmus.hub.message import Message
from isthmus.hub.route import Route
from isthmus.kernel.clock import MINUTE, ManualClock

pytestmark = pytest.mark.anyio


def numbers(count: int) -> Sequence[Message]:
    return [Message(str(n), {"n": n}) for n in range(count)]


async def _cancelled_from_within() -> None:
    """Wait for what somebody else has cancelled."""
    task = asyncio.ensure_future(asyncio.Event().wait())
    asyncio.get_running_loop().call_soon(task.cancel)
    await task


async def test_a_sink_that_waits_for_what_is_cancelled_is_sent_the_message_again(tmp_path: Path) -> None:
    clock, begun = ManualClock(), list[str]()

    async def take(message: Message) -> None:
        begun.append(message.key)
        if begun.count(message.key) == 1:
            await _cancelled_from_within()

    sink = Collecting(take)
    hub = Hub("h", [Route("r", source=Listed(numbers(20)), sink=sink, concurrency=2)])
    async with running(hub, tmp_path / "hub.db", clock) as made:
        await until(lambda: made.routes["r"].settled == 20)
        clock.advance(MINUTE)
        await until(lambda: made.routes["r"].waiting == 0)
    assert sorted(sink.keys, key=int) == [str(n) for n in range(20)]


async def test_a_source_that_waits_for_what_is_cancelled_reads_on(tmp_path: Path) -> None:
    clock = ManualClock()

    class Broken(Listed):
        async def run(self, position: str | None, deliver: Delivery) -> None:
            if len(self.began) == 0:
                self.began.append(position)
                await _cancelled_from_within()
            await super().run(position, deliver)

    source, sink = Broken(numbers(5)), Collecting()
    async with running(Hub("h", [Route("r", source=source, sink=sink)]), tmp_path / "hub.db", clock) as made:
        await until(lambda: made.sources["r"].reason is not None)
        assert made.sources["r"].standing().says == "it was cancelled from within"
        clock.advance(MINUTE)
        await until(lambda: len(sink.taken) == 5)


async def test_what_is_kept_for_a_source_that_waits_no_longer_is_sent(tmp_path: Path) -> None:
    class Impatient(Listed):
        async def run(self, position: str | None, deliver: Delivery) -> None:
            handing = asyncio.ensure_future(deliver(self.messages, "end"))
            for _ in range(3):  # so long that the commit is under way
                await asyncio.sleep(0)
            handing.cancel()
            await asyncio.Event().wait()

    sink = Collecting()
    hub = Hub("h", [Route("r", source=Impatient(numbers(5)), sink=sink)])
    async with running(hub, tmp_path / "hub.db", ManualClock()) as made:
        await until(lambda: len(sink.taken) == 5)
        await until(lambda: made.routes["r"].waiting == 0)
        assert await made.routes["r"].channel.position() == "end"


async def test_what_was_claimed_ahead_is_not_sent_while_the_route_is_paused(tmp_path: Path) -> None:
    gate, begun = asyncio.Event(), list[str]()

    async def take(message: Message) -> None:
        begun.append(message.key)
        await gate.wait()

    sink = Collecting(take)
    hub = Hub("h", [Route("r", source=Listed(numbers(30)), sink=sink, concurrency=2)])
    async with running(hub, tmp_path / "hub.db", ManualClock()) as made:
        await until(lambda: len(begun) == 2 and made.routes["r"].waiting == 30)
        await made.pause("r")
        gate.set()
        await until(lambda: made.routes["r"].settled == 2)
        assert (len(begun), made.routes["r"].waiting) == (2, 28)
        await made.resume("r")
        await until(lambda: made.routes["r"].waiting == 0)
    assert sorted(begun, key=int) == [str(n) for n in range(30)]
