"""The hub's connectors meet our org as they would meet any other: over the wire."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import pytest
from tests.conformance.local_org import LocalOrg, running_org

from isthmus.hub.connectors.salesforce_cometd import CometdSource
from isthmus.hub.connectors.salesforce_connection import (
    ClientCredentials,
    OAuthPassword,
    SalesforceConnection,
    SoapLogin,
)
from isthmus.hub.connectors.salesforce_rest import SalesforceUpdateSink, SalesforceUpsertSink
from isthmus.hub.endpoint import SinkFailed, SourceFailed
from isthmus.hub.message import Message

TELECOM: Final = Path(__file__).parents[2] / "examples" / "telecom"
CHANNEL: Final = "/event/Order_Request__e"
TIMEOUT_SECONDS: Final = 60
DEAL: Final = {"StageName": "Prospecting", "CloseDate": "2026-12-31"}


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalOrg]:
    with running_org(tmp_path_factory.mktemp("hub"), project=TELECOM) as org:
        yield org


def by_app(org: LocalOrg) -> SalesforceConnection:
    return SalesforceConnection(org.http, ClientCredentials(org.client_id, org.client_secret))


async def post(org: LocalOrg, path: str, token: str, **values: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{org.http}/services/data/v65.0/{path}"
    async with aiohttp.ClientSession(headers=headers) as session, session.post(url, json=values) as answer:
        assert answer.status == 201, await answer.text()
        return await answer.json()


async def publish(org: LocalOrg, token: str, *numbers: int) -> None:
    for number in numbers:
        await post(org, "sobjects/Order_Request__e", token, Opportunity_Id__c=str(number))


class Inbox:
    """What a source delivers, and the position it stands at."""

    def __init__(self, position: str | None = None) -> None:
        self.position = position
        self.messages: list[Message] = []
        self._came = asyncio.Event()

    async def deliver(self, messages: Sequence[Message], position: str) -> None:
        self.messages += messages
        self.position = position
        self._came.set()

    def numbers(self) -> list[int]:
        return [int(each.body["Opportunity_Id__c"]) for each in self.messages]

    async def read(self, source: CometdSource, count: int) -> None:
        """Run the source until there are so many messages. Raises SourceFailed."""
        task = asyncio.create_task(source.run(self.position, self.deliver))
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while len(self.messages) < count and not task.done():
                    self._came.clear()
                    came = asyncio.ensure_future(self._came.wait())
                    await asyncio.wait((task, came), return_when=asyncio.FIRST_COMPLETED)
                    came.cancel()
        finally:
            task.cancel()
            try:
                with suppress(asyncio.CancelledError):
                    await task
            finally:
                await source.close()


def test_the_source_resumes_without_a_hole_or_a_double(org: LocalOrg) -> None:
    async def run() -> None:
        inbox = Inbox()
        await publish(org, org.token, 1, 2, 3)
        await inbox.read(CometdSource(by_app(org), CHANNEL), 3)
        await publish(org, org.token, 4, 5)
        again = Inbox(inbox.position)
        reading = asyncio.create_task(again.read(CometdSource(by_app(org), CHANNEL), 3))
        await publish(org, org.token, 6)
        await reading
        assert inbox.numbers() + again.numbers() == [1, 2, 3, 4, 5, 6]
        keys = {each.key for each in inbox.messages + again.messages}
        assert len(keys) == 6
        assert all(len(key) == 36 for key in keys), "an EventUuid"

    asyncio.run(run())


def test_a_channel_that_is_not_there_stops_the_source_with_the_orgs_words(org: LocalOrg) -> None:
    inbox = Inbox()
    with pytest.raises(SourceFailed, match="doesn't exist"):
        asyncio.run(inbox.read(CometdSource(by_app(org), "/event/Nonesuch__e"), 1))


def test_refused_credentials_stop_the_source(org: LocalOrg) -> None:
    wrong = SalesforceConnection(org.http, ClientCredentials(org.client_id, "wrong"))
    with pytest.raises(SourceFailed, match="refused the login"):
        asyncio.run(Inbox().read(CometdSource(wrong, CHANNEL), 1))


def test_a_position_older_than_what_is_retained_is_the_documented_error(tmp_path: Path) -> None:
    async def run(org: LocalOrg) -> None:
        inbox = Inbox()
        await publish(org, org.token, 1)
        connection = by_app(org)
        await inbox.read(CometdSource(connection, CHANNEL), 1)
        await publish(org, org.token, 2)
        await asyncio.to_thread(advance, tmp_path / "data", "73h")
        token = (await connection.renew(await connection.session())).token
        await publish(org, token, 3)
        with pytest.raises(SourceFailed, match="no longer retained"):
            await inbox.read(CometdSource(connection, CHANNEL), 2)
        going_on = CometdSource(connection, CHANNEL, on_lost_position="all_retained")
        await inbox.read(going_on, 2)
        assert inbox.numbers() == [1, 3]

    with running_org(tmp_path, project=TELECOM) as org:
        asyncio.run(run(org))


def advance(data: Path, span: str) -> None:
    command = [sys.executable, "-m", "isthmus", "clock", "advance", span, "--data", str(data)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize("login", ["client credentials", "OAuth password", "SOAP"])
def test_each_way_to_log_in_may_write(org: LocalOrg, login: str) -> None:
    credentials: Any = {
        "client credentials": ClientCredentials(org.client_id, org.client_secret),
        "OAuth password": OAuthPassword(org.client_id, org.client_secret, org.username, org.password),
        "SOAP": SoapLogin(org.username, org.password),
    }[login]

    async def run(sink: SalesforceUpdateSink) -> None:
        made = await post(org, "sobjects/Opportunity", org.token, Name=login, **DEAL)
        reply = await sink.send(Message("k", {"Id": made["id"], "Order_Status__c": "Created"}))
        assert reply == {"id": made["id"], "success": True}
        assert await value(org, made["id"], "Order_Status__c") == "Created"

    sending(lambda: SalesforceUpdateSink(SalesforceConnection(org.http, credentials), "Opportunity"), run)


def test_a_messages_session_is_used_while_it_lives_and_ours_after_that(org: LocalOrg) -> None:
    async def run(sink: SalesforceUpdateSink) -> None:
        made = await post(org, "sobjects/Opportunity", org.token, Name="Session", **DEAL)
        user = SalesforceConnection(org.http, SoapLogin(org.username, org.password))
        session = await user.session()
        await user.close()

        def callback(number: str) -> Message:
            return Message("k", {"Id": made["id"], "Order_Number__c": number}, {"session_id": session.token})

        await sink.send(callback("S-1"))
        assert await value(org, made["id"], "Order_Number__c") == "S-1"
        async with aiohttp.ClientSession() as client:
            form = urlencode({"token": session.token})
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            revoke = f"{org.http}/services/oauth2/revoke"
            async with client.post(revoke, data=form, headers=headers) as answer:
                assert answer.status == 200
        with pytest.raises(SinkFailed, match="INVALID_SESSION_ID"):
            await sink.send(callback("S-2"))
        own = SalesforceUpdateSink(by_app(org), "Opportunity")
        await own.send(callback("S-2"))
        await own.close()
        assert await value(org, made["id"], "Order_Number__c") == "S-2"

    sending(lambda: SalesforceUpdateSink(SalesforceConnection(org.http), "Opportunity"), run)


def test_an_upsert_that_is_sent_twice_makes_one_record(org: LocalOrg) -> None:
    async def run(sink: SalesforceUpsertSink) -> None:
        message = Message("k", {"Order_Number__c": "U/1 ü", "Name": "Upserted", **DEAL})
        first, second = await sink.send(message), await sink.send(message)
        assert first["id"] == second["id"]
        assert (first["created"], second["created"]) == (True, False)

    sending(lambda: SalesforceUpsertSink(by_app(org), "Opportunity", "Order_Number__c"), run)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"Id": "006000000000001AAA", "Order_Number__c": "x"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"Id": "nonesuch", "Order_Number__c": "x"}, "MALFORMED_ID|NOT_FOUND"),
    ],
)
def test_what_the_org_refuses_for_good_is_not_worth_a_retry(org: LocalOrg, body: Any, error: str) -> None:
    async def run(sink: SalesforceUpdateSink) -> None:
        with pytest.raises(SinkFailed, match=error) as failed:
            await sink.send(Message("k", body))
        assert not failed.value.retry

    sending(lambda: SalesforceUpdateSink(by_app(org), "Opportunity"), run)


def sending(make: Callable[[], Any], run: Callable[[Any], Awaitable[None]]) -> None:
    """Run with a sink, which is closed at the end."""

    async def whole() -> None:
        sink = make()
        try:
            await run(sink)
        finally:
            await sink.close()

    asyncio.run(whole())


async def value(org: LocalOrg, record: str, field: str) -> Any:
    connection = by_app(org)
    answer = await connection.ask("GET", f"/sobjects/Opportunity/{record}?{urlencode({'fields': field})}")
    await connection.close()
    return answer.json()[field]
