"""Events to clients that wait in long polls: how long until the last has it, and what a waiting one costs."""

import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.cores import driver_cores, start
from bench.figure import Measured, Size, against_limit, in_turn
from bench.servers import OurOrg, our_org, peer_process

POLLS: Final = 1_000
EVENTS: Final = 8
"""Published one after the other in a round."""
MANY_POLLS: Final = 3_000
MEGABYTES_MAX: Final = 100.0
_METADATA: Final = "http://soap.sforce.com/2006/04/metadata"
_FILES: Final = {
    "sfdx-project.json": '{"packageDirectories": [{"path": "app"}]}',
    "app/objects/Ping__e/Ping__e.object-meta.xml": f"""<CustomObject xmlns="{_METADATA}">
        <label>Ping</label><pluralLabel>Pings</pluralLabel><deploymentStatus>Deployed</deploymentStatus>
        <eventType>HighVolume</eventType><publishBehavior>PublishAfterCommit</publishBehavior>
    </CustomObject>""",
    "app/objects/Ping__e/fields/Text__c.field-meta.xml": f"""<CustomField xmlns="{_METADATA}">
        <fullName>Text__c</fullName><label>Text</label><type>Text</type><length>255</length>
    </CustomField>""",
}


def one_event(size: Size) -> Measured:
    """From publishing over REST until the last of 1,000 clients has the event."""
    told: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
    with peer_process("held") as (bare, process), tempfile.TemporaryDirectory() as folder:

        def theirs() -> float:
            told["peer"].append(_poll("peer", bare, "-", POLLS, EVENTS, process))
            return told["peer"][-1]["latency"] * 1e3

        def ours() -> float:
            with _org(Path(folder)) as org:
                told["ours"].append(_poll("ours", org.port, org.token, POLLS, EVENTS, org.process_id))
            return told["ours"][-1]["latency"] * 1e3

        mine, others = in_turn(size, ours, theirs)
    cpu = {side: statistics.median(each["cpu"] for each in found) * 1e6 for side, found in told.items()}
    held = statistics.median(each["bytes"] for each in told["ours"]) / 1024
    return Measured(
        "ms",
        False,
        mine,
        others,
        (
            f"{POLLS:,} polls, publishing included",
            f"server CPU a delivery {cpu['ours']:.0f} µs against {cpu['peer']:.0f}",
            f"{held:.1f} kB a poll that waits",
        ),
    )


def memory(size: Size) -> Measured:
    """By how much the org grows while 3,000 clients wait."""

    def grown() -> float:
        with tempfile.TemporaryDirectory() as folder, _org(Path(folder)) as org:
            told = _poll("ours", org.port, org.token, MANY_POLLS, 0, org.process_id)
        return told["bytes"] * MANY_POLLS / 1e6

    ours, limit = against_limit(size, MEGABYTES_MAX, grown)
    return Measured("MB", False, ours, limit, (f"{MANY_POLLS:,} polls", "http"))


@contextmanager
def _org(folder: Path) -> Iterator[OurOrg]:
    for name, text in _FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    with our_org(folder) as org:
        yield org


def _poll(side: str, port: int, token: str, count: int, events: int, process: int) -> dict[str, float]:
    arguments = ["-m", "bench.pollers", side, port, token, count, events, process]
    driver = start(list(map(str, arguments)), driver_cores())
    said, _ = driver.communicate()
    if driver.returncode:
        raise RuntimeError("the pollers failed")
    found: dict[str, float] = json.loads(said)
    return found
