"""The parts of the spine: org, hub and ERP system, each a process that lives, is killed, and lives again.

A life ends when so many things have been done, some milliseconds later, whatever the part does just then; or
at a crash point next to a commit, which may be one of the part's start. The last life is not ended.

Each life is a process that is forked from a server which has loaded what all need: most of a life of a few
seconds would else go into loading. What the process does is what its command does.
"""

import importlib
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

from tests.simulation.org_in_folder import CRASH_POINTS

_LOADED: Final = (
    "isthmus.cli",
    "isthmus.serving",
    "isthmus.hub.hub_file",
    "isthmus.hub.serving",
    "isthmus.hub.connectors.http",
    "isthmus.hub.connectors.salesforce_cometd",
    "isthmus.hub.connectors.salesforce_rest",
)
_server: Final = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(list(_LOADED))
_guard: Final = threading.Lock()
"""Starting a process asks all others how they are, and an end can be read once."""
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


def ends(chance: random.Random, steps: range, passes_max: int) -> list[End]:
    """One end or two, each at one of `steps`; some at a crash point, where there are any passes."""
    made = []
    for step in sorted(chance.choices(steps, k=chance.choice((1, 1, 2)))):
        delay, down = chance.uniform(0, _DELAY_SECONDS_MAX), chance.uniform(0, _DOWN_SECONDS_MAX)
        point, passes = chance.choice(CRASH_POINTS), chance.randint(1, max(1, passes_max))
        crashes = passes_max and chance.random() < 0.4
        made.append(End(step, delay, down, point, passes) if crashes else End(step, delay, down))
    return made


@dataclass
class Part:
    """One of the three. `command` names, given a crash point and its passes, the module whose `main` is run,
    and that one's arguments.
    """

    name: str
    folder: Path
    command: Callable[[str, int], list[str]]
    environment: dict[str, str]
    ends: list[End]
    kills: int = 0
    problem: str | None = None
    """That it has ended by itself."""
    _process: ForkServerProcess | None = None
    _up_at: float = 0.0
    _kill_at: float | None = None

    def tick(self, steps: int, at_rest: bool) -> None:
        """Do what is due after so many steps. An end whose step has not come is due once all is at rest."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._up_at and self.problem is None:
                self._start()
        elif (status := _status(self._process)) is not None:
            self._note_end(status, now)
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
            wait([self._process.sentinel])
            _status(self._process)

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
        given = (self.folder, self._log, self.environment, *command)
        process = _server.Process(target=_live, args=given, daemon=True)
        with _guard:
            process.start()
        self._process = process

    def _note_end(self, status: int, now: float) -> None:
        if status == -signal.SIGKILL and self.ends:
            self.kills += 1
            self._up_at = now + self.ends.pop(0).down
        else:
            self.problem = f"the {self.name} ended by itself, with {status}: {self.said()}"
        self._process, self._kill_at = None, None


def _status(process: ForkServerProcess) -> int | None:
    """With what it has ended; None: it lives."""
    with _guard:
        return process.exitcode


def _live(folder: Path, log: Path, environment: dict[str, str], module: str, *arguments: str) -> None:
    """In the new process: be the part."""
    os.chdir(folder)
    os.environ.update(environment)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(written, 1)
    os.dup2(written, 2)
    importlib.import_module(module).main(list(arguments))
