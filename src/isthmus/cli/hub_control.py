"""How a command reaches the running hub."""

from pathlib import Path
from typing import Any, Final

from isthmus.cli.control import Program

HUB: Final = Program("hub", "hub-control.json", "/isthmus/hub/", "isthmus hub run FILE")


def ask_hub(data: Path, method: str, path: str, body: object = None) -> Any:
    """What the running hub answers. Raises ClickException where none runs, or it refuses."""
    return HUB.ask(data, method, path, body)
