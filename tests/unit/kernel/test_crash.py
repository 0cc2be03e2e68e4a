"""Crash points: they end the process at the pass they are told, and no other."""

import subprocess
import sys

import pytest

from isthmus.kernel.crash import arm, crash_point

PASSES = """
from isthmus.kernel.crash import arm, crash_point
arm("here", 3)
for n in range(5):
    print(n, flush=True)
    crash_point("elsewhere")
    crash_point("here")
"""


def test_a_process_dies_at_the_pass_it_is_told() -> None:
    ran = subprocess.run([sys.executable, "-c", PASSES], capture_output=True, text=True, check=False)
    assert ran.stdout.split() == ["0", "1", "2"]
    assert ran.returncode in (-9, 137)


def test_a_point_that_is_not_armed_does_nothing() -> None:
    crash_point("anywhere")


def test_a_pass_counts_from_one() -> None:
    with pytest.raises(ValueError, match="once or more"):
        arm("here", 0)
