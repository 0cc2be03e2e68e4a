"""A client in a process of its own, with the environment that it reads: proxies and trusted certificates.

`apart(function, environment, …)` runs a function of a test module in a child and gives back what it returned;
arguments and result are JSON. The child sees the client exactly as a user's script would.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
_TIMEOUT_SECONDS: Final = 120


class ChildFailed(Exception):
    """The function raised; the message is the child's traceback."""


def apart(function: Callable[..., Any], environment: Mapping[str, str], **arguments: Any) -> Any:
    """What `function(**arguments)` returns in a child with `environment` added. Raises ChildFailed."""
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.clients.child", function.__module__, function.__name__],
        cwd=ROOT,
        env=clean | dict(environment),
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise ChildFailed(done.stderr)
    return json.loads(done.stdout)


def main() -> None:
    module, name = sys.argv[1:]
    result = getattr(import_module(module), name)(**json.load(sys.stdin))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
