"""Simulations at full length: `python -m tests.simulation [--seeds N] [--first SEED] [--only KIND]`.

A line a run, a summary, and exit status 1 where anything that was acknowledged is missing or there twice.
"""

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import structlog
from tests.simulation import kill, kill_founding, kill_hub, kill_org, power_loss, power_loss_org, spine
from tests.simulation.outcome import Outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument(
        "--seeds", type=int, help="how many runs of each kind (default 100; of the spine 200)"
    )
    parser.add_argument("--first", type=int, default=0, help="the first seed, to repeat a run")
    parser.add_argument("--only", choices=list(KINDS), help="one kind only")
    arguments = parser.parse_args()
    logging.getLogger("isthmus").setLevel(logging.CRITICAL)  # what fails, fails on purpose
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    failed = 0
    for kind in [arguments.only] if arguments.only else KINDS:
        runs = bad = acknowledged = 0
        count = arguments.seeds or SEEDS.get(kind, SEEDS_DEFAULT)
        seeds = range(arguments.first, arguments.first + count)
        for outcome in KINDS[kind](seeds):
            print(outcome, flush=True)
            runs += 1
            bad += bool(outcome.problems)
            acknowledged += outcome.acknowledged
        print(
            f"simulation {kind}: {runs} runs, {acknowledged} acknowledged, {bad} with losses or doubles",
            flush=True,
        )
        failed += bad
    return 1 if failed else 0


def _kills(seeds: range) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        yield from kill.run(Path(folder), seeds)


def _org_kills(seeds: range) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        yield from kill_org.run(Path(folder), seeds)


def _hub_kills(seeds: range) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        yield from kill_hub.run(Path(folder), seeds)


def _founding_kills(seeds: range) -> Iterator[Outcome]:
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            yield kill_founding.run(Path(folder), seed)


def _power_losses(seeds: range) -> Iterator[Outcome]:
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            yield power_loss.run(Path(folder), seed)


def _power_losses_of_orgs(seeds: range) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        founded, place = Path(folder) / "founded", Path(folder) / "run"
        founded.mkdir()
        place.mkdir()
        power_loss_org.found(founded)
        for seed in seeds:
            yield power_loss_org.run(place, seed, founded)


def _spines(seeds: range) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        yield from spine.run(Path(folder), seeds)


KINDS: Final = {
    "kill": _kills,
    "org": _org_kills,
    "founding": _founding_kills,
    "hub": _hub_kills,
    "power": _power_losses,
    "power-org": _power_losses_of_orgs,
    "spine": _spines,
}
SEEDS_DEFAULT: Final = 100
SEEDS: Final = {"spine": 200}


if __name__ == "__main__":
    sys.exit(main())
