"""Does the whole org start, keep what it was told, and answer its owner?"""

import asyncio
import json
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
from structlog.testing import capture_logs

from isthmus.assembly import first_user, open_org
from isthmus.kernel.database import Transaction
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.org.org import Column
from isthmus.org.provision import Credentials, administrator, renew_credentials
from isthmus.serving import CONTROL_FILE, Serving, serve_org
from isthmus.settings import Settings, load

T = TypeVar("T")


def settings_in(folder: Path, **overrides: object) -> Settings:
    """Settings of an org under `folder`, on free ports."""
    ports = {"server_http": 0, "server_https": 0, "server_gateway": 0}
    return load(folder, environment={}, overrides={**ports, **overrides})


def served(settings: Settings, work: Callable[[Serving, aiohttp.ClientSession], Awaitable[Any]]) -> Any:
    """What `work` returns, done to a served org."""

    async def run() -> Any:
        async with serve_org(settings) as serving, aiohttp.ClientSession() as client:
            return await work(serving, client)

    return asyncio.run(run())


async def control(
    settings: Settings, client: aiohttp.ClientSession, method: str, path: str, body: object = None
) -> tuple[int, Any]:
    """An owner's question to the running org."""
    told = json.loads((settings.data / CONTROL_FILE).read_text())
    async with client.request(
        method,
        f"{told['url']}/isthmus/control/{path}",
        data=None if body is None else json.dumps(body),
        headers={"X-Isthmus-Control": told["token"]},
    ) as response:
        return response.status, await response.json(content_type=None)


def test_a_new_org_tells_its_logins_once(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def credentials() -> object:
        async with open_org(settings) as opened:
            return opened.credentials

    assert asyncio.run(credentials()) is not None
    assert asyncio.run(credentials()) is None


def test_a_foundation_that_was_interrupted_is_finished_with_new_logins(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def logins() -> Credentials | None:
        async with open_org(settings) as opened:
            return opened.credentials

    def interrupt(tx: Transaction) -> int:
        tx.execute('UPDATE "isthmus_org" SET "provisioned" = 0')
        return len(tx.rows('SELECT "client_id" FROM "isthmus_apps"'))

    first, apps_before = asyncio.run(logins()), in_database(settings, interrupt)
    second, apps_after = asyncio.run(logins()), in_database(settings, interrupt)
    assert first is not None
    assert second is not None
    assert (first.client_id, apps_before, apps_after) == (second.client_id, 1, 1)
    assert first.password != second.password


def test_users_of_an_older_database_can_be_frozen(tmp_path: Path) -> None:
    """Before UserLogin was kept, nobody had one."""
    settings = settings_in(tmp_path)

    async def start() -> None:
        async with open_org(settings):
            pass

    def logins(tx: Transaction) -> list[tuple[object, ...]]:
        users = 'SELECT u."Username", l."IsFrozen", l."IsPasswordLocked" FROM "User" u '
        return list(tx.rows(users + 'LEFT JOIN "UserLogin" l ON l."UserId" = u."Id"'))

    def forget(tx: Transaction) -> None:
        tx.execute('DELETE FROM "UserLogin"')

    asyncio.run(start())
    before = in_database(settings, logins)
    in_database(settings, forget)
    asyncio.run(start())
    assert in_database(settings, logins) == before
    assert [each[1:] for each in before] == [(0, 0)]


def in_database(settings: Settings, work: Callable[[Transaction], T]) -> T:
    """What `work` makes of the database of an org that does not run."""
    database = SqliteDatabase(settings.data / "org.db")
    try:
        return database.write(work).result()
    finally:
        database.close()


def test_lost_logins_are_renewed(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def renew(serving: Serving, client: aiohttp.ClientSession) -> list[int]:
        before = serving.opened.credentials
        assert before is not None
        _, after = await control(settings, client, "POST", "credentials")
        statuses = []
        for password, secret in (
            (before.password, before.client_secret),
            (after["password"], after["client_secret"]),
        ):
            form = {
                "grant_type": "password",
                "username": before.username,
                "password": password,
                "client_id": before.client_id,
                "client_secret": str(secret),
            }
            async with client.post(f"{serving.http}/services/oauth2/token", data=form) as response:
                statuses.append(response.status)
        return statuses

    assert served(settings, renew) == [400, 200]


def test_a_lost_key_is_told_at_the_start_until_a_new_secret_is_made(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def started(renew: bool = False) -> list[str]:
        with capture_logs() as logs:
            async with open_org(settings) as opened:
                if renew:
                    await renew_credentials(opened.org, opened.founding)
        return [each["client_id"] for each in logs if "sealed with another seal.key" in each["event"]]

    assert asyncio.run(started()) == []
    (settings.data / "seal.key").unlink()
    [told] = asyncio.run(started(renew=True))
    assert told.startswith("3MVG9")
    assert asyncio.run(started()) == []


def test_new_credentials_are_told_and_the_first_are_not(tmp_path: Path) -> None:
    async def run() -> list[tuple[object, ...]]:
        async with open_org(settings_in(tmp_path)) as opened:
            who = (await opened.org.identity.open_session("admin@isthmus.example")).user
            trail = "SELECT Action, Display FROM SetupAuditTrail ORDER BY Id"
            assert (await opened.org.query(who, trail)).rows == []
            await renew_credentials(opened.org, opened.founding)
            found = await opened.org.query(who, trail)
            places = [each.index for each in found.shape.items if isinstance(each, Column)]
            return [tuple(row[place] for place in places) for row in found.rows]

    [password, secret] = asyncio.run(run())
    assert password[0] == "resetpassword"
    assert str(password[1]).startswith("Reset password for user ")
    assert secret == (
        "changeApplicationConsumerSecret",
        "Changed consumer secret of connected app Isthmus",
    )


@pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")
def test_nobody_else_may_look_into_the_data_folder(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def start() -> None:
        async with open_org(settings):
            pass

    asyncio.run(start())
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700


def test_a_new_org_has_what_a_user_expects(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def totals() -> dict[str, int]:
        async with open_org(settings) as opened:
            first = await opened.org.identity.open_session(settings.org.username)
            names = ("Organization", "User", "Profile", "Pricebook2", "OpportunityStage", "CaseStatus")
            return {
                name: (await opened.org.query(first.user, f"SELECT Id FROM {name}")).total_size
                for name in names
            }

    assert asyncio.run(totals()) == {
        "Organization": 1,
        "User": 1,
        "Profile": 5,
        "Pricebook2": 1,
        "OpportunityStage": 10,
        "CaseStatus": 4,
    }


def test_the_clock_keeps_its_offset_over_a_restart(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def advance(_: Serving, client: aiohttp.ClientSession) -> int:
        answer = (await control(settings, client, "POST", "clock", {"advance": 86_400_000}))[1]
        return int(answer["offset"])

    async def show(_: Serving, client: aiohttp.ClientSession) -> int:
        answer = (await control(settings, client, "GET", "clock"))[1]
        return int(answer["offset"])

    assert served(settings, advance) >= 86_400_000
    assert served(settings, show) >= 86_400_000


def test_a_session_from_the_command_line_calls_the_api_until_the_clock_ends_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def statuses(serving: Serving, client: aiohttp.ClientSession) -> list[int]:
        _, login = await control(settings, client, "POST", "login", {})
        bearer = {"Authorization": f"Bearer {login['access_token']}"}
        url = f"{serving.http}/services/data/v65.0/limits"
        seen = []
        for pause in (0, 3 * 3_600_000):
            await control(settings, client, "POST", "clock", {"advance": pause})
            async with client.get(url, headers=bearer) as response:
                seen.append(response.status)
        return seen

    assert served(settings, statuses) == [200, 401]


def test_a_reset_removes_records_and_keeps_users(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def totals(serving: Serving, client: aiohttp.ClientSession) -> list[int]:
        org, founding = serving.opened.org, serving.opened.founding
        who = (await org.identity.open_session(settings.org.username)).user
        assert who.user_id == founding.user_id
        await org.insert(who, "Account", [{"Name": "Acme"}])
        status, _ = await control(settings, client, "POST", "reset")
        assert status == 200
        return [(await org.query(who, f"SELECT Id FROM {each}")).total_size for each in ("Account", "User")]

    assert served(settings, totals) == [0, 1]


def test_an_administrator_asks_what_other_users_may_do(tmp_path: Path) -> None:
    profiles = {"ada@example.com": "Standard User", "bob@example.com": "Read Only"}
    (tmp_path / "isthmus.toml").write_text(
        "".join(f'[[users]]\nusername = "{each}"\nprofile = "{profiles[each]}"\n' for each in profiles)
    )

    async def told() -> list[object]:
        async with open_org(settings_in(tmp_path)) as opened:
            org = opened.org
            who = (await org.identity.open_session("admin@isthmus.example")).user
            [made] = await org.insert(who, "Account", [{"Name": "Acme"}])
            others = [(await org.identity.open_session(each)).user.user_id for each in profiles]
            levels: list[object] = []
            for user in (who.user_id, *others, "005000000000001AAA"):
                found = await org.query(
                    who,
                    "SELECT RecordId, MaxAccessLevel FROM UserRecordAccess "
                    f"WHERE UserId = '{user}' AND RecordId = '{made.id}'",
                )
                level = found.shape.items[1]
                assert isinstance(level, Column)
                levels += [row[level.index] for row in found.rows]
            return levels

    assert asyncio.run(told()) == ["All", "Edit", "Read", "None"]


def test_control_refuses_what_it_does_not_understand(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def ask(_: Serving, client: aiohttp.ClientSession) -> list[tuple[int, Any]]:
        return [
            await control(settings, client, "POST", "clock", {"advance": -1}),
            await control(settings, client, "POST", "clock", {"advance": "x"}),
            await control(settings, client, "POST", "clock", {"advance": 10**15}),
            await control(settings, client, "GET", "clock"),
        ]

    *refused, (status, clock) = served(settings, ask)
    assert [(each, answer[0]["errorCode"]) for each, answer in refused] == [(400, "BAD_REQUEST")] * 3
    assert (status, clock["offset"] < 1_000) == (200, True)


def test_what_the_command_line_asks_in_vain_is_told_in_its_own_words(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def ask(serving: Serving, client: aiohttp.ClientSession) -> list[tuple[int, str]]:
        nobody = {"username": "nobody@example.com"}
        asked = [
            await control(settings, client, "POST", "login", nobody),
            await control(settings, client, "POST", "cli-login", nobody),
            await control(settings, client, "GET", "requests?status=9x"),
        ]
        return [(status, answer[0]["message"]) for status, answer in asked]

    assert served(settings, ask) == [
        (400, "There is no user 'nobody@example.com'."),
        (400, "There is no user 'nobody@example.com'."),
        (400, "A status is one like 404, or 4xx; not '9x'."),
    ]


def test_control_is_not_there_for_who_has_not_the_token(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def ask(serving: Serving, client: aiohttp.ClientSession) -> int:
        async with client.post(f"{serving.http}/isthmus/control/reset") as response:
            return response.status

    assert served(settings, ask) == 404


def test_the_administrator_is_the_first_user(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, org_username="ada@example.com")

    async def names() -> tuple[str, str]:
        async with open_org(settings) as opened:
            session = await opened.org.identity.open_session("ada@example.com")
            return session.user.user_id, administrator(opened.founding, first_user(settings)).user_id

    one, other = asyncio.run(names())
    assert one == other


def test_a_project_is_reloaded_while_the_org_runs(tmp_path: Path) -> None:
    objects = tmp_path / "force-app" / "objects"
    (tmp_path / "sfdx-project.json").write_text('{"packageDirectories": [{"path": "force-app"}]}')
    fields = objects / "Account" / "fields"
    fields.mkdir(parents=True)
    settings = settings_in(tmp_path)

    def declare(name: str, kind: str) -> None:
        (fields / f"{name}.field-meta.xml").write_text(
            f'<CustomField xmlns="http://soap.sforce.com/2006/04/metadata"><fullName>{name}</fullName>'
            f"<label>{name}</label><type>{kind}</type></CustomField>"
        )

    async def reload(serving: Serving, client: aiohttp.ClientSession) -> None:
        async def until(condition: Callable[[], bool]) -> None:
            async with asyncio.timeout(30):
                while not condition():
                    await control(settings, client, "POST", "clock", {"advance": 1_000})

        def has(name: str) -> bool:
            return serving.opened.org.schema["Account"].field(name) is not None

        with capture_logs() as logs:
            declare("Good__c", "Date")
            await until(lambda: has("Good__c"))
            declare("Bad__c", "Nonsense")
            declare("Late__c", "Date")
            await until(lambda: any(each["event"] == "the project is not reloaded" for each in logs))
            assert not has("Late__c")
            (fields / "Bad__c.field-meta.xml").unlink()
            await until(lambda: has("Late__c"))

    served(settings, reload)
