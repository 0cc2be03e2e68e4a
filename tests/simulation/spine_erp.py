"""The example's ERP system as a child: down for a moment, and the answers of some of its orders are lost.

`--forgetful` plants a fault: it does not know an order's key when that comes again.
"""

import argparse
import itertools
import random
from pathlib import Path
from typing import Any, Final

from tests.simulation.spine_example import example

EXAMPLE: Final = example("erp")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--orders", type=int, required=True)
    parser.add_argument("--forgetful", action="store_true")
    given = parser.parse_args(arguments)
    erp = EXAMPLE.Erp(given.database, _faults(given.seed, given.orders))
    if given.forgetful:
        _forget_keys(erp)
    EXAMPLE.Server(("127.0.0.1", given.port), EXAMPLE.handler_of(erp)).serve_forever()


def _faults(seed: int, orders: int) -> Any:
    chance = random.Random(f"erp {seed}")
    return EXAMPLE.Faults(
        down_at=chance.randint(1, orders),
        down_seconds=chance.uniform(0.1, 0.8),
        lost=frozenset(chance.sample(range(1, orders + 1), max(1, orders // 5))),
        thinking=(0.0, chance.uniform(0.0, 0.03)),
        chance=chance,
    )


def _forget_keys(erp: Any) -> None:
    order, number = erp.order, itertools.count()
    erp.order = lambda key, wanted: order(f"{key} {next(number)}", wanted)
