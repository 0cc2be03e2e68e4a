"""Doors: an org behind the real request chain, asked in process as a server would ask it."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.types import Message
from tests.contract.places import Place
from tests.unit.org.security.people import ORGANIZATION, People, people

from isthmus.kernel.ids import Ids
from isthmus.kernel.journal import Journal
from isthmus.org.api.gateway import Gateway
from isthmus.org.api.oauth.adapter import OAUTH
from isthmus.org.api.soap.adapter import SOAP
from isthmus.org.org.facade import Org
from isthmus.org.query.engine import QueryEngine
from isthmus.org.security.options import IdentityOptions

MY_DOMAIN: Final = "acme.my.salesforce.com"
OPTIONS: Final = IdentityOptions()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Doors:
    """An org and its gateway."""

    people: People
    gateway: Gateway
    org: Org
    host: str = field(default="localhost:8080")

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, str] = b"",
        *,
        host: str | None = None,
        query: Mapping[str, str] | None = None,
        **headers: str,
    ) -> Answer:
        """One request; a mapping as body is a form. Header names are written with `_` for `-`."""
        data = body if isinstance(body, bytes) else urlencode(body).encode()
        name = host or self.host
        given = {"host": name, "content-length": str(len(data)), **headers}
        scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "https" if name.endswith("salesforce.com") else "http",
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": urlencode(query or {}).encode(),
            "headers": [
                (key.replace("_", "-").lower().encode(), value.encode()) for key, value in given.items()
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8080),
        }
        return asyncio.run(self._ask(scope, data))

    async def _ask(self, scope: dict[str, Any], data: bytes) -> Answer:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": data, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.gateway(scope, receive, send)
        start = sent[0]
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], headers, b"".join(each.get("body", b"") for each in sent[1:]))


@contextmanager
def doors(
    place: Place, options: IdentityOptions = OPTIONS, limits: Mapping[str, int] | None = None
) -> Iterator[Doors]:
    """An org with Ada and Bob behind its gateway."""
    database, immediate = place.open(), place.open_immediate()
    with people(database, options) as who:
        ids = Ids()
        org = Org(
            organization_id=ORGANIZATION,
            database=database,
            journal=Journal(database, immediate),
            schemas=who.schemas,
            queries=QueryEngine(who.clock, ids),
            identity=who.identity,
            clock=who.clock,
            ids=ids,
            limits=limits,
        )
        yield Doors(who, Gateway(org, (OAUTH, SOAP), fallback=OAUTH, my_domain_host=MY_DOMAIN), org)
