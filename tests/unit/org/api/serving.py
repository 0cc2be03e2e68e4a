"""Serving: an org with the standard objects and one of its own, behind the gateway on a real socket."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from isthmus.assembly import open_org
from isthmus.kernel.clock import ManualClock
from isthmus.kernel.http import HttpServer, Listener
from isthmus.org.api.gateway import Gateway
from isthmus.org.api.rest import ADAPTER
from isthmus.org.api.routing import Adapter
from isthmus.org.org import Org
from isthmus.settings import load

MY_DOMAIN = "acme.my.salesforce.com"
USERNAME = "ada@example.com"

_METADATA = "http://soap.sforce.com/2006/04/metadata"
_ORDER = """<CustomObject xmlns="{metadata}">
    <label>Order</label><pluralLabel>Orders</pluralLabel>
    <nameField><label>Order Name</label><type>Text</type></nameField>
    <deploymentStatus>Deployed</deploymentStatus><sharingModel>ReadWrite</sharingModel>
</CustomObject>"""
_FIELDS = {
    "Ext__c": "<type>Text</type><length>20</length><externalId>true</externalId><unique>true</unique>",
    "Key__c": "<type>Text</type><length>20</length><externalId>true</externalId>",
    "Amount__c": "<type>Number</type><precision>10</precision><scale>2</scale>",
    "Due__c": "<type>Date</type>",
    "Paid__c": "<type>Checkbox</type><defaultValue>false</defaultValue>",
    "Note__c": "<type>LongTextArea</type><length>32000</length><visibleLines>3</visibleLines>",
    "Account__c": "<type>Lookup</type><referenceTo>Account</referenceTo>"
    "<relationshipName>Orders</relationshipName>",
}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    content_type: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The one error's code."""
        [error] = self.json
        return str(error["errorCode"])

    @property
    def message(self) -> str:
        """The one error's message."""
        [error] = self.json
        return str(error["message"])


@dataclass
class Served:
    """A running org, and a client of it that is logged in."""

    org: Org
    clock: ManualClock
    url: str
    token: str
    user_id: str
    client: aiohttp.ClientSession
    data: str = field(default="/services/data/v65.0")

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask with the session's token; paths but for `/services…` and `/odd…` are under
        `/services/data/v65.0`.

        A header that is empty is not sent. Lists and dicts are sent as JSON, bytes and text as they are.
        """
        whole = path if path.lower().startswith(("/services", "/odd")) else self.data + path
        text = json.dumps(body).encode() if isinstance(body, dict | list) else body
        sent = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        kept = {name: value for name, value in sent.items() if value}
        async with self.client.request(
            method, self.url + whole, data=text, headers=kept, allow_redirects=False
        ) as response:
            return Answer(response.status, response.headers, await response.read(), response.content_type)

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.ask("GET", path, headers=headers)

    async def create(self, sobject: str, **values: object) -> str:
        """A new record's id."""
        answer = await self.ask("POST", f"/sobjects/{sobject}", values)
        assert answer.status == 201, answer.body
        return str(answer.json["id"])


def write_project(folder: Path) -> None:
    """An SFDX project that declares `Order__c`."""
    (folder / "sfdx-project.json").write_text(json.dumps({"packageDirectories": [{"path": "app"}]}))
    order = folder / "app" / "objects" / "Order__c"
    (order / "fields").mkdir(parents=True)
    (order / "Order__c.object-meta.xml").write_text(_ORDER.format(metadata=_METADATA))
    for name, inner in _FIELDS.items():
        label = name.removesuffix("__c")
        (order / "fields" / f"{name}.field-meta.xml").write_text(
            f'<CustomField xmlns="{_METADATA}"><fullName>{name}</fullName><label>{label}</label>{inner}'
            "</CustomField>"
        )


@asynccontextmanager
async def serving(
    folder: Path,
    adapters: Sequence[Adapter] = (ADAPTER,),
    *,
    allowed_hosts: Sequence[str] = (),
    limits: Mapping[str, int] | None = None,
) -> AsyncIterator[Served]:
    """An org in `folder`, with a user who is logged in."""
    write_project(folder)
    clock = ManualClock()
    daily = {f"limits_{name}": value for name, value in (limits or {}).items()}
    settings = load(folder, environment={}, overrides={"org_username": USERNAME, "org_seed": 1, **daily})
    async with open_org(settings, clock=clock) as opened, aiohttp.ClientSession() as client:
        org = opened.org
        gateway = Gateway(
            org, adapters, fallback=ADAPTER, my_domain_host=MY_DOMAIN, allowed_hosts=allowed_hosts
        )
        server = HttpServer(gateway, [Listener("127.0.0.1", 0)], clock=clock)
        [port] = await server.start()
        try:
            session = await org.identity.open_session(USERNAME)
            user_id = opened.founding.user_id
            yield Served(org, clock, f"http://127.0.0.1:{port}", session.token, user_id, client)
        finally:
            await server.stop(grace=1)
