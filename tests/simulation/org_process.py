"""An org or a hub as a process that can be made to die: `isthmus` with a crash point armed.

`python -m tests.simulation.org_process POINT PASSES ARGUMENT…` runs `isthmus ARGUMENT…`; POINT `-` arms
nothing.
"""

import sys

from isthmus import cli
from isthmus.kernel.crash import arm


def main(given: list[str]) -> None:
    point, passes, *arguments = given
    if point != "-":
        arm(point, int(passes))
    cli.main(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
