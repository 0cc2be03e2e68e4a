"""Peers that run on Node, installed once, as their lock file says."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.cores import CAN_PIN, ROOT, server_core
from bench.servers import DidNotStart

_INSTALLED: Final = ROOT / ".tools" / "bench"
_INSTALL_SECONDS: Final = 300


class PeerMissing(Exception):
    """A peer can't be installed here; the message says why."""


@contextmanager
def node_peer(name: str, *arguments: str) -> Iterator[tuple[int, int]]:
    """`bench/peers/NAME/server.js` on the server's core, until the block ends; its port and process id.

    Raises PeerMissing.
    """
    folder = _install(name)
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            ["node", "server.js", *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        if CAN_PIN and sys.platform == "linux":
            import os

            os.sched_setaffinity(process.pid, server_core())
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                errors.seek(0)
                raise DidNotStart(errors.read())
            yield int(line), process.pid
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()


def _install(name: str) -> Path:
    """The peer's folder, with what it needs."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise PeerMissing("node and npm are not installed")
    folder = _INSTALLED / name
    source = Path(__file__).parent / "peers" / name
    wanted = (source / "package-lock.json").read_text("utf-8")
    done = folder / "installed.json"
    shutil.copytree(source, folder, dirs_exist_ok=True)
    if not done.exists() or done.read_text("utf-8") != wanted:
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        ran = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
        if ran.returncode:
            raise PeerMissing(f"npm ci failed: {ran.stderr.strip()}")
        done.write_text(wanted, "utf-8")
    return folder
