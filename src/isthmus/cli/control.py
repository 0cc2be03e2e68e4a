"""How a command reaches the running org: through its control routes, never through its files."""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

CONTROL_FILE: Final = "control.json"
_TIMEOUT_SECONDS: Final = 60


def ask(data: Path, method: str, path: str, body: object = None) -> Any:
    """What the running org answers. Raises ClickException where no org runs, or it refuses."""
    control = where(data)
    address = urlsplit(control["url"])
    connection = _connect(address.scheme, address.hostname or "", address.port, control["certificate"])
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
    return _told(response.status, answer, control["url"])


def runs_on(data: Path) -> bool:
    """Whether an org has said that it runs there."""
    return (data / CONTROL_FILE).is_file()


def where(data: Path) -> Any:
    """What the running org has told of itself: `url`, `https` (None where it is left out), `token`,
    `certificate`. Raises ClickException where no org runs.
    """
    return read_control(
        data / CONTROL_FILE,
        f"No org runs on {data}. Start one with `isthmus up`, or name its data folder with --data.",
    )


def read_control(file: Path, otherwise: str) -> Any:
    """What a running program has told of itself in `file`.

    Raises ClickException: `otherwise`, where there is none, or why it can't be read.
    """
    try:
        return json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise click.ClickException(otherwise) from None
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file} can't be read: {error}") from error


def _connect(scheme: str, host: str, port: int | None, certificate: str) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
    trusted = ssl.create_default_context(cafile=certificate)
    return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_SECONDS, context=trusted)


def _told(status: int, answer: bytes, url: str) -> Any:
    """What the answer says. Raises ClickException where it is a refusal, or not one of an org's."""
    try:
        decoded = json.loads(answer)
        refusal = decoded[0]["message"] if status >= 300 else None
    except (ValueError, LookupError, TypeError):
        raise click.ClickException(f"What answers at {url} is no Isthmus org ({status}).") from None
    if refusal is not None:
        raise click.ClickException(refusal)
    return decoded
