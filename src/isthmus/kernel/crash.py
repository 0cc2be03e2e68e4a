"""Crash points: named places at which a simulation may end the process, as a kill at that moment would.

Disarmed, as they always are outside a simulation, they cost a comparison.
"""

import os
import signal
from typing import Final

_EXIT_STATUS: Final = 137
_armed: dict[str, int] = {}


def arm(point: str, passes: int) -> None:
    """Die at the `passes`-th time, counted from 1, that `point` is reached. Raises ValueError below 1."""
    if passes < 1:
        raise ValueError("a crash point is reached once or more")
    _armed[point] = passes


def crash_point(point: str) -> None:
    """A place at which the process may be made to die without any chance to tidy up."""
    if _armed and point in _armed:
        _armed[point] -= 1
        if _armed[point] == 0:
            _die()


def _die() -> None:
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(_EXIT_STATUS)
