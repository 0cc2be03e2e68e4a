"""The org killed: clients create and update accounts over REST while the whole org is killed, over and
over.

The moment is either after so many acknowledgements, whatever the org does just then, or at a crash point
next to a commit, which may be one of the org's start. After each kill the org is started again on the same
data, and asked for everything that any client was ever told.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from typing import Final

from tests.simulation.org_client import OrgClient, Told, work
from tests.simulation.outcome import Outcome

ACKNOWLEDGED_MAX: Final = 150
PASSES_MAX: Final = 100
_POINTS: Final = ("database.before_commit", "database.after_commit")
_ROOT: Final = Path(__file__).parents[2]
_SETTINGS: Final = "[limits]\nDailyApiRequests = 10000000\n"
_ARGUMENTS: Final = (
    "org",
    "--port",
    "0",
    "--https-port",
    "-1",
    "--gateway-port",
    "-1",
    "--json",
    "--data",
    "data",
)


class _Org:
    """The org of one folder, started again and again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        (folder / "isthmus.toml").write_text(_SETTINGS, "utf-8")
        assert self.start()
        assert self.credentials
        self.stop()

    def start(self, point: str = "-", passes: int = 0) -> bool:
        """False where it died before it was ready."""
        command = [sys.executable, "-m", "tests.simulation.org_process", point, str(passes), *_ARGUMENTS]
        environment = os.environ | {"PYTHONPATH": str(_ROOT)}
        self._process = subprocess.Popen(
            command, cwd=self._folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            return False
        told: dict[str, str] = json.loads(line)
        self.url = told["http"]
        if "client_id" in told:
            self.credentials = told
        return True

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()

    def wait(self) -> str:
        """What it wrote to standard error, when it has ended."""
        assert self._process is not None
        return self._process.communicate()[1].decode()

    def stop(self) -> None:
        """The orderly end."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self.wait()
        assert self._process.returncode == 0


def run(folder: Path, seeds: range) -> Iterator[Outcome]:
    """One kill a seed, all on one org in the empty `folder`."""
    org, told = _Org(folder), Told()
    for seed in seeds:
        before = told.acknowledged
        moment = _run_and_kill(org, told, seed)
        if not org.start():
            yield Outcome("org", seed, moment, 0, [f"the org does not start again: {org.wait()}"])
            return
        with closing(OrgClient(org.url)) as client:
            client.log_in(org.credentials)
            problems = told.differences(client.accounts())
        org.stop()
        yield Outcome("org", seed, moment, told.acknowledged - before, problems)


def _run_and_kill(org: _Org, told: Told, seed: int) -> str:
    chance = random.Random(seed)
    point = chance.choice((None, *_POINTS))
    if point is not None:
        passes = chance.randint(1, PASSES_MAX)
        moment = f"at pass {passes} of {point}"
        if not org.start(point, passes):
            org.wait()
            return f"{moment}, starting"
        _drive(org, told, seed, chance.choice((1, 4, 16)), None)
        return moment
    count = chance.randint(1, ACKNOWLEDGED_MAX)
    assert org.start()
    _drive(org, told, seed, chance.choice((1, 4, 16)), told.acknowledged + count)
    return f"after {count} acknowledgements"


def _drive(org: _Org, told: Told, seed: int, clients: int, kill_at: int | None) -> None:
    """Let clients work until the org is dead."""
    with closing(OrgClient(org.url)) as client:
        try:
            client.log_in(org.credentials)
        except (OSError, HTTPException):
            org.wait()
            return
    told.at(kill_at, org.kill)
    threads = [
        threading.Thread(target=work, args=(org.url, client.token, told, f"{seed}.{n}", seed * 100 + n))
        for n in range(clients)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    org.wait()
