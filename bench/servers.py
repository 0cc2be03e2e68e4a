"""The servers that are measured: our org, and the peers, each on the server's core."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.cores import server_core, start

UNLIMITED: Final = """\
[limits]
DailyApiRequests = 1000000000
DurableStreamingApiConcurrentClients = 100000
HourlyPublishedPlatformEvents = 1000000000
DailyDeliveredPlatformEvents = 1000000000
"""
"""What is used is counted, as ever, but there is enough for a benchmark."""


@dataclass(frozen=True, slots=True)
class OurOrg:
    """A running org. `port` is that of http."""

    port: int
    token: str
    data: Path
    process_id: int


class DidNotStart(Exception):
    """The server ended before it was ready; the message is what it said."""


@contextmanager
def our_org(project: Path | None = None) -> Iterator[OurOrg]:
    """A new org, of `project` where one is given, on http only, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        data = Path(folder) / "data"
        (Path(folder) / "isthmus.toml").write_text(UNLIMITED)
        arguments = ["-m", "isthmus", "org", "--json", "--data", str(data), "--port", "0"]
        arguments += ["--https-port", "-1", "--gateway-port", "-1"]
        arguments += ["--project", str(project)] if project else []
        with _running(arguments, Path(folder)) as (line, process_id):
            port = int(json.loads(line)["http"].rpartition(":")[2])
            yield OurOrg(port, token(data), data, process_id)


@contextmanager
def peer(module: str, *arguments: str) -> Iterator[int]:
    """The peer in `bench.peers.MODULE`, until the block ends; gives the port that it listens on."""
    with (
        tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder,
        _running(["-m", f"bench.peers.{module}", *arguments], Path(folder)) as (line, _),
    ):
        yield int(line)


def token(data: Path) -> str:
    """An access token of the org that runs over `data`."""
    process = start(["-m", "isthmus", "login", "--token-only", "--data", str(data)], set())
    said, _ = process.communicate()
    if process.returncode:
        raise DidNotStart("isthmus login gave no token")
    return said.strip()


@contextmanager
def _running(arguments: list[str], folder: Path) -> Iterator[tuple[str, int]]:
    """A server on its core until the block ends; gives the line that it says when it is ready, and its id."""
    log = folder / "server.log"
    with log.open("w") as errors:
        process = start(arguments, server_core(), cwd=folder, errors=errors)
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise DidNotStart(log.read_text())
            yield line, process.pid
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()
