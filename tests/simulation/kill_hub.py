"""The hub killed: it relays numbers through two routes while it is killed, over and over, on the same data.

After each kill its database is opened and compared with what its sinks were sent: every number that its
source has been acknowledged is there; what was acknowledged to the channel was sent, its reply is there, and
it is never sent again. At last the hub may finish: then every number has gone through both routes.
"""

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.simulation.outcome import Outcome

from isthmus.kernel.database import Connection
from isthmus.kernel.database.sqlite import SqliteDatabase

LINES_MAX: Final = 1_500
PASSES_MAX: Final = 120
_POINTS: Final = ("database.before_commit", "database.after_commit")
_ROOT: Final = Path(__file__).parents[2]
_STATES: Final = 'SELECT "channel", "key", "state" FROM "hub_message"'
_POSITION: Final = 'SELECT "position" FROM "hub_position" WHERE "channel" = \'first\''
_ROUTES: Final = ("first", "second")


@dataclass
class _Known:
    """What was ever sent, and what was on disk as delivered, by route."""

    sent: dict[str, set[str]] = field(default_factory=lambda: {each: set() for each in _ROUTES})
    delivered: dict[str, set[str]] = field(default_factory=lambda: {each: set() for each in _ROUTES})


def run(folder: Path, seeds: range) -> Iterator[Outcome]:
    """One kill a seed; after the last the hub may finish."""
    known = _Known()
    for seed in seeds:
        before = len(known.delivered["first"])
        moment, problems = _run_and_kill(folder, seed, known)
        problems += _compare(folder, known)
        yield Outcome("hub", seed, moment, len(known.delivered["first"]) - before, problems)
    problems = _run(folder, ["--drain", f"--seed={seeds.stop}"], known, None)
    problems += _compare(folder, known)
    if known.delivered["first"] != known.delivered["second"] or not known.delivered["first"]:
        problems.append("not every number has gone through both routes")
    yield Outcome("hub", seeds.stop, "finished", len(known.delivered["second"]), problems)


def _run_and_kill(folder: Path, seed: int, known: _Known) -> tuple[str, list[str]]:
    chance = random.Random(seed)
    point = chance.choice((None, None, *_POINTS))
    if point is not None:
        passes = chance.randint(1, PASSES_MAX)
        arguments = [f"--seed={seed}", "--crash", point, str(passes)]
        return f"at pass {passes} of {point}", _run(folder, arguments, known, None)
    lines = chance.randint(1, LINES_MAX)
    return f"after {lines} lines", _run(folder, [f"--seed={seed}"], known, lines)


def _run(folder: Path, arguments: list[str], known: _Known, lines: int | None) -> list[str]:
    """Run the hub until it ends, or is killed; says which of what it sent had been delivered before."""
    command = [sys.executable, "-m", "tests.simulation.hub_child", str(folder), *arguments]
    again: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT, text=True
    ) as child:
        assert child.stdout is not None
        try:
            for n, line in enumerate(child.stdout, 1):
                _, route, key = line.split()
                known.sent[route].add(key)
                if key in known.delivered[route]:
                    again.append(f"{route} {key}")
                if n == lines:
                    child.kill()  # what it still wrote before it died is read on, to the end
        except BaseException:
            child.kill()
            raise
    return [f"{len(again)} acknowledged, but sent again: {', '.join(again[:5])}"] if again else []


def _compare(folder: Path, known: _Known) -> list[str]:
    database = SqliteDatabase(folder / "hub.db")
    try:
        return database.read_now(lambda connection: _differences(connection, known))
    finally:
        database.close()


def _differences(connection: Connection, known: _Known) -> list[str]:
    if connection.row("SELECT 1 FROM sqlite_schema WHERE name = 'hub_message'") is None:
        return []  # it died before it had made its tables
    rows = connection.rows(_STATES)
    position = connection.row(_POSITION)
    there = {route: {str(key) for channel, key, _ in rows if channel == route} for route in _ROUTES}
    received = {str(n) for n in range(int(str(position[0])))} if position else set()
    problems = []
    if there["first"] != received:
        problems.append(f"the position says {len(received)}, and {len(there['first'])} are there")
    for route in _ROUTES:
        delivered = {str(key) for channel, key, state in rows if (channel, state) == (route, "delivered")}
        if lost := known.delivered[route] - delivered:
            problems.append(f"{route}: {len(lost)} were delivered, and are so no more")
        if never := delivered - known.sent[route]:
            problems.append(f"{route}: {len(never)} count as delivered, and were never sent")
        known.delivered[route] = delivered
    if known.delivered["first"] != there["second"]:
        problems.append("messages and their replies do not go together")
    return problems
