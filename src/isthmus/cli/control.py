"""How a command reaches a running org or hub: through its control routes, never through its files."""

import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

_TIMEOUT_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Program:
    """What can be asked: `control_file` tells where it is, `start` how it is started."""

    name: str
    control_file: str
    path: str
    start: str

    def runs_on(self, data: Path) -> bool:
        """Whether one has said that it runs there."""
        return (data / self.control_file).is_file()

    def where(self, data: Path) -> Any:
        """What the running program has told of itself. Raises ClickException where none runs."""
        file = data / self.control_file
        try:
            return json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            raise click.ClickException(
                f"No {self.name} runs on {data}. Start one with `{self.start}`, or name its data folder with "
                "--data."
            ) from None
        except (OSError, ValueError) as error:
            raise click.ClickException(f"{file} can't be read: {error}") from error

    def ask(self, data: Path, method: str, path: str, body: object = None) -> Any:
        """What the running program answers. Raises ClickException where none runs, or it refuses."""
        control = self.where(data)
        connection = _connect(control)
        try:
            connection.request(
                method,
                self.path + path,
                body=None if body is None else json.dumps(body),
                headers={"X-Isthmus-Control": control["token"]},
            )
            response = connection.getresponse()
            status, answer = response.status, response.read()
        except OSError as error:
            raise click.ClickException(
                f"The {self.name} at {control['url']} does not answer ({error}). If it was killed, start it "
                "again."
            ) from error
        except http.client.HTTPException:
            raise click.ClickException(self._stranger(control["url"], "no HTTP")) from None
        finally:
            connection.close()
        return self._told(status, answer, control["url"])

    def _told(self, status: int, answer: bytes, url: str) -> Any:
        """What the answer says. Raises ClickException where it is a refusal, or not one of this program's."""
        try:
            decoded = json.loads(answer)
            refusal = None
            if status >= 300:
                refusal = (decoded[0] if isinstance(decoded, list) else decoded)["message"]
        except (ValueError, LookupError, TypeError):
            raise click.ClickException(self._stranger(url, status)) from None
        if refusal is not None:
            raise click.ClickException(refusal)
        return decoded

    def _stranger(self, url: str, answered: object) -> str:
        return f"What answers at {url} is no Isthmus {self.name} ({answered})."


ORG: Final = Program("org", "control.json", "/isthmus/control/", "isthmus up")


def ask(data: Path, method: str, path: str, body: object = None) -> Any:
    """What the running org answers. Raises ClickException where no org runs, or it refuses."""
    return ORG.ask(data, method, path, body)


def where(data: Path) -> Any:
    """What the running org has told of itself: `url`, `https` (None where it is left out), `token`,
    `certificate`. Raises ClickException where no org runs.
    """
    return ORG.where(data)


def _connect(control: Any) -> http.client.HTTPConnection:
    address = urlsplit(control["url"])
    host, port = address.hostname or "", address.port
    if address.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
    trusted = ssl.create_default_context(cafile=control["certificate"])
    return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_SECONDS, context=trusted)
