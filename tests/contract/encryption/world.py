"""World: an org whose project encrypts fields, served on a real socket over either database."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import aiohttp
import apsw
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.contract.places import server

from isthmus.assembly import Opened, open_org
from isthmus.kernel.http import HttpServer, Listener
from isthmus.org.api.gateway import Gateway
from isthmus.org.api.rest import ADAPTER
from isthmus.org.org import Org
from isthmus.settings import load

DATA = "/services/data/v65.0"
USERNAME = "ada@example.com"
PROBABILISTIC = "ProbabilisticEncryption"
EXACT = "CaseSensitiveDeterministicEncryption"
FOLDED = "CaseInsensitiveDeterministicEncryption"
_METADATA = "http://soap.sforce.com/2006/04/metadata"
_OBJECT = f"""<CustomObject xmlns="{_METADATA}">
    <label>Patient</label><pluralLabel>Patients</pluralLabel>
    <nameField><label>Patient Name</label><type>Text</type></nameField>
    <deploymentStatus>Deployed</deploymentStatus><sharingModel>ReadWrite</sharingModel>
</CustomObject>"""
_TEXT = "<type>Text</type><length>80</length>"
_KEY = _TEXT + "<externalId>true</externalId><unique>true</unique>"

FIELDS: Mapping[str, tuple[str, str | None]] = {
    "Open__c": (_TEXT, None),
    "Hidden__c": (_TEXT, PROBABILISTIC),
    "Exact__c": (_TEXT, EXACT),
    "Folded__c": (_TEXT, FOLDED),
    "Key__c": (_KEY, FOLDED),
    "Mail__c": ("<type>Email</type>", FOLDED),
    "Story__c": (
        "<type>LongTextArea</type><length>32000</length><visibleLines>3</visibleLines>",
        PROBABILISTIC,
    ),
    "Born__c": ("<type>Date</type>", PROBABILISTIC),
    "Seen__c": ("<type>DateTime</type>", PROBABILISTIC),
    "Card__c": (
        "<type>EncryptedText</type><length>20</length><maskChar>X</maskChar><maskType>creditCard</maskType>",
        None,
    ),
}
"""Of `Patient__c`: the element's inside, and the scheme."""


def write_project(folder: Path, fields: Mapping[str, tuple[str, str | None]] = FIELDS) -> None:
    """An SFDX project that declares `Patient__c`, and encrypts the names and mail addresses of contacts."""
    (folder / "sfdx-project.json").write_text(json.dumps({"packageDirectories": [{"path": "app"}]}))
    patient = folder / "app" / "objects" / "Patient__c"
    (patient / "fields").mkdir(parents=True, exist_ok=True)
    (patient / "Patient__c.object-meta.xml").write_text(_OBJECT)
    for name, (inner, scheme) in fields.items():
        write_field(patient, name, f"<label>{name.removesuffix('__c')}</label>{inner}", scheme)
    contact = folder / "app" / "objects" / "Contact"
    (contact / "fields").mkdir(parents=True, exist_ok=True)
    for name in ("Name", "Email"):
        write_field(contact, name, "", FOLDED)


def write_field(owner: Path, name: str, inner: str, scheme: str | None) -> None:
    encryption = "" if scheme is None else f"<encryptionScheme>{scheme}</encryptionScheme>"
    (owner / "fields" / f"{name}.field-meta.xml").write_text(
        f'<CustomField xmlns="{_METADATA}"><fullName>{name}</fullName>{inner}{encryption}</CustomField>'
    )


@dataclass
class Storage:
    """Where one org is kept: its folder, and `url`, its PostgreSQL database, where it has one."""

    folder: Path
    url: str | None

    @property
    def data(self) -> Path:
        return self.folder / ".isthmus"

    @property
    def key_file(self) -> Path:
        return self.data / "encryption.keys"

    def holds(self, text: str) -> bool:
        """Whether any byte of the database, or of another file of the data folder, is of this text."""
        wanted = text.encode()
        if any(wanted in path.read_bytes() for path in self.data.rglob("*") if path.is_file()):
            return True
        return self.url is not None and _server_holds(self.url, wanted)

    def execute(self, statement: str) -> None:
        """Change the database behind the org's back, which must be closed."""
        if self.url is not None:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute("SET search_path TO isthmus")
                connection.execute(statement.encode())
            return
        file = apsw.Connection(str(self.data / "org.db"))
        file.execute(statement)
        file.close()


def _server_holds(url: str, wanted: bytes) -> bool:
    """Whether any table of the database has it, deleted rows aside: every row is read as text."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, name in tables:
            rows = connection.execute(
                sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(schema, name))
            )
            if any(wanted in str(row[0]).encode() for row in rows):
                return True
    return False


@contextmanager
def storage(kind: str, folder: Path) -> Iterator[Storage]:
    """A place for an org over SQLite or PostgreSQL, with the project in its folder."""
    write_project(folder)
    if kind == "sqlite":
        yield Storage(folder, None)
        return
    where, name = server(), f"encryption_{uuid4().hex[:8]}"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        parts = {key: value for key, value in conninfo_to_dict(where).items() if key != "dbname"}
        options = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in parts.items())
        try:
            yield Storage(folder, f"postgresql:///{name}?{options}")
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@dataclass
class Patients:
    """A running org, and a client that is logged in."""

    opened: Opened
    url: str
    token: str
    client: aiohttp.ClientSession

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        async with self.client.request(
            method,
            f"{self.url}{path if path.startswith('/services') else DATA + path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
        ) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None

    async def create(self, sobject: str, **values: object) -> str:
        status, told = await self.ask("POST", f"/sobjects/{sobject}", values)
        assert status == 201, told
        return str(told["id"])

    async def read(self, sobject: str, record_id: str) -> dict[str, Any]:
        status, told = await self.ask("GET", f"/sobjects/{sobject}/{record_id}")
        assert status == 200, told
        return dict(told)

    async def query(self, soql: str) -> list[dict[str, Any]]:
        status, told = await self.ask("GET", f"/query?q={quote(soql)}")
        assert status == 200, told
        return [{key: each[key] for key in each if key != "attributes"} for each in told["records"]]

    async def refusal(self, soql: str) -> str:
        """The code and the last line of the message with which a query is refused."""
        status, told = await self.ask("GET", f"/query?q={quote(soql)}")
        assert status == 400, told
        return f"{told[0]['errorCode']}: {told[0]['message'].splitlines()[-1]}"


async def _let_view(org: Org) -> None:
    """Give the administrator View Encrypted Data, which no profile of a new org has."""
    user = (await org.identity.open_session(USERNAME)).user
    if (await org.query(user, "SELECT Id FROM PermissionSet WHERE Name = 'Viewer'")).total_size:
        return
    viewer = {"Name": "Viewer", "Label": "Viewer", "PermissionsViewEncryptedData": True}
    [made] = await org.insert(user, "PermissionSet", [viewer])
    assignment = {"PermissionSetId": made.id, "AssigneeId": user.user_id}
    [given] = await org.insert(user, "PermissionSetAssignment", [assignment])
    assert given.success, given.errors


@asynccontextmanager
async def patients(kept: Storage) -> AsyncIterator[Patients]:
    """The org of `kept`, opened and served until the block ends."""
    storage_url = {} if kept.url is None else {"org_storage": kept.url}
    settings = load(kept.folder, environment={}, overrides={"org_username": USERNAME, **storage_url})
    async with open_org(settings) as opened, aiohttp.ClientSession() as client:
        server_of_org = HttpServer(
            Gateway(opened.org, (ADAPTER,), fallback=ADAPTER, my_domain_host="acme.my.salesforce.com"),
            [Listener("127.0.0.1", 0)],
            clock=opened.org.clock,
        )
        [port] = await server_of_org.start()
        try:
            await _let_view(opened.org)
            session = await opened.org.identity.open_session(USERNAME)
            yield Patients(opened, f"http://127.0.0.1:{port}", session.token, client)
        finally:
            await server_of_org.stop(grace=1)
