"""The child: a process that works on the storage in a folder until it is killed.

It writes a line before it hands a record in (`? ID`) and one when that is acknowledged (`! ID`), each with
one system call, so that what the pipe holds when the process dies is what its callers were told.
"""

import argparse
import os
import sys
import threading
from pathlib import Path

from tests.simulation.ledger import Ledger
from tests.simulation.workload import Storage, work

from isthmus.kernel.crash import arm

UNITS = 1_000_000


class Announcing(Ledger):
    """Tells the parent."""

    def attempt(self, record: str) -> None:
        os.write(sys.stdout.fileno(), f"? {record}\n".encode())

    def acknowledge(self, record: str) -> None:
        os.write(sys.stdout.fileno(), f"! {record}\n".encode())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", required=True, help="what its records are called")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--crash", nargs=2, metavar=("POINT", "PASSES"), help="die at a crash point")
    arguments = parser.parse_args()
    storage = Storage.open(arguments.folder)
    storage.create()
    if arguments.crash:
        arm(arguments.crash[0], int(arguments.crash[1]))
    for n in range(arguments.threads):
        name, seed = f"{arguments.name}.{n}", arguments.seed * 100 + n
        threading.Thread(target=work, args=(storage, Announcing(), name, seed, UNITS)).start()


if __name__ == "__main__":
    main()
