"""The org as a process that can be made to die: `isthmus` with a crash point armed.

`python -m tests.simulation.org_process POINT PASSES ARGUMENT…` runs `isthmus ARGUMENT…`; POINT `-` arms
nothing.
"""

import sys

from isthmus.cli import main
from isthmus.kernel.crash import arm

if __name__ == "__main__":
    point, passes, *arguments = sys.argv[1:]
    if point != "-":
        arm(point, int(passes))
    main(arguments)
