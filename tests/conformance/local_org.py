"""A local org for tests: `isthmus org` in a process of its own, asked where it listens."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parent / "project"
_STOP_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class LocalOrg:
    """Where the org is, and how one gets in. `password` has the security token appended."""

    http: str
    https: str
    gateway: str
    ca_bundle: str
    username: str
    password: str
    client_id: str
    client_secret: str
    token: str
    process_id: int


class DidNotStart(Exception):
    """The org ended before it was ready; the message is what it said."""


@contextmanager
def running_org(folder: Path, *, project: Path | None = PROJECT, **settings: str) -> Iterator[LocalOrg]:
    """A new org with its data in `folder`, until the block ends. Raises DidNotStart.

    `settings` are those of the environment without their prefix: `org_time_zone="Asia/Tokyo"`.
    """
    environment = dict(os.environ) | {f"ISTHMUS_{name.upper()}": value for name, value in settings.items()}
    data = folder / "data"
    command = [sys.executable, "-m", "isthmus", "org", "--json", "--data", str(data)]
    command += ["--port", "0", "--https-port", "0", "--gateway-port", "0"]
    command += ["--project", str(project)] if project else []
    log = folder / "org.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise DidNotStart(log.read_text())
            yield _local_org(json.loads(line), _token(data, folder, environment), process.pid)
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)
            if process.stdout is not None:
                process.stdout.close()


def _token(data: Path, folder: Path, environment: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "isthmus", "login", "--token-only", "--data", str(data)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DidNotStart(done.stderr)
    return done.stdout.strip()


def _local_org(told: Mapping[str, str], token: str, process_id: int) -> LocalOrg:
    return LocalOrg(
        http=told["http"],
        https=told["https"],
        gateway=told["gateway"],
        ca_bundle=told["ca_bundle"],
        username=told["username"],
        password=told["password"] + told["security_token"],
        client_id=told["client_id"],
        client_secret=told["client_secret"],
        token=token,
        process_id=process_id,
    )
