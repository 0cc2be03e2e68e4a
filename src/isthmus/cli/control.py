"""How a command reaches the running org: through its control routes, never through its files."""

import http.client
import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

CONTROL_FILE: Final = "control.json"
_TIMEOUT_SECONDS: Final = 60


def ask(data: Path, method: str, path: str, body: object = None) -> Any:
    """What the running org answers. Raises ClickException where no org runs, or it refuses."""
    file = data / CONTROL_FILE
    try:
        control = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise click.ClickException(
            f"No org runs on {data}. Start one with `isthmus up`, or name its data folder with --data."
        ) from None
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file} can't be read: {error}") from error
    address = urlsplit(control["url"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(
            method,
            f"/isthmus/control/{path}",
            body=None if body is None else json.dumps(body),
            headers={"X-Isthmus-Control": control["token"]},
        )
        response = connection.getresponse()
        answer = response.read()
    except OSError as error:
        raise click.ClickException(
            f"The org at {control['url']} does not answer ({error}). If it was killed, start it again."
        ) from error
    finally:
        connection.close()
    decoded = json.loads(answer) if answer else None
    if response.status >= 300:
        raise click.ClickException(
            decoded[0]["message"] if decoded else f"The org answered {response.status}."
        )
    return decoded
