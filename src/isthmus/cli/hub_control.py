"""How a command reaches the running hub: through its control routes, never through its files."""

import http.client
import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

from isthmus.cli.control import read_control

CONTROL_FILE: Final = "hub-control.json"
_TIMEOUT_SECONDS: Final = 60


def hub_runs_on(data: Path) -> bool:
    """Whether a hub has said that it runs there."""
    return (data / CONTROL_FILE).is_file()


def ask_hub(data: Path, method: str, path: str, body: object = None) -> Any:
    """What the running hub answers. Raises ClickException where none runs, or it refuses."""
    control = read_control(
        data / CONTROL_FILE,
        f"No hub runs on {data}. Start one with `isthmus hub run FILE`, or name its data folder with --data.",
    )
    address = urlsplit(control["url"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(
            method,
            f"/isthmus/hub/{path}",
            body=None if body is None else json.dumps(body),
            headers={"X-Isthmus-Control": control["token"]},
        )
        response = connection.getresponse()
        status, answer = response.status, json.loads(response.read())
    except OSError as error:
        raise click.ClickException(
            f"The hub at {control['url']} does not answer ({error}). If it was killed, start it again."
        ) from error
    except (ValueError, http.client.HTTPException):
        raise click.ClickException(f"What answers at {control['url']} is no Isthmus hub.") from None
    finally:
        connection.close()
    if status >= 300:
        raise click.ClickException(str(answer.get("message", answer)))
    return answer
