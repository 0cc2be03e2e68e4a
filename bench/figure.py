"""A figure: what is measured, against whom, how often, and how it is written down.

Ours and the peer are measured in turn, round by round, so that what else the machine does falls on both; the
ratio is the median of the rounds' ratios. It is always higher-is-better.
"""

import json
import platform
import statistics
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
RESULTS: Final = FOLDER / "results"
ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure must reach, from goals.toml."""

    goal: float
    peer: str


@dataclass(frozen=True, slots=True)
class Size:
    """How much work a measurement does. `seconds` is one side's time in one round."""

    name: str
    seconds: float
    rounds: int = ROUNDS


QUICK: Final = Size("quick", 1.5)
FULL: Final = Size("full", 6.0)


@dataclass(frozen=True, slots=True)
class Measured:
    """Both sides, round by round, in `unit`. `higher_is_better`: rates; else times.

    `notes` say what a reader must know to judge the figure: what was asked, how busy the driver was.
    """

    unit: str
    higher_is_better: bool
    ours: Sequence[float]
    peer: Sequence[float]
    notes: Sequence[str] = ()

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios, higher-is-better."""
        pairs = zip(self.ours, self.peer, strict=True)
        return statistics.median(
            ours / peer if self.higher_is_better else peer / ours for ours, peer in pairs
        )


Measure = Callable[[Size], Measured]


@dataclass(frozen=True, slots=True)
class Result:
    """A figure as it is printed and kept."""

    name: str
    ratio: float
    goal: float
    reached: bool
    ours: float
    peer: float
    unit: str
    what: str
    rounds: dict[str, list[float]]
    size: str

    def __str__(self) -> str:
        return (
            f"bench {self.name} ratio={self.ratio:.2f} goal={self.goal:.2f} "
            f"ours={self.ours:,.5g}{self.unit} peer={self.peer:,.5g}{self.unit} ({self.what})"
        )


def goals() -> dict[str, Goal]:
    """Every figure's goal, by name."""
    table = tomllib.loads((FOLDER / "goals.toml").read_text("utf-8"))
    return {name: Goal(**entry) for name, entry in table.items()}


def result(name: str, goal: Goal, measured: Measured, size: Size) -> Result:
    """What was measured, as it is printed and kept."""
    return Result(
        name=name,
        ratio=measured.ratio,
        goal=goal.goal,
        reached=measured.ratio >= goal.goal,
        ours=statistics.median(measured.ours),
        peer=statistics.median(measured.peer),
        unit=measured.unit,
        what="; ".join((f"against {goal.peer}", *measured.notes, versions())),
        rounds={"ours": list(measured.ours), "peer": list(measured.peer)},
        size=size.name,
    )


def keep(outcome: Result) -> Path:
    """Write the result as JSON; returns the file."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{outcome.name}.json"
    file.write_text(json.dumps(asdict(outcome), indent=2) + "\n")
    return file


def versions() -> str:
    """What was measured with."""
    packages = ", ".join(f"{each} {version(each)}" for each in ("isthmus", "uvicorn", "apsw"))
    return f"{packages}, Python {platform.python_version()}, {platform.system()} {sys.platform}"


def in_turn(
    size: Size, ours: Callable[[], float], peer: Callable[[], float]
) -> tuple[list[float], list[float]]:
    """Both sides once to warm up, then in turn for the size's rounds."""
    peer()
    ours()
    measured: tuple[list[float], list[float]] = ([], [])
    for _ in range(size.rounds):
        measured[1].append(peer())
        measured[0].append(ours())
    return measured


def against_limit(size: Size, limit: float, ours: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Our time against a limit in the same unit, once to warm up, then for the size's rounds."""
    ours()
    times = [ours() for _ in range(size.rounds)]
    return times, [limit] * len(times)
