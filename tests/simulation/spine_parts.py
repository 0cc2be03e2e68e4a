"""The parts of the spine: org, hub and ERP system, each a process that lives, is killed, and lives again.

A life ends when so many things have been done, some milliseconds later, whatever the part does just then; or
at a crash point next to a commit, which may be one of the part's start. The last life is not ended.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.simulation.org_in_folder import CRASH_POINTS

_DELAY_SECONDS_MAX: Final = 0.08
_DOWN_SECONDS_MAX: Final = 0.4


@dataclass(frozen=True)
class End:
    """How a life ends: `delay` seconds after step `step`, or, where there is a `point`, at one of its passes.
    Then the part is down for `down` seconds.
    """

    step: int
    delay: float
    down: float
    point: str = "-"
    passes: int = 0


def ends(chance: random.Random, steps: int, passes_max: int) -> list[End]:
    """One end or two, at steps from 1 to `steps`; some at a crash point, where there are any passes."""
    made = []
    for step in sorted(chance.randint(1, steps) for _ in range(chance.choice((1, 1, 2)))):
        delay, down = chance.uniform(0, _DELAY_SECONDS_MAX), chance.uniform(0, _DOWN_SECONDS_MAX)
        point, passes = chance.choice(CRASH_POINTS), chance.randint(1, max(1, passes_max))
        crashes = passes_max and chance.random() < 0.4
        made.append(End(step, delay, down, point, passes) if crashes else End(step, delay, down))
    return made


@dataclass
class Part:
    """One of the three. `command` is what runs it, given a crash point and its passes."""

    name: str
    folder: Path
    command: Callable[[str, int], list[str]]
    environment: dict[str, str]
    ends: list[End]
    kills: int = 0
    problems: list[str] = field(default_factory=list)
    _process: "subprocess.Popen[bytes] | None" = None
    _up_at: float = 0.0
    _kill_at: float | None = None

    def tick(self, steps: int, at_rest: bool) -> None:
        """Do what is due after so many steps. An end whose step has not come is due once all is at rest."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._up_at:
                self._start()
        elif self._process.poll() is not None:
            self._buried(now)
        elif self.ends and (at_rest or (steps >= self.ends[0].step and self.ends[0].point == "-")):
            self._kill_at = self._kill_at or now + self.ends[0].delay
            if now >= self._kill_at:
                self._process.kill()

    @property
    def settled(self) -> bool:
        """Whether it is in its last life."""
        return self._process is not None and not self.ends

    def stop(self) -> None:
        """The end of the last life."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def said(self) -> str:
        """The last thing it wrote to its log."""
        lines = self._log.read_text("utf-8", "replace").splitlines() if self._log.exists() else []
        return lines[-1] if lines else "nothing"

    @property
    def _log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def _start(self) -> None:
        end = self.ends[0] if self.ends else None
        command = self.command(end.point, end.passes) if end else self.command("-", 0)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | self.environment
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *command], cwd=self.folder, env=environment, stdout=log, stderr=log
            )

    def _buried(self, now: float) -> None:
        assert self._process is not None
        status = self._process.wait()
        if status == -signal.SIGKILL and self.ends:
            self.kills += 1
            self._up_at = now + self.ends.pop(0).down
        else:
            self.problems.append(f"the {self.name} ended by itself, with {status}: {self.said()}")
            self._up_at = now + _DOWN_SECONDS_MAX
        self._process, self._kill_at = None, None
