"""Salesforce connection and REST sinks: sessions are shared, end, are renewed; what each error means."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from tests.unit.hub.connectors.misbehaving import Misbehaving, answer, hang, misbehaving, reset, running

from isthmus.hub.connectors.salesforce_connection import (
    REFUSED_FOR,
    ClientCredentials,
    LoginFailed,
    OAuthPassword,
    SalesforceConnection,
    SoapLogin,
)
from isthmus.hub.connectors.salesforce_rest import SalesforceUpdateSink, SalesforceUpsertSink
from isthmus.hub.endpoint import Sink, SinkFailed
from isthmus.hub.message import Message
from isthmus.kernel.clock import SECOND, ManualClock
from isthmus.wire.soap import SoapFault, write_fault

pytestmark = pytest.mark.anyio
OPPORTUNITY = "006000000000001AAA"
KEY = ClientCredentials("key", "secret")
EXPIRED = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]


class Platform(Misbehaving):
    """An org that gives out tokens T1, T2, …, and takes those in `valid`."""

    def __init__(self) -> None:
        super().__init__(otherwise=self.behave)
        self.logins = 0
        self.valid = {"T1"}
        self.refusal: Any = None

    async def behave(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/services/oauth2/token":
            await asyncio.sleep(0.01)
            self.logins += 1
            if self.refusal:
                return web.json_response(self.refusal, status=400)
            token = f"T{self.logins}"
            return web.json_response(
                {"access_token": token, "instance_url": self.url, "id": f"{self.url}/id/1/2"}
            )
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.valid:
            return web.json_response(EXPIRED, status=401)
        return web.Response(status=204)

    def used(self) -> list[str]:
        """The tokens of the calls that were not logins, in order."""
        return [
            each.headers["Authorization"].removeprefix("Bearer ")
            for each in self.asked
            if "oauth2" not in each.path
        ]


@asynccontextmanager
async def serving() -> AsyncIterator[Platform]:
    platform = Platform()
    async with running(platform):
        yield platform


def message(session_id: str | None = None, **fields: Any) -> Message:
    headers = {} if session_id is None else {"session_id": session_id}
    return Message("k", {"Id": OPPORTUNITY, **fields}, headers)


async def test_an_update_is_a_patch_of_the_record() -> None:
    async with serving() as platform:
        org = SalesforceConnection(platform.url, KEY)
        sink = SalesforceUpdateSink(org, "Opportunity")
        reply = await sink.send(message(Order_Number__c="E-1"))
        assert reply == {"id": OPPORTUNITY, "success": True}
        asked = platform.asked[-1]
        assert (asked.method, asked.path) == (
            "PATCH",
            f"/services/data/v65.0/sobjects/Opportunity/{OPPORTUNITY}",
        )
        assert asked.json == {"Order_Number__c": "E-1"}
        assert isinstance(sink, Sink)
        assert not sink.exactly_once
        await sink.close()


async def test_an_upsert_names_the_external_id_in_the_path() -> None:
    async with serving() as platform:
        sink = SalesforceUpsertSink(SalesforceConnection(platform.url, KEY), "Order__c", "Ext__c")
        await sink.send(Message("k", {"Ext__c": "A/1 ü", "Name": "x"}))
        assert platform.asked[-1].path == "/services/data/v65.0/sobjects/Order__c/Ext__c/A%2F1%20%C3%BC"
        assert platform.asked[-1].json == {"Name": "x"}
        assert sink.exactly_once
        await sink.close()


async def test_many_at_once_log_in_once() -> None:
    async with serving() as platform:
        sink = SalesforceUpdateSink(SalesforceConnection(platform.url, KEY), "Opportunity")
        await asyncio.gather(*(sink.send(message()) for _ in range(20)))
        assert platform.logins == 1
        await sink.close()


async def test_an_ended_session_is_renewed_once_for_all() -> None:
    async with serving() as platform:
        sink = SalesforceUpdateSink(SalesforceConnection(platform.url, KEY), "Opportunity")
        await sink.send(message())
        platform.valid = {"T2"}
        await asyncio.gather(*(sink.send(message()) for _ in range(20)))
        assert platform.logins == 2
        assert platform.used().count("T2") == 20
        await sink.close()


async def test_the_session_of_the_message_comes_first_and_ours_after_it() -> None:
    async with serving() as platform:
        platform.valid = {"theirs", "T1"}
        sink = SalesforceUpdateSink(SalesforceConnection(platform.url, KEY), "Opportunity")
        await sink.send(message("theirs"))
        await sink.send(message("ended"))
        assert platform.used() == ["theirs", "ended", "T1"]
        own = SalesforceUpdateSink(
            SalesforceConnection(platform.url, KEY), "Opportunity", session_header=None
        )
        platform.valid = {"T2"}
        await own.send(message("theirs"))
        assert platform.used()[-1] == "T2"
        await sink.close()
        await own.close()


async def test_a_hub_without_credentials_lives_on_the_sessions_of_messages() -> None:
    async with serving() as platform:
        platform.valid = {"theirs"}
        sink = SalesforceUpdateSink(SalesforceConnection(platform.url), "Opportunity")
        await sink.send(message("theirs"))
        assert platform.logins == 0
        for lost, told in ((message("ended"), "INVALID_SESSION_ID"), (message(), "no credentials")):
            with pytest.raises(SinkFailed, match=told) as failed:
                await sink.send(lost)
            assert not failed.value.retry  # nobody else's session will come to it
        await sink.close()


async def test_a_session_that_is_refused_even_when_new_is_no_endless_loop() -> None:
    async with serving() as platform:
        platform.valid = set()
        sink = SalesforceUpdateSink(SalesforceConnection(platform.url, KEY), "Opportunity")
        with pytest.raises(SinkFailed, match="INVALID_SESSION_ID") as failed:
            await sink.send(message())
        assert failed.value.retry
        assert platform.used() == ["T1", "T2"]
        await sink.close()


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (400, "REQUIRED_FIELD_MISSING", False),
        (404, "NOT_FOUND", False),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY", False),
        (400, "UNABLE_TO_LOCK_ROW", True),
        (403, "REQUEST_LIMIT_EXCEEDED", True),
        (503, "SERVER_UNAVAILABLE", True),
    ],
)
async def test_the_platforms_error_says_whether_a_retry_helps(status: int, code: str, retry: bool) -> None:
    error = answer(status, [{"errorCode": code, "message": "told so"}], {"Retry-After": "3"})
    async with misbehaving(error) as server:
        sink = SalesforceUpdateSink(SalesforceConnection(server.url), "Opportunity")
        with pytest.raises(SinkFailed, match=f"{code}: told so") as failed:
            await sink.send(message("theirs"))
        assert (failed.value.retry, failed.value.after) == (retry, 3_000)
        await sink.close()


async def test_an_answer_that_is_lost_is_worth_another_try() -> None:
    async with misbehaving(reset, hang, answer(200, "<html>")) as server:
        sink = SalesforceUpdateSink(SalesforceConnection(server.url, seconds=0.2), "Opportunity")
        for reason in ("broke off|can't be reached", "no answer", "without JSON"):
            with pytest.raises(SinkFailed, match=reason) as failed:
                await sink.send(message("theirs"))
            assert failed.value.retry
        await sink.close()


@pytest.mark.parametrize("body", [{}, {"Id": ""}, {"Id": None}, {"Id": True}, [], None])
async def test_a_message_without_its_record_goes_nowhere(body: Any) -> None:
    sink = SalesforceUpdateSink(SalesforceConnection("http://127.0.0.1:1"), "Opportunity")
    with pytest.raises(SinkFailed, match="no Id") as failed:
        await sink.send(Message("k", body))
    assert not failed.value.retry


async def test_a_record_id_cannot_lead_elsewhere() -> None:
    async with serving() as platform:
        platform.valid = {"theirs"}
        sink = SalesforceUpdateSink(SalesforceConnection(platform.url), "Opportunity")
        await sink.send(Message("k", {"Id": "../Account/1?x=y"}, {"session_id": "theirs"}))
        assert platform.asked[-1].path.endswith("/sobjects/Opportunity/..%2FAccount%2F1%3Fx=y")
        await sink.close()


async def test_a_refused_login_is_not_tried_again_for_each_message() -> None:
    async with serving() as platform:
        clock, pause_left = ManualClock(), 0
        sink = SalesforceUpdateSink(SalesforceConnection(platform.url, KEY, clock=clock), "Opportunity")
        platform.refusal = {"error": "invalid_client", "error_description": "invalid client credentials"}
        for logins, pause in ((1, REFUSED_FOR), (2, 2 * REFUSED_FOR)):
            for waited in (0, SECOND, pause - 2 * SECOND):
                clock.advance(waited)
                pause_left = pause if waited == 0 else pause_left - waited
                with pytest.raises(SinkFailed, match="invalid_client") as failed:
                    await sink.send(message())
                assert (failed.value.retry, failed.value.after, platform.logins) == (True, pause_left, logins)
            clock.advance(SECOND)
        platform.refusal, platform.valid = None, {"T3"}
        await sink.send(message())
        await sink.close()


async def test_refused_credentials_are_told_apart_from_an_org_that_is_down() -> None:
    async with serving() as platform:
        clock = ManualClock()
        org = SalesforceConnection(platform.url, KEY, clock=clock)
        platform.refusal = {"error": "invalid_client", "error_description": "invalid client credentials"}
        with pytest.raises(LoginFailed, match="invalid_client") as failed:
            await org.session()
        assert failed.value.refused
        clock.advance(REFUSED_FOR)
        platform.otherwise = answer(503, "down")
        with pytest.raises(LoginFailed, match="503") as failed:
            await org.session()
        assert not failed.value.refused
        platform.otherwise = reset
        with pytest.raises(LoginFailed) as failed:
            await org.session()
        assert not failed.value.refused
        await org.close()


async def test_soap_login_refusals_and_rubbish() -> None:
    fault = SoapFault("sf:INVALID_LOGIN", "INVALID_LOGIN: no", "LoginFault", "INVALID_LOGIN", "no")
    refused = answer(500, write_fault(fault, "urn:fault.partner.soap.sforce.com"), content_type="text/xml")
    async with misbehaving(refused, answer(502, "<html><p>"), answer(200, "<a/>")) as server:
        clock = ManualClock()
        org = SalesforceConnection(server.url, SoapLogin("ada@example.com", "pw"), clock=clock)
        for text, is_refusal in (("INVALID_LOGIN", True), ("502", False), ("200", False)):
            with pytest.raises(LoginFailed, match=text) as failed:
                await org.session()
            assert failed.value.refused is is_refusal
            clock.advance(REFUSED_FOR)
        assert b"<username>ada@example.com</username>" in server.asked[0].body
        await org.close()


async def test_nothing_shows_a_secret() -> None:
    for credentials in (KEY, SoapLogin("ada", "secret"), OAuthPassword("id", "secret", "ada", "secret")):
        org = SalesforceConnection("https://user:secret@acme.my.salesforce.com", credentials)
        sink = SalesforceUpdateSink(org, "Opportunity")
        assert "secret" not in org.describe() + repr(credentials) + sink.describe() + sink.name


async def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="url is"):
        SalesforceConnection("acme.my.salesforce.com")
