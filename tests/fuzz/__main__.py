"""Fuzz: `python -m tests.fuzz [--seed N] [--queries N] [--kind KIND] [--only NUMBER]`.

Random queries, by a seed, each of which must be answered alike by SQLite, by PostgreSQL and by an evaluator
that has nothing of the product's query path; half as many each of trees and of texts that may be wrong, which
must be refused alike. Tells how often each part of the language came, and ends with status 1 where anything
disagrees; each failure names the command that runs it again.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.fuzz.org import random_org
from tests.fuzz.report import data_lines, hit_lines, summary
from tests.fuzz.run import KINDS, Fuzzer, Tally

QUERIES: Final = 20_000
_AT_ONCE: Final = 1_000
_FAILURES_MAX: Final = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="what records and queries are made from")
    parser.add_argument("--queries", type=int, default=QUERIES)
    parser.add_argument("--kind", choices=KINDS, help="one kind only")
    parser.add_argument("--only", type=int, help="the number of one query of the kind, to run it again")
    arguments = parser.parse_args()
    only: int | None = arguments.only
    kinds = (arguments.kind,) if arguments.kind else KINDS if only is None else KINDS[:1]
    whole = Tally()
    with tempfile.TemporaryDirectory() as folder, random_org(arguments.seed, Path(folder)) as org:
        for line in data_lines(org):
            print(line, flush=True)
        fuzzer = Fuzzer(org)
        for kind in kinds:
            count = arguments.queries if kind == "right" else arguments.queries // 2
            numbers = range(count) if only is None else range(only, only + 1)
            tally = Tally()
            for start in range(numbers.start, numbers.stop, _AT_ONCE):
                part = fuzzer.run(kind, arguments.seed, range(start, min(start + _AT_ONCE, numbers.stop)))
                for problem in part.problems:
                    print(f"\n{problem}\n", flush=True)
                tally.add(part)
                if len(tally.problems) >= _FAILURES_MAX:
                    break
            print(summary(kind, tally), flush=True)
            whole.add(tally)
    for line in hit_lines(whole):
        print(line)
    return 1 if whole.problems else 0


if __name__ == "__main__":
    sys.exit(main())
