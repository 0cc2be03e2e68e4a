"""How fast, against whom? `python -m bench [--only NAME] [--size full]`

Prints one line a figure and writes the same as JSON below bench/results/. Exit code 1 where a goal is missed.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

from bench.cores import CAN_PIN, load_average
from bench.figure import FULL, QUICK, Measure, goals, keep, result
from bench.node import PeerMissing

FIGURES: Final[Mapping[str, str]] = {
    "read-10-fields": "point_read:ten_fields",
    "read-whole-account": "point_read:whole_account",
    "create-1-client": "create:one_client",
    "create-32-clients": "create:many_clients",
    "query-2000-rows": "query_rows:two_thousand_rows",
    "sharing-1": "sharing:one_percent",
    "sharing-10": "sharing:ten_percent",
    "sharing-100": "sharing:all_of_them",
    "soql-queries": "typical_queries:typical_queries",
    "soql-first-batch": "typical_queries:first_batch",
    "soql-paging-memory": "typical_queries:paging_memory",
    "soql-plan": "soql_plan:fresh_literals",
    "login-timing": "login_timing:by_user",
    "hub-relay": "relay:against_goal",
    "hub-relay-queue": "relay:against_queue",
    "hub-relay-http": "relay:to_http",
    "cometd-fanout-burst": "fanout:bursts",
    "cometd-fanout-wake": "fanout:one_event",
    "held-polls-memory": "held_polls:memory",
    "ready-to-serve": "start:ready_to_serve",
    "empty-org": "start:empty_org",
    "cli-help": "start:cli_help",
}


def measure_of(name: str) -> Measure:
    """The function that measures a figure."""
    module, _, function = FIGURES[name].partition(":")
    measure: Measure = getattr(import_module(f"bench.figures.{module}"), function)
    return measure


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=sorted(FIGURES), help="one figure alone")
    parser.add_argument("--size", choices=["quick", "full"], default="quick", help="how long to measure")
    options = parser.parse_args(arguments)
    size = FULL if options.size == "full" else QUICK
    known = goals()
    missed = 0
    if (busy := load_average()) > 1:
        print(f"bench: the machine is busy (load {busy:.1f}): expect noise", file=sys.stderr)
    if not CAN_PIN:
        print("bench: server and driver share cores here: figures over HTTP say little", file=sys.stderr)
    for name in [options.only] if options.only else FIGURES:
        try:
            outcome = result(name, known[name], measure_of(name)(size), size)
        except PeerMissing as missing:
            print(f"bench {name} not measured: {missing}", flush=True)
            missed += 1
            continue
        keep(outcome)
        print(outcome, flush=True)
        missed += not outcome.reached
    print(f"{len([options.only] if options.only else FIGURES) - missed} reached, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
