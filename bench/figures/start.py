"""How long until the org answers, until a test has an empty one, and until the command line says its help."""

import asyncio
import json
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from bench.cores import server_core, start
from bench.figure import Measured, Size, against_limit

import isthmus.testing
from isthmus import settings
from isthmus.assembly import Opened, open_org

READY_SECONDS = 1.0
EMPTY_MILLISECONDS = 50.0
HELP_MILLISECONDS = 150.0


def ready_to_serve(size: Size) -> Measured:
    """Seconds from the command to the first answer, of an org that is there already."""
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        data = Path(folder) / "data"
        first = _seconds_to_answer(data)
        times, limit = against_limit(size, READY_SECONDS, lambda: _seconds_to_answer(data))
    said = ("an org that is there already, modules compiled", f"a new one took {first:.2f} s")
    return Measured(" s", False, times, limit, said)


def _seconds_to_answer(data: Path) -> float:
    arguments = ["-m", "isthmus", "org", "--json", "--data", str(data), "--port", "0"]
    started = time.perf_counter()
    process = start([*arguments, "--https-port", "0", "--gateway-port", "0"], server_core())
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        with urllib.request.urlopen(f"{told['http']}/services/data/") as answer:
            answer.read()
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def empty_org(size: Size) -> Measured:
    """Milliseconds until a test has an empty org in its own process; not the first, which is founded."""
    founded = _milliseconds_to_open(open_org)
    _milliseconds_to_open(isthmus.testing.empty_org)
    times, limit = against_limit(
        size, EMPTY_MILLISECONDS, lambda: _milliseconds_to_open(isthmus.testing.empty_org)
    )
    said = ("isthmus.testing.empty_org, a new folder each time", f"to found one took {founded:.0f} ms")
    return Measured(" ms", False, times, limit, said)


def _milliseconds_to_open(
    opening: Callable[[settings.Settings], AbstractAsyncContextManager[Opened]],
) -> float:
    async def opened(folder: Path) -> float:
        started = time.perf_counter()
        async with opening(settings.load(folder, {})):
            return (time.perf_counter() - started) * 1000

    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        return asyncio.run(opened(Path(folder)))


def cli_help(size: Size) -> Measured:
    """Milliseconds of `isthmus --help`."""
    times, limit = against_limit(size, HELP_MILLISECONDS, _best_of(3, _milliseconds_of_help))
    return Measured(" ms", False, times, limit, ("`isthmus --help`, a whole process, the best of 3",))


def _milliseconds_of_help() -> float:
    script = Path(sysconfig.get_path("scripts")) / "isthmus"
    arguments = [str(script), "--help"] if script.is_file() else ["-m", "isthmus", "--help"]
    started = time.perf_counter()
    process = start(arguments, server_core())
    process.communicate()
    return (time.perf_counter() - started) * 1000


def _best_of(count: int, measure: Callable[[], float]) -> Callable[[], float]:
    return lambda: min(measure() for _ in range(count))
