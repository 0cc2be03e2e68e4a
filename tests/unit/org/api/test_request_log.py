"""The request log: what it keeps of a request and what never, its bounds, what it knows after a restart."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner
from tests.unit.test_assembly import settings_in

from isthmus.cli import main
from isthmus.kernel.clock import ManualClock, ticks
from isthmus.org.api.request_log import FILE, OLDER, RequestLog
from isthmus.serving import Serving, serve_org
from isthmus.wire.login import LoginRequest, write_login

SECRET = "a-password-nobody-may-read"


def note(log: RequestLog, path: str = "/services/data", status: int = 200, answer: bytes = b"{}") -> None:
    log.note(ticks(), "ada@example.com", "GET", path, 65, b"curl/8.5", status, answer)


def test_a_request_is_kept_with_what_is_to_be_known_of_it(tmp_path: Path) -> None:
    clock = ManualClock()
    log = RequestLog(tmp_path, clock)
    log.note(
        ticks(),
        "ada@example.com",
        "POST",
        "/a\x1b[2J",
        65,
        b"client=Loader/1.0; x",
        404,
        b'[{"errorCode":"NOT_FOUND"}]',
    )
    [kept] = log.recent()
    assert (kept.time, kept.user, kept.method, kept.path) == (
        clock.now(),
        "ada@example.com",
        "POST",
        "/a\ufffd[2J",
    )
    assert (kept.status, kept.error, kept.client, kept.api_version) == (404, "NOT_FOUND", "Loader/1.0", 65)
    assert kept.bytes == 27


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/services/data/v65.0/sobjects/Patient__c/Key__c/DE89%203704", "Patient__c/Key__c/…"),
        ("/services/data/v65.0/sobjects/Patient__c/Key__c/K/1", "Patient__c/Key__c/…"),
        ("/services/data/v65.0/sobjects/Account/001000000000001AAA/Contacts", "001000000000001AAA/Contacts"),
        ("/services/data/v65.0/sobjects/Account/describe/layouts", "Account/describe/layouts"),
        ("/services/data/v65.0/sobjects/Account/001000000000001", "Account/001000000000001"),
    ],
)
def test_an_external_ids_value_is_not_kept(tmp_path: Path, path: str, kept: str) -> None:
    log = RequestLog(tmp_path, ManualClock())
    note(log, path=path)
    log.write(log.take())
    assert log.recent()[0].path.endswith(kept)
    assert "DE89" not in (tmp_path / FILE).read_text("utf-8")


def test_each_wires_error_is_found_by_its_code(tmp_path: Path) -> None:
    log = RequestLog(tmp_path, ManualClock())
    for answer in (
        b'[{"message":"x","errorCode":"INVALID_FIELD"}]',
        b"<soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode>",
        b'{"error":"invalid_grant","error_description":"authentication failure"}',
        b"<html>",
    ):
        note(log, status=400, answer=answer)
    assert [each.error for each in log.recent()] == ["INVALID_FIELD", "INVALID_LOGIN", "invalid_grant", None]


def test_requests_are_chosen_by_user_status_and_number(tmp_path: Path) -> None:
    log = RequestLog(tmp_path, ManualClock())
    for status in (200, 404, 400, 500):
        note(log, status=status)
    assert [each.status for each in log.recent(status="4xx")] == [404, 400]
    assert [each.status for each in log.recent(status="500")] == [500]
    assert [each.number for each in log.recent(after=2)] == [3, 4]
    assert [each.number for each in log.recent(limit=1)] == [4]
    assert log.recent(user="bob@example.com") == []
    assert len(log.recent(user="ADA@example.com")) == 4


def test_memory_and_disk_are_bounded_and_a_restart_knows_the_last(tmp_path: Path) -> None:
    log = RequestLog(tmp_path, ManualClock(), kept=50, file_bytes=2_000)
    for number in range(200):
        note(log, path=f"/{number}")
        if number % 5 == 0:
            log.write(log.take())
    log.write(log.take())
    assert len(log.recent()) == 50
    assert max((tmp_path / each).stat().st_size for each in (FILE, OLDER)) <= 2_000
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    again = RequestLog(tmp_path, ManualClock(), kept=50, file_bytes=2_000)
    note(again, path="/new")
    assert [each.path for each in again.recent(limit=2)] == ["/199", "/new"]
    assert again.recent(limit=1)[0].number == 201


def test_what_comes_faster_than_it_is_written_pushes_the_oldest_out(tmp_path: Path) -> None:
    log = RequestLog(tmp_path, ManualClock(), kept=10)
    for number in range(25):
        note(log, path=f"/{number}")
    log.write(log.take())
    assert [each.path for each in RequestLog(tmp_path, ManualClock()).recent()] == [
        f"/{number}" for number in range(15, 25)
    ]
    assert not log.take()


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    log = RequestLog(tmp_path, ManualClock())
    note(log)
    log.write(log.take())
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"number":2,"ti')
    again = RequestLog(tmp_path, ManualClock())
    note(again)
    again.write(again.take())
    assert [each.number for each in RequestLog(tmp_path, ManualClock()).recent()] == [1, 2]


async def _ask(serving: Serving) -> str:
    url = serving.http or ""
    org = serving.opened.org
    username = serving.opened.credentials.username if serving.opened.credentials else ""
    session = await org.identity.open_session(username)
    headers = {"Authorization": f"Bearer {session.token}", "Sforce-Call-Options": "client=Tests/1.0"}
    async with aiohttp.ClientSession() as client:
        query = {"q": f"SELECT Id FROM User WHERE LastName = '{SECRET}'"}
        await client.get(f"{url}/services/data/v65.0/query", params=query, headers=headers)
        await client.get(f"{url}/services/data/v65.0/sobjects/Nothing", headers=headers)
        form = {"grant_type": "password", "client_id": "x", "username": username, "password": SECRET}
        await client.post(f"{url}/services/oauth2/token", data=form)
        await client.get(f"{url}/services/oauth2/userinfo", params={"access_token": session.token})
        login = write_login(LoginRequest(username, SECRET))
        await client.post(f"{url}/services/Soap/u/64.0", data=login)
    return session.token


def test_the_command_prints_it_and_no_secret_is_kept(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def run() -> tuple[str, list[str]]:
        async with serve_org(settings) as serving:
            token = await _ask(serving)
            log = ["log", "--data", str(settings.data)]
            outputs = []
            for arguments in ([], ["--json"], ["--status", "4xx", "--json"]):
                found = await asyncio.to_thread(CliRunner().invoke, main, [*log, *arguments])
                outputs.append(found.output)
            return token, outputs

    token, [lines, objects, failed] = asyncio.run(run())
    kept = [json.loads(line) for line in objects.splitlines()]
    assert [(each["status"], each["path"].rsplit("/", 1)[1]) for each in kept] == [
        (200, "query"),
        (404, "Nothing"),
        (400, "token"),
        (200, "userinfo"),
        (500, "64.0"),
    ]
    assert [each.get("error") for each in kept] == [
        None,
        "NOT_FOUND",
        "invalid_client_id",
        None,
        "INVALID_LOGIN",
    ]
    assert kept[0]["client"] == "Tests/1.0"
    assert len(lines.splitlines()) == 5
    assert len(failed.splitlines()) == 2
    written = (settings.data / FILE).read_text("utf-8")
    assert len(written.splitlines()) == 5
    for each in (SECRET, token):
        assert each not in written + objects
