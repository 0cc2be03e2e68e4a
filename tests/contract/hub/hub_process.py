"""A hub as a process of its own, of several on one database: `hub_process.py STORAGE FOLDER URL NAME COUNT`.

It sends what it claims to URL, with its NAME; its source brings the numbers up to COUNT.
"""

import asyncio
import sys
from pathlib import Path

from isthmus.hub.connectors.http import HttpSink
from isthmus.hub.endpoint import Delivery
from isthmus.hub.hub import Hub
from isthmus.hub.message import Message
from isthmus.hub.redelivery import RedeliveryPolicy
from isthmus.hub.route import Route
from isthmus.hub.serving import HubPlace, serve_hub
from isthmus.kernel.clock import SystemClock
from isthmus.kernel.http import stop_signals
from isthmus.kernel.observe import configure_logs

CAPACITY = 100
LEASES_END_TIMES_SOONER = 30


class Hurried(SystemClock):
    """Its real time, by which leases run, runs fast: a dead process is missed within seconds."""

    def real_now(self) -> int:
        return super().real_now() * LEASES_END_TIMES_SOONER


class Numbers:
    """Brings the numbers up to `count`, a few at a time."""

    name = "numbers"

    def __init__(self, count: int) -> None:
        self._count = count

    def describe(self) -> str:
        return f"numbers up to {self._count}"

    async def run(self, position: str | None, deliver: Delivery) -> None:
        at = int(position or 0)
        while at < self._count:
            await deliver([Message(str(n), n) for n in range(at, at + 10)], str(at + 10))
            at += 10
        await asyncio.Event().wait()


async def main() -> None:
    storage, folder, url, name, count = sys.argv[1:]
    configure_logs(SystemClock(), level="error")
    route = Route(
        "numbers",
        source=Numbers(int(count)),
        sink=HttpSink(url, headers={"X-Process": name}),
        redelivery=RedeliveryPolicy(first=100, longest=1_000),
        concurrency=4,
        capacity=CAPACITY,
    )
    place = HubPlace(Path(folder), storage, port=0)
    with stop_signals() as told:
        async with serve_hub(Hub("numbers", [route]), place, clock=Hurried()):
            print("ready", flush=True)
            await told.wait()


if __name__ == "__main__":
    asyncio.run(main())
