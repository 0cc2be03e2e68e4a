"""Does a served org stay up, whatever goes wrong in the background, and can its owner always reach it?"""

import asyncio
import json
from pathlib import Path

import aiohttp
from click.testing import CliRunner, Result
from structlog.testing import capture_logs
from tests.unit.test_assembly import served, settings_in

from isthmus.assembly import first_user, open_org
from isthmus.cli import main
from isthmus.definition import base_objects
from isthmus.kernel.certificates import LocalAuthority
from isthmus.kernel.clock import HOUR, SECOND, ManualClock
from isthmus.kernel.tasks import Tasks
from isthmus.org.schema.sfdx.project import load_project
from isthmus.org.security.sharing import work
from isthmus.reload import Reload
from isthmus.serving import CONTROL_FILE, Serving, keep_sharing, keep_up

XMLNS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'


def test_upkeep_goes_on_after_a_failure(tmp_path: Path) -> None:
    clock = ManualClock()
    settings = settings_in(tmp_path)

    async def run() -> None:
        async with open_org(settings, clock=clock) as opened, Tasks() as tasks:
            authority = LocalAuthority(settings.data / "ca", clock)
            (settings.data / "ca").write_text("in the way")
            with capture_logs() as logs:
                upkeep = tasks.start(keep_up(opened.org, authority, tasks), name="upkeep")
                async with asyncio.timeout(20):
                    while len(logs) < 2:
                        clock.advance(HOUR)
                        await asyncio.sleep(0.01)
                    assert not upkeep.done()
                    (settings.data / "ca").unlink()
                    while not authority.certificate.is_file():
                        clock.advance(HOUR)
                        await asyncio.sleep(0.01)

    asyncio.run(run())


def test_sharing_that_is_behind_is_caught_up_with(tmp_path: Path) -> None:
    clock = ManualClock()

    async def run() -> list[str]:
        async with open_org(settings_in(tmp_path), clock=clock) as opened, Tasks() as tasks:
            put = opened.org._database.write(lambda tx: work.put(tx, opened.founding.user_id, work.GRANTEES))
            await asyncio.wrap_future(put)
            with capture_logs() as logs:
                tasks.start(keep_sharing(opened.org, tasks), name="sharing")
                async with asyncio.timeout(20):
                    while len(logs) < 2:
                        clock.advance(SECOND)
                        await asyncio.sleep(0.01)
            assert await opened.org.settle_sharing() == 0
            return [each["event"] for each in logs]

    assert asyncio.run(run()) == [
        "sharing is behind: until it is recalculated, what it was holds",
        "sharing is as it should be",
    ]


def test_a_reload_that_its_records_refuse_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "sfdx-project.json").write_text('{"packageDirectories": [{"path": "app"}]}')
    account = tmp_path / "app/objects/Account"
    for folder in ("fields", "recordTypes"):
        (account / folder).mkdir(parents=True)
    field, record_type = (
        account / "fields/New__c.field-meta.xml",
        account / "recordTypes/Big.recordType-meta.xml",
    )
    settings = settings_in(tmp_path)

    async def reload(label: str) -> tuple[list[str], bool]:
        async with open_org(settings) as opened:
            reload = Reload(
                opened.org, opened.schemas, opened.founding, first_user(settings), opened.automation
            )
            field.write_text(
                f"<CustomField {XMLNS}><fullName>New__c</fullName><label>New</label>"
                "<type>Date</type></CustomField>"
            )
            record_type.write_text(
                f"<RecordType {XMLNS}><fullName>Big</fullName><active>true</active>"
                f"<label>{label}</label></RecordType>"
            )
            with capture_logs() as logs:
                await reload.changed(load_project(tmp_path, base_objects(settings)))
            has_field = opened.org.schema["Account"].field("New__c") is not None
            return [each["event"] for each in logs], has_field

    assert asyncio.run(reload("x" * 300)) == (["the project is not reloaded"], False)
    record_type.unlink()
    field.unlink()
    assert asyncio.run(reload("Big")) == (["the project is reloaded"], True)


def test_an_org_without_http_is_reached_over_https(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, server_http=-1)

    async def login(serving: Serving, _: aiohttp.ClientSession) -> Result:
        assert serving.http is None
        told = ["login", "--token-only", "--data", str(settings.data)]
        return await asyncio.to_thread(CliRunner().invoke, main, told)

    result = served(settings, login)
    assert result.exit_code == 0, result.output
    assert "!" in result.output


def test_the_auth_url_of_the_sf_cli_leads_to_https_with_a_token_that_is_good(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def login(serving: Serving, client: aiohttp.ClientSession) -> tuple[str, str | None, int]:
        told = ["login", "--sfdx-url", "--data", str(settings.data)]
        result = await asyncio.to_thread(CliRunner().invoke, main, told)
        token, _, host = result.output.strip().removeprefix("force://PlatformCLI::").partition("@")
        form = {"grant_type": "refresh_token", "client_id": "PlatformCLI", "refresh_token": token}
        async with client.post(f"{serving.http}/services/oauth2/token", data=form) as response:
            return host, serving.https, response.status

    host, https, status = served(settings, login)
    assert (f"https://{host}", status) == (https, 200)


def test_a_log_without_a_line_says_so(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def log(serving: Serving, _: aiohttp.ClientSession) -> Result:
        told = ["log", "--user", "nobody", "--status", "4xx", "--data", str(settings.data)]
        return await asyncio.to_thread(CliRunner().invoke, main, told)

    result = served(settings, log)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No request of nobody with the status 4xx is kept.\n"


def test_without_https_there_is_no_auth_url(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, server_https=-1)

    async def login(serving: Serving, _: aiohttp.ClientSession) -> Result:
        told = ["login", "--sfdx-url", "--data", str(settings.data)]
        return await asyncio.to_thread(CliRunner().invoke, main, told)

    result = served(settings, login)
    assert result.exit_code == 1
    assert "--https-port" in result.output


def test_what_the_org_does_is_counted(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def count(serving: Serving, client: aiohttp.ClientSession) -> str:
        told = json.loads((settings.data / CONTROL_FILE).read_text())
        url = f"{serving.http}/isthmus/control/metrics"
        async with client.get(url, headers={"X-Isthmus-Control": told["token"]}) as response:
            return await response.text()

    text = served(settings, count)
    assert 'isthmus_api_calls{what="maximum"} 15000.0' in text
    assert "isthmus_database" in text
