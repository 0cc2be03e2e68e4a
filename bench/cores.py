"""Cores: the server gets one to itself, the driver the others, where the system lets us say so."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TextIO

ROOT: Final = Path(__file__).parents[1]
_BYTECODE: Final = ROOT / ".venv" / "bytecode"
CAN_PIN: Final = hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1
"""Whether server and driver can be kept apart here: Linux, and more than one core."""


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


def server_core() -> set[int]:
    """The one core that servers run on."""
    return set(_cores()[:1])


def driver_cores() -> set[int]:
    """The cores that the driver runs on."""
    return set(_cores()[1:])


def load_average() -> float:
    """How many processes wanted to run in the last minute, where the system tells."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def start(
    arguments: Sequence[str],
    cores: set[int],
    *,
    environment: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    errors: TextIO | None = None,
) -> subprocess.Popen[str]:
    """A Python process with `arguments` on `cores`, its standard output a pipe.

    It finds its modules compiled, as an installed program does, whatever the environment says.
    """
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        env=inherited
        | {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(_BYTECODE)}
        | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
    if CAN_PIN and cores and sys.platform == "linux":
        os.sched_setaffinity(process.pid, cores)
    return process
