"""Messages through the hub: against the queue it stands on, and against what it must reach."""

import tempfile

from bench.cores import driver_cores, server_core, start
from bench.figure import Measured, Size, in_turn
from bench.servers import peer

MESSAGES_A_SECOND = 10_000.0
REQUESTS_A_SECOND = 3_500.0


def against_queue(size: Size) -> Measured:
    """Our route against a durable queue in hand-written SQL."""
    ours, theirs = in_turn(size, lambda: _rate("hub", size), lambda: _rate("raw", size))
    return Measured(
        "/s", True, ours, theirs, ("300 bytes a message, batches of 100, a sink that costs nothing",)
    )


def against_goal(size: Size) -> Measured:
    """The same route against the rate that it must reach."""
    ours, limit = in_turn(size, lambda: _rate("hub", size), lambda: MESSAGES_A_SECOND)
    return Measured(
        "/s", True, ours, limit, ("300 bytes a message, batches of 100, a sink that costs nothing",)
    )


def to_http(size: Size) -> Measured:
    """Each message a POST with its key to a server on another core."""
    with peer("bare") as port:
        url = f"http://127.0.0.1:{port}/orders"
        ours, limit = in_turn(size, lambda: _rate("hub", size, url), lambda: REQUESTS_A_SECOND)
    return Measured("/s", True, ours, limit, ("POST with a key, 32 at a time, to a bare uvicorn answer",))


def _rate(side: str, size: Size, *more: str) -> float:
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        cores = driver_cores() if more else server_core()  # the peer that it sends to has the server's
        process = start(["-m", "bench.peers.relay", side, folder, str(size.seconds), *more], cores)
        said, _ = process.communicate()
    return float(said)
