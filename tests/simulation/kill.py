"""Process kill: a child at work is killed at a seeded moment, over and over, on one and the same storage.

The moment is either after so many lines from the child, whatever it does just then, or at a crash point
next to a commit. After each kill the storage is opened again and compared with everything that was ever
acknowledged.
"""

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.simulation.ledger import Ledger
from tests.simulation.outcome import Outcome
from tests.simulation.workload import differences

LINES_MAX: Final = 600
PASSES_MAX: Final = 150
_POINTS: Final = ("database.before_commit", "database.after_commit")
_ROOT: Final = Path(__file__).parents[2]


def run(folder: Path, seeds: range) -> Iterator[Outcome]:
    """One kill a seed, all on the storage in `folder`."""
    ledger = Ledger()
    for seed in seeds:
        before = ledger.acknowledged
        moment = _run_and_kill(folder, seed, ledger)
        problems = differences(folder, ledger)
        yield Outcome("kill", seed, moment, ledger.acknowledged - before, problems)


def _run_and_kill(folder: Path, seed: int, ledger: Ledger) -> str:
    chance = random.Random(seed)
    command = [
        sys.executable,
        "-m",
        "tests.simulation.child",
        str(folder),
        f"--name={seed}",
        f"--seed={seed}",
    ]
    command.append(f"--threads={chance.choice((1, 4, 16))}")
    point = chance.choice((None, None, *_POINTS))
    lines = chance.randint(1, LINES_MAX)
    if point is not None:
        passes = chance.randint(1, PASSES_MAX)
        command += ["--crash", point, str(passes)]
        lines = 1_000_000
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=_ROOT) as child:
        assert child.stdout is not None
        for n, line in enumerate(child.stdout, 1):
            _note(line, ledger)
            if n == lines:
                child.kill()  # what it still wrote before it died is read on, to the end
    if point is not None:
        return f"at pass {passes} of {point}"
    return f"after {lines} lines"


def _note(line: bytes, ledger: Ledger) -> None:
    kind, _, record = line.decode().strip().partition(" ")
    if kind == "?":
        ledger.attempt(record)
    else:
        ledger.acknowledge(record)
