"""The hub as a child: it relays numbers through two routes, until it is killed or all are through.

What its sinks are sent, it writes to the pipe, with one system call each (`> ROUTE KEY`): what the pipe holds
when the process dies is what the other side was told.
"""

import argparse
import asyncio
import os
import random
import sys
from pathlib import Path
from typing import Any

from isthmus.hub.endpoint import Delivery, SinkFailed
from isthmus.hub.hub import Hub
from isthmus.hub.message import Message
from isthmus.hub.redelivery import RedeliveryPolicy
from isthmus.hub.route import Route
from isthmus.hub.serving import HubPlace, serve_hub
from isthmus.kernel.clock import SystemClock
from isthmus.kernel.crash import arm
from isthmus.kernel.observe import configure_logs

BATCH_MAX = 20
POLICY = RedeliveryPolicy(first=1, longest=20)


class Numbers:
    """Numbers from the position on, for ever; none at all where `drain` is set."""

    name = "numbers"

    def __init__(self, chance: random.Random, *, drain: bool) -> None:
        self._chance = chance
        self._drain = drain

    def describe(self) -> str:
        return "numbers"

    async def run(self, position: str | None, deliver: Delivery) -> None:
        at = int(position or 0)
        while not self._drain:
            count = self._chance.randint(1, BATCH_MAX)
            repeated = max(0, at - self._chance.choice((0, 0, 3)))
            await deliver([Message(str(n), n) for n in range(repeated, at + count)], str(at + count))
            at += count


class Telling:
    """Tells the parent what it is sent, before it may fail."""

    exactly_once = False

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = name
        self._chance = chance

    def describe(self) -> str:
        return self.name

    async def send(self, message: Message) -> Any:
        os.write(sys.stdout.fileno(), f"> {self.name} {message.key}\n".encode())
        await asyncio.sleep(0)
        if self._chance.random() < 0.1:
            raise SinkFailed("on purpose")
        return {"told": message.key}


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--drain", action="store_true", help="take nothing new, and end when all is through")
    parser.add_argument("--crash", nargs=2, metavar=("POINT", "PASSES"), help="die at a crash point")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    first = Route(
        "first",
        source=Numbers(chance, drain=arguments.drain),
        sink=Telling("first", chance),
        reply_to="second",
        redelivery=POLICY,
        capacity=500,
    )
    second = Route("second", sink=Telling("second", chance), redelivery=POLICY)
    configure_logs(SystemClock(), level="error")
    if arguments.crash:
        arm(arguments.crash[0], int(arguments.crash[1]))
    async with serve_hub(Hub("simulated", [first, second]), HubPlace(arguments.folder, port=0)) as served:
        while not arguments.drain or any(each.waiting for each in served.running.routes.values()):
            await served.running.clock.sleep_until(served.running.clock.now() + 10)


if __name__ == "__main__":
    asyncio.run(main())
