"""Pollers: as many subscribers as a figure wants, each with a connect that waits.

    python -m bench.pollers PORT TOKEN COUNT PROCESS

prints how many bytes of memory the server needs for one of them.
"""

import sys
import time
from typing import Final

from bench.subscribers import Connection, memory_of

_SETTLE_SECONDS: Final = 0.5


def measure(port: int, token: str, count: int, process: int) -> float:
    """Have so many wait, and look how much the server has grown."""
    before = memory_of(process)
    pollers = [Connection(port, token) for _ in range(count)]
    for poller in pollers:
        poller.subscribe()
    time.sleep(_SETTLE_SECONDS)
    return (memory_of(process) - before) / count


if __name__ == "__main__":
    port, token, count, process = sys.argv[1:]
    print(measure(int(port), token, int(count), int(process)))
