"""Does a flow that is edited run at once, and a broken one leave those in force that were?"""

import asyncio
from pathlib import Path

import aiohttp
from structlog.testing import capture_logs
from tests.unit.org.automation.flow_xml import create, document, start
from tests.unit.test_assembly import served, settings_in

from isthmus.assembly import first_user
from isthmus.definition import base_objects
from isthmus.org.schema.sfdx.project import load_project
from isthmus.reload import Reload
from isthmus.serving import Serving


def project_in(folder: Path) -> Path:
    """A project; the file of its flow."""
    (folder / "sfdx-project.json").write_text('{"packageDirectories": [{"path": "app"}]}')
    (folder / "app/flows").mkdir(parents=True)
    return folder / "app/flows/Win.flow-meta.xml"


def contact(title: str) -> str:
    """A flow that makes a contact for each new account."""
    fields = {"LastName": "ref:$Record.Name", "Title": title, "Description": "ref:$Api.Session_ID"}
    made = create("Make", "Contact", AccountId="ref:$Record.Id", **fields)
    return document(start("Make", on="Account"), made)


class Client:
    """What a client of a served org does."""

    def __init__(self, serving: Serving, http: aiohttp.ClientSession, token: str) -> None:
        self._data = f"{serving.http}/services/data/v65.0"
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    async def new_account(self, name: str) -> tuple[int, list[object]]:
        """Make an account: the status, and the titles and descriptions of the contacts it has."""
        made = self._http.post(f"{self._data}/sobjects/Account", json={"Name": name}, headers=self._headers)
        async with made as response:
            status = response.status
        query = f"SELECT Title, Description FROM Contact WHERE LastName = '{name}'"
        asked = self._http.get(f"{self._data}/query", params={"q": query}, headers=self._headers)
        async with asked as response:
            rows = (await response.json())["records"]
        return status, [(each["Title"], each["Description"]) for each in rows]


def test_a_reload_exchanges_the_flows_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    file = project_in(tmp_path)
    file.write_text(contact("one"))
    settings = settings_in(tmp_path)

    async def run(serving: Serving, http: aiohttp.ClientSession) -> None:
        opened = serving.opened
        session = await opened.org.identity.open_session(settings.org.username)
        client = Client(serving, http, session.token)
        reload = Reload(opened.org, opened.schemas, opened.founding, first_user(settings), opened.automation)

        async def reloaded(text: str) -> list[str]:
            file.write_text(text)
            with capture_logs() as logs:
                await reload.changed(load_project(tmp_path, base_objects(settings)))
            return [f"{each['event']} {each.get('problem', '')}".strip() for each in logs]

        assert await client.new_account("A") == (201, [("one", session.token)])
        assert await reloaded(contact("two")) == ["the project is reloaded"]
        assert await client.new_account("B") == (201, [("two", session.token)])
        [broken] = await reloaded(document(start("Nowhere", on="Account")))
        assert broken.startswith(
            "the project is not reloaded app/flows/Win.flow-meta.xml:6: error: Flow Win: there is no element"
        )
        assert await client.new_account("C") == (201, [("two", session.token)])
        gap, done = await reloaded(document(start("Make", on="Account", trigger="Scheduled")))
        assert gap.startswith("a flow is not run app/flows/Win.flow-meta.xml:6: warning: Flow Win: not run:")
        assert done == "the project is reloaded"
        assert await client.new_account("D") == (201, [])

    served(settings, run)


def test_a_flow_that_is_not_run_is_said_at_the_start(tmp_path: Path) -> None:
    project_in(tmp_path).write_text(document(start("Make", on="Account", trigger="Scheduled")))

    async def run(serving: Serving, _: aiohttp.ClientSession) -> None:
        await asyncio.sleep(0)
        assert serving.opened.automation.flows == ()

    with capture_logs() as logs:
        served(settings_in(tmp_path), run)
    assert "a flow is not run" in [each["event"] for each in logs]
