"""Fan-out: subscribers over long polling, each of which gets every event, and those who publish them.

    python -m bench.fanout SIDE PORT TOKEN SUBSCRIBERS BURST SECONDS PROCESS

publishes `BURST` events, waits until every subscriber has them all, and goes on so for the seconds. Prints
{"rate": deliveries a second; "cpu": the server's seconds for one delivery; "busy": the driver's share of its
core}.
"""

import json
import selectors
import sys
import time
from typing import Final

from bench.driver import request
from bench.subscribers import CHANNEL, Connection, cpu_of

TEXT: Final = "x" * 200
_EVENT: Final = b'"data":'
_DATA: Final = {
    "schema": "dffQ2QLzDNHqwB8_sHMxdA",
    "payload": {"CreatedDate": "2026-01-01T00:00:00.000Z", "CreatedById": "005" + "0" * 15, "Text__c": TEXT},
    "event": {"replayId": 100_000, "EventUuid": "e981b488-81f3-4fcc-bd6f-f7033c9d7ac3"},
}
"""What subscribers of the org get for an event: the peers are given as much."""


def publisher(side: str, port: int, token: str) -> Connection:
    """Who publishes an event with each request: a client of the peers, or of the org's REST API."""
    made = Connection(port, token)
    if side == "ours":
        body = json.dumps({"Text__c": TEXT}).encode()
        made.request = request("POST", "/services/data/v65.0/sobjects/Ping__e", token, body)
    else:
        made.shake_hands()
        made.request = made.message(channel=CHANNEL, data=_DATA)
    return made


def measure(
    side: str, port: int, token: str, subscribers: int, burst: int, seconds: float, process: int
) -> dict[str, float]:
    """Publish bursts for so long."""
    listening = [Connection(port, token) for _ in range(subscribers)]
    for each in listening:
        each.subscribe()
    publishing = [publisher(side, port, token) for _ in range(burst)]
    time.sleep(0.3)  # for the last of them to be held
    deliveries = 0
    with selectors.DefaultSelector() as selector:
        for each in (*listening, *publishing):
            selector.register(each.socket, selectors.EVENT_READ, each)
        _burst(selector, listening, publishing)
        spent, began, busy = cpu_of(process), time.perf_counter(), time.process_time()
        while (took := time.perf_counter() - began) < seconds:
            _burst(selector, listening, publishing)
            deliveries += subscribers * burst
        busy = time.process_time() - busy
        spent = cpu_of(process) - spent
    return {"rate": deliveries / took, "cpu": spent / deliveries, "busy": busy / took}


def _burst(
    selector: selectors.BaseSelector, listening: list[Connection], publishing: list[Connection]
) -> None:
    """Publish an event on each connection, and wait until everyone has all of them."""
    for each in listening:
        each.missing = len(publishing)
    for each in publishing:
        each.missing = 1
        each.send()
    waiting = len(listening) + len(publishing)
    publishers = frozenset(publishing)
    while waiting:
        ready = selector.select(timeout=10)
        assert ready, "an event was lost"
        for key, _ in ready:
            connection: Connection = key.data
            body = connection.receive()
            if body is None:
                continue
            if connection in publishers:
                came = 1
            else:
                came = body.count(_EVENT)
                connection.send()
            connection.missing -= came
            waiting -= came > 0 and connection.missing == 0


if __name__ == "__main__":
    side, port, token, subscribers, burst, seconds, process = sys.argv[1:]
    told = measure(side, int(port), token, int(subscribers), int(burst), float(seconds), int(process))
    json.dump(told, sys.stdout)
