"""An org with a platform event, of which clients hear over CometD, and whose clock a test may move."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from tests.conformance.local_org import LocalOrg, running_org

EVENT: Final = "Low_Ink__e"
CHANNEL: Final = f"/event/{EVENT}"
_METADATA: Final = "http://soap.sforce.com/2006/04/metadata"
_FILES: Final = {
    "sfdx-project.json": '{"packageDirectories": [{"path": "app"}]}',
    f"app/objects/{EVENT}/{EVENT}.object-meta.xml": f"""<CustomObject xmlns="{_METADATA}">
        <label>Low Ink</label><pluralLabel>Low Ink</pluralLabel><deploymentStatus>Deployed</deploymentStatus>
        <eventType>HighVolume</eventType><publishBehavior>PublishAfterCommit</publishBehavior>
    </CustomObject>""",
    f"app/objects/{EVENT}/fields/Printer__c.field-meta.xml": f"""<CustomField xmlns="{_METADATA}">
        <fullName>Printer__c</fullName><label>Printer</label><type>Text</type><length>20</length>
    </CustomField>""",
}


@dataclass(frozen=True, slots=True)
class EventsOrg:
    """A running org, and where its data is."""

    org: LocalOrg
    data: Path

    @property
    def login(self) -> dict[str, str]:
        """What a client needs to get in by OAuth with user name and password."""
        org = self.org
        names = ("http", "username", "password", "client_id", "client_secret")
        return {name: getattr(org, name) for name in names}

    def advance(self, span: str) -> None:
        """Move the org's clock forward, as its owner does."""
        command = [sys.executable, "-m", "isthmus", "clock", "advance", span, "--data", str(self.data)]
        subprocess.run(command, cwd=self.data.parent, check=True, capture_output=True)


@contextmanager
def events_org(folder: Path) -> Iterator[EventsOrg]:
    """A new org with the event, in `folder`, until the block ends."""
    project = folder / "project"
    for name, text in _FILES.items():
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    with running_org(folder, project=project) as org:
        yield EventsOrg(org, folder / "data")


async def token_of(login: dict[str, str]) -> str:
    """A new access token."""
    form = {
        "grant_type": "password",
        "client_id": login["client_id"],
        "client_secret": login["client_secret"],
        "username": login["username"],
        "password": login["password"],
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{login['http']}/services/oauth2/token", data=form) as answer,
    ):
        return str((await answer.json())["access_token"])


async def publish(login: dict[str, str], *printers: str) -> None:
    """Publish an event for each of the printers over REST, one after the other."""
    url = f"{login['http']}/services/data/v65.0/sobjects/{EVENT}"
    headers = {"Authorization": f"Bearer {await token_of(login)}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for printer in printers:
            async with session.post(url, json={"Printer__c": printer}) as answer:
                assert answer.status == 201, await answer.text()


def printer(message: dict[str, Any]) -> str:
    """The printer that an event is about."""
    assert message["channel"] == CHANNEL
    return str(message["data"]["payload"]["Printer__c"])


def replay_id(message: dict[str, Any]) -> int:
    """The event's replay id."""
    return int(message["data"]["event"]["replayId"])
