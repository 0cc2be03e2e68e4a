"""Relays: messages from a durable queue to one that takes them, as many as there is time for.

Both sides bring messages of about 300 bytes in batches of 100, each batch on disk (WAL, synchronous=FULL)
before the next; both know a message by its key, claim it on disk for one sender, decode it, hand it to a
coroutine, and settle it on disk. `raw` is hand-written SQL in one thread; `hub` is a route of ours.

    python -m bench.peers.relay raw|hub FOLDER SECONDS [URL]     # prints messages a second

With a URL, the hub sends each message there, with its key.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import apsw
import uvloop

from isthmus.hub.connectors.http import HttpSink
from isthmus.hub.endpoint import Delivery, Sink
from isthmus.hub.hub import Hub
from isthmus.hub.message import Message
from isthmus.hub.route import Route
from isthmus.hub.serving import HubPlace, serve_hub
from isthmus.kernel.garbage import collect_seldom

BATCH = 100
AHEAD = 1_000
"""So many messages may wait: what is measured is the way through, not a queue that grows."""


def body(number: int) -> dict[str, Any]:
    return {
        "CreatedDate": "2026-01-01T00:00:00.000Z",
        "CreatedById": "005000000000001AAA",
        "Order_Number__c": f"ORD-{number:09d}",
        "Opportunity__c": f"006{number:015d}",
        "Amount__c": number * 1.5,
        "Account_Name__c": "Burlington Textiles Corp of America",
        "Lines__c": "2 × GenWatt Diesel 1000kW; 1 × SLA: Gold",
        "Session_Id__c": "00D000000000001!AQ0AQPz0000000000000000000000000000000000000000000000000000000",
    }


async def take(_: Message) -> None:
    """The other side, which costs nothing."""


class Raw:
    """A queue as one would write it by hand."""

    def __init__(self, file: Path) -> None:
        self._connection = apsw.Connection(str(file))
        self._connection.pragma("journal_mode", "wal")
        self._connection.pragma("synchronous", "FULL")
        self._connection.execute(
            "CREATE TABLE queue (id INTEGER PRIMARY KEY, key TEXT UNIQUE, payload BLOB, state INTEGER, "
            "leased INTEGER); CREATE INDEX waiting ON queue (id) WHERE state = 0"
        )

    def put(self, numbers: range) -> None:
        rows = [(f"key-{number}", json.dumps(body(number)).encode()) for number in numbers]
        with self._connection:
            self._connection.executemany(
                "INSERT INTO queue (key, payload, state, leased) VALUES (?, ?, 0, 0) ON CONFLICT DO NOTHING",
                rows,
            )

    def claim(self) -> list[tuple[int, str, bytes]]:
        with self._connection:
            rows = self._connection.execute(
                "SELECT id, key, payload FROM queue WHERE state = 0 AND leased = 0 ORDER BY id LIMIT ?",
                (BATCH,),
            ).fetchall()
            self._connection.executemany(
                "UPDATE queue SET leased = 1 WHERE id = ?", [row[:1] for row in rows]
            )
        return rows  # type: ignore[return-value]

    def settle(self, rows: list[tuple[int, str, bytes]]) -> None:
        with self._connection:
            self._connection.executemany(
                "UPDATE queue SET state = 1, payload = NULL WHERE id = ?", [row[:1] for row in rows]
            )


async def raw(folder: Path, seconds: float) -> float:
    queue, number, done = Raw(folder / "raw.db"), 0, 0
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        queue.put(range(number, number + BATCH))
        number += BATCH
        rows = queue.claim()
        for _, key, payload in rows:
            await take(Message(key, json.loads(payload)))
        queue.settle(rows)
        done += len(rows)
    return done / (time.perf_counter() - started)


class Bodies:
    """A source that never ends."""

    name = "bodies"

    def describe(self) -> str:
        return "bodies"

    async def run(self, position: str | None, deliver: Delivery) -> None:
        at = int(position or 0)
        while True:
            batch = [Message(f"key-{number}", body(number)) for number in range(at, at + BATCH)]
            at += BATCH
            await deliver(batch, str(at))


class Taking:
    """A sink that costs nothing."""

    name = "taking"
    exactly_once = True

    def describe(self) -> str:
        return "taking"

    async def send(self, message: Message) -> None:
        await take(message)


async def hub(folder: Path, seconds: float, url: str | None = None) -> float:
    sink: Sink = HttpSink(url) if url else Taking()
    route = Route("relay", source=Bodies(), sink=sink, capacity=AHEAD, concurrency=32 if url else 16)
    async with serve_hub(Hub("bench", [route]), HubPlace(folder, port=0)) as served:
        collect_seldom()  # as `isthmus hub` does
        runner = served.running.routes["relay"]
        before, started = runner.settled, time.perf_counter()
        await asyncio.sleep(seconds)
        return (runner.settled - before) / (time.perf_counter() - started)


def main() -> None:
    side, folder, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    run = raw(folder, seconds) if side == "raw" else hub(folder, seconds, *sys.argv[4:])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(runner.run(run))


if __name__ == "__main__":
    main()
