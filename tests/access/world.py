"""The world of the matrix: an org on the network, its users, and what the clerk has made there."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from tests.access.table import FOLDER, Cell, Request

from isthmus.kernel.clock import HOUR, MINUTE
from isthmus.org.org import Org, SaveOptions
from isthmus.org.schema.instants import datetime_text
from isthmus.org.security.principal import Principal
from isthmus.serving import CONTROL_FILE, serve_org
from isthmus.settings import load
from isthmus.wire.login import ENTERPRISE, PARTNER
from isthmus.wire.soap import write_envelope

PASSWORD: Final = "correct horse battery staple"
_DATA: Final = "/services/data/v65.0/"
_USERS: Final = {
    "allowed": "clerk",
    "other_user": "other",
    "no_api": "no-api",
    "no_object": "no-object",
    "no_field": "no-field",
    "no_record": "other",
}
_SECRET: Final = "secret"
_MOST_RECENT: Final = SaveOptions(update_recent=True)
_NEW: Final = "SELECT Id FROM Invoice__c WHERE Name IN ('new', 'below')"
_HANDSHAKE: Final = (
    '{"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}'
)
_LIMITS: Final = {
    "limits_dailyapirequests": 1_000_000,
    "limits_streamingapiconcurrentclients": 10_000,
    "limits_durablestreamingapiconcurrentclients": 10_000,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and the text."""

    status: int
    text: str

    def problem(self, expected: str, known: Mapping[str, str]) -> str | None:
        """What is not as a cell expects it; None: everything is."""
        status, *parts = expected.split()
        if str(self.status) != status:
            return f"status {self.status}"
        for part in parts:
            wanted, text = part[0] != "!", filled(part.removeprefix("+").removeprefix("!"), known)
            if (text in self.text) != wanted:
                return f"{text} is {'not ' if wanted else ''}there"
        return None


@dataclass(frozen=True, slots=True)
class World:
    """An org that is served. `tokens` are by column of the matrix."""

    org: Org
    url: str
    client: aiohttp.ClientSession
    clerk: Principal
    tokens: Mapping[str, str]
    fixed: Mapping[str, str]

    async def asked(self, cell: Cell) -> tuple[Answer, dict[str, str]]:
        """The answer to a cell's request, and what was made for it."""
        known = await self.made()
        if "{cometd}" in (cell.request.cometd or ""):
            known["cometd"] = await self._shaken(known)
        return await self._send(cell.caller, cell.request, known), known

    async def made(self) -> dict[str, str]:
        """Records and tokens of the clerk's, new for each request, for a request may end them."""
        number = self.org.ids.text(12)
        own, gone, shared = await self._records(number)
        spare = await self.org.identity.open_session(self.clerk.username)
        return {
            **self.fixed,
            "own": own,
            "gone": gone,
            "shared": shared,
            "number": number,
            "shared_number": f"{number}s",
            "spare": spare.token,
            "locator": await self._locator(),
        }

    async def untouched(self, known: Mapping[str, str]) -> str | None:
        """What a request that was denied has done to the clerk's records; None: nothing."""
        for record_id in (known["own"], known["shared"]):
            found = await self.org.query(
                self.clerk, f"SELECT Id FROM Invoice__c WHERE Id = '{record_id}' AND Secret__c = '{_SECRET}'"
            )
            if found.total_size != 1:
                return f"{record_id} is not as it was"
        new = await self.org.query(self.clerk, _NEW)
        return "a record was made" if new.total_size else None

    async def tidy(self) -> None:
        """Remove what an allowed request has made."""
        found = await self.org.query(self.clerk, _NEW)
        await self.org.delete(self.clerk, "Invoice__c", [str(row[0]) for row in found.rows])

    async def _records(self, number: str) -> tuple[str, str, str]:
        records = [
            {"Name": "own", "Number__c": number, "Secret__c": _SECRET},
            {"Name": "gone"},
            {"Name": "shared", "Number__c": f"{number}s", "Secret__c": _SECRET},
        ]
        saved = await self.org.insert(self.clerk, "Invoice__c", records, options=_MOST_RECENT)
        own, gone, shared = [str(each.id) for each in saved]
        await self.org.delete(self.clerk, "Invoice__c", [gone])
        share = {"ParentId": shared, "UserOrGroupId": self.fixed["no_field"], "AccessLevel": "Edit"}
        [result] = await self.org.insert(self.clerk, "Invoice__Share", [share])
        assert result.success, result.errors
        return own, gone, shared

    async def _shaken(self, known: Mapping[str, str]) -> str:
        """A CometD client of the clerk's."""
        hello = await self._send("allowed", Request("POST /cometd/65.0", cometd=_HANDSHAKE), known)
        return str(json.loads(hello.text)[0]["clientId"])

    async def _locator(self) -> str:
        page = await self.org.query(self.clerk, "SELECT Id FROM Account", batch_size=200)
        return str(page.locator)

    async def _send(self, caller: str, request: Request, known: Mapping[str, str]) -> Answer:
        method, _, path = request.ask.partition(" ")
        path, _, query = filled(path, known).partition("?")
        whole = path if path.startswith("/") else _DATA + path
        token = self.tokens.get(caller)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if caller == "allowed":
            token = filled(request.token, known) if request.token else token
            headers |= {name: filled(value, known) for name, value in request.headers.items()}
        data, kind = _body(request, known, token or "")
        url = f"{self.url}{whole}?{quote(query, safe='=&')}" if query else self.url + whole
        async with self.client.request(
            method, url, data=data, headers={**headers, "Content-Type": kind}, allow_redirects=False
        ) as response:
            return Answer(response.status, (await response.read()).decode())


def filled(text: str, known: Mapping[str, str]) -> str:
    """`text` with what `known` has in the place of `{names}`."""
    for name, value in known.items():
        text = text.replace("{" + name + "}", value)
    return text


def _body(request: Request, known: Mapping[str, str], token: str) -> tuple[bytes, str]:
    if request.soap is not None:
        header = f"<SessionHeader><sessionId>{token}</sessionId></SessionHeader>" if token else ""
        namespace = ENTERPRISE if "/c/" in request.ask else PARTNER
        return write_envelope(filled(request.soap, known), namespace, header), "text/xml"
    if request.form is not None:
        parts = (each.partition("=") for each in filled(request.form, known).split("&"))
        return "&".join(f"{n}={quote(v)}" for n, _, v in parts).encode(), "application/x-www-form-urlencoded"
    if request.cometd is not None:
        return f"[{filled(request.cometd, known)}]".encode(), "application/json"
    return filled(request.body or "", known).encode(), "application/json"


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """The project's org, in `folder`."""
    copytree(FOLDER / "project", folder, dirs_exist_ok=True)
    ports = {"server_http": 0, "server_https": -1, "server_gateway": -1}
    settings = load(folder, environment={}, overrides={**_LIMITS, **ports})
    async with serve_org(settings) as served, aiohttp.ClientSession() as client:
        org = served.opened.org
        expired = await org.identity.open_session("clerk@access.example")
        org.clock.advance(3 * HOUR)
        tokens = {"expired": expired.token}
        ids = {}
        for column, name in _USERS.items():
            session = await org.identity.open_session(f"{name}@access.example")
            await org.identity.set_password(session.user.user_id, PASSWORD)
            tokens[column] = session.token
            ids[column] = session.user.user_id
        clerk = await org.identity.authenticate(tokens["allowed"])
        fixed = await _fixed(org, served.opened.founding.organization_id, folder, ids)
        made = World(org, str(served.http), client, clerk, tokens, fixed)
        await org.insert(clerk, "Account", [{"Name": f"account {number}"} for number in range(201)])
        yield made


async def _fixed(org: Org, organization: str, folder: Path, ids: Mapping[str, str]) -> dict[str, str]:
    """What holds for the whole run."""
    app = await org.identity.create_app("matrix")
    control: dict[str, Any] = json.loads((folder / ".isthmus" / CONTROL_FILE).read_text())
    clerk = replace(await _principal(org), user_id=ids["allowed"])
    return {
        "organization": organization,
        "clerk": ids["allowed"],
        "no_field": ids["no_field"],
        "client": app.client_id,
        "secret": str(app.secret),
        "password": PASSWORD,
        "refresh": await org.identity.issue_refresh_token(app.client_id, ids["allowed"]),
        "schema": org.event_schema_of(clerk, "Ping__e").schema_id,
        "control": str(control["token"]),
        "start": quote(datetime_text(org.clock.now() - 10 * MINUTE, "Z")),
        "end": quote(datetime_text(org.clock.now() + 10 * MINUTE, "Z")),
    }


async def _principal(org: Org) -> Principal:
    session = await org.identity.open_session("clerk@access.example")
    return session.user
