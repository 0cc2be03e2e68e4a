"""Records created over REST and on disk, by one client against raw SQLite, by 32 against a bare answer."""

import tempfile
from pathlib import Path

from bench.account import create_requests
from bench.cores import server_core, start
from bench.driver import busiest, drive
from bench.figure import Measured, Size, in_turn
from bench.load import Load
from bench.servers import our_org, peer


def one_client(size: Size) -> Measured:
    """One client that waits for each answer, against an insert and a sync each in SQLite."""
    loads: list[Load] = []
    with our_org() as org, tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        creates = create_requests(org.token)

        def ours() -> float:
            loads.append(drive(org.port, creates, size.seconds, 1))
            return loads[-1].rate

        rates, theirs = in_turn(size, ours, lambda: _inserts(Path(folder) / "raw.db", size.seconds))
    return Measured("/s", True, rates, theirs, ("POST an Account, 1 connection", busiest(loads)))


def _inserts(file: Path, seconds: float) -> float:
    process = start(["-m", "bench.peers.insert", str(file), str(seconds)], server_core())
    said, _ = process.communicate()
    return float(said)


def many_clients(size: Size) -> Measured:
    """32 clients at once, against a bare answer to the same requests."""
    loads: list[Load] = []

    def rate(port: int, requests: list[bytes]) -> float:
        loads.append(drive(port, requests, size.seconds, 32))
        return loads[-1].rate

    with our_org() as org, peer("bare") as bare:
        creates = create_requests(org.token)
        ours, theirs = in_turn(size, lambda: rate(org.port, creates), lambda: rate(bare, creates))
    return Measured("/s", True, ours, theirs, ("POST an Account, 32 connections", busiest(loads)))
