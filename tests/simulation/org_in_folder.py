"""An org of one folder, as a process of its own that is started and killed, again and again."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

CRASH_POINTS: Final = ("database.before_commit", "database.after_commit")
_SETTINGS: Final = (
    "[limits]\nDailyApiRequests = 10000000\n"
    "HourlyPublishedPlatformEvents = 10000000\nDailyDeliveredPlatformEvents = 10000000\n"
)
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


class OrgInFolder:
    """The org of one folder. `credentials` are those that it has shown last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.credentials: dict[str, str] = {}
        (folder / "isthmus.toml").write_text(_SETTINGS, "utf-8")

    def start(self, point: str = "-", passes: int = 0) -> bool:
        """Start it, to die at a crash point if one is given; False where it died before it was ready."""
        command = [sys.executable, "-m", "tests.simulation.org_process", point, str(passes), *_ARGUMENTS]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
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
        """As from outside, whatever it does just then; `wait` waits for its end."""
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
