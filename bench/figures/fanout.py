"""Deliveries a second to many subscribers over CometD, against servers that do nothing else."""

import json
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from bench.cores import driver_cores, start
from bench.figure import Measured, Size
from bench.figures.held_polls import events_org
from bench.node import node_peer

BURST: Final = 20
BURST_SUBSCRIBERS: Final = 100
HELD_POLLS: Final = 1_000
PEERS: Final = ("faye", "cometd")

_Told = dict[str, float]


def bursts(size: Size) -> Measured:
    """Bursts of 20 events, published at once."""
    return _fan_out(size, BURST, BURST_SUBSCRIBERS)


def one_event(size: Size) -> Measured:
    """One event to 1,000 held polls, each when everybody has the one before it."""
    return _fan_out(size, 1, HELD_POLLS)


def _fan_out(size: Size, burst: int, subscribers: int) -> Measured:
    sides: dict[str, Callable[[], _Told]] = {
        each: partial(_theirs, each, burst, subscribers, size.seconds) for each in PEERS
    }
    sides["ours"] = partial(_ours, burst, subscribers, size.seconds)
    told: dict[str, list[_Told]] = {side: [] for side in sides}
    for measured in (False, *(True,) * size.rounds):
        for side, measure in sides.items():
            found = measure()
            if measured:
                told[side].append(found)
    middle = {
        side: {what: statistics.median(each[what] for each in found) for what in found[0]}
        for side, found in told.items()
    }
    best = max(PEERS, key=lambda side: middle[side]["rate"])
    rates = {side: [each["rate"] for each in found] for side, found in told.items()}
    cpu = {side: found["cpu"] * 1e6 for side, found in middle.items()}
    latency = {side: subscribers * burst / found["rate"] * 1e3 for side, found in middle.items()}
    busy = max(each["busy"] for found in told.values() for each in found)
    others = ", ".join(f"{side} {found['rate']:,.0f}/s" for side, found in middle.items())
    return Measured(
        "/s",
        True,
        rates["ours"],
        rates[best],
        (
            f"{subscribers:,} subscribers, {burst} events at once; the faster is {best}",
            others,
            f"all have it after {latency['ours']:.0f} ms against {latency[best]:.0f}",
            f"server CPU a delivery {cpu['ours']:.0f} µs against {cpu[best]:.0f}",
            f"driver {busy:.0%} busy" + (" (the driver was the bottleneck)" if busy > 0.95 else ""),
        ),
    )


def _ours(burst: int, subscribers: int, seconds: float) -> _Told:
    with tempfile.TemporaryDirectory() as folder, events_org(Path(folder)) as org:
        return _drive("ours", org.port, org.token, subscribers, burst, seconds, org.process_id)


def _theirs(name: str, burst: int, subscribers: int, seconds: float) -> _Told:
    with node_peer("bayeux", name) as (port, process):
        return _drive(name, port, "", subscribers, burst, seconds, process)


def _drive(
    side: str, port: int, token: str, subscribers: int, burst: int, seconds: float, process: int
) -> _Told:
    arguments = ["-m", "bench.fanout", side, port, token, subscribers, burst, seconds, process]
    driver = start(list(map(str, arguments)), driver_cores())
    said, _ = driver.communicate()
    if driver.returncode:
        raise RuntimeError(f"the subscribers of {side} failed")
    found: _Told = json.loads(said)
    return found
