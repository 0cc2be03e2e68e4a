"""CometD source: does it go on after whatever the org does, from where it was, and stop where it must?"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from tests.unit.hub.connectors.misbehaving import Misbehaving, answer, break_off, reset, running

from isthmus.hub.connectors.salesforce_cometd import PAUSE_MAX, PAUSE_MIN, CometdSource
from isthmus.hub.connectors.salesforce_connection import ClientCredentials, SalesforceConnection
from isthmus.hub.endpoint import Condition, Source, SourceFailed
from isthmus.hub.message import Message
from isthmus.kernel.clock import ManualClock
from isthmus.wire import bayeux

pytestmark = pytest.mark.anyio
CHANNEL = "/event/Order__e"
REPLAY_REFUSED = (
    "400::The replayId {7} you provided was invalid.  Please provide a valid ID, -2 to replay all events, "
    "or -1 to replay only new events."
)


class HastyClock(ManualClock):
    """Whoever sleeps finds at once that the time has come; `slept` says how long, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[int] = []

    async def sleep_until(self, due: int) -> None:
        self.slept.append(due - self.now())
        self.advance(max(0, due - self.now()))
        await asyncio.sleep(0)


class Streaming(Misbehaving):
    """An org that speaks Bayeux: events 1, 2, … of one channel; `errors` are answered once each, in order."""

    def __init__(self) -> None:
        super().__init__(otherwise=self.behave)
        self.logins = 0
        self.events = 0
        self.errors: dict[str, list[dict[str, Any]]] = {}
        self.clients: dict[str, int | None] = {}
        self.more = asyncio.Event()
        self.subscriptions: list[int] = []
        self.held = 0
        """Polls that wait for an event."""

    def publish(self, count: int = 1) -> None:
        self.events += count
        self.more.set()

    async def behave(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/services/oauth2/token":
            self.logins += 1
            reply = {"access_token": f"T{self.logins}", "instance_url": self.url, "id": "x"}
            return web.json_response(reply)
        assert request.path == "/cometd/65.0"
        [message] = bayeux.parse_messages(await request.read())
        error = next(iter(self.errors.get(message.channel, ())), None)
        if error is not None:
            self.errors[message.channel].pop(0)
            return web.json_response([{"channel": message.channel, "successful": False, **error}])
        if message.channel != bayeux.HANDSHAKE and request.cookies.get("BAYEUX_BROWSER") != message.client_id:
            return web.json_response([unknown(message.channel)])
        return await {
            bayeux.HANDSHAKE: self.handshake,
            bayeux.SUBSCRIBE: self.subscribe,
            bayeux.CONNECT: self.connect,
            bayeux.DISCONNECT: self.disconnect,
        }[message.channel](message)

    async def handshake(self, message: bayeux.Message) -> web.Response:
        client = f"c{len(self.clients)}"
        self.clients[client] = None
        response = web.json_response([{"channel": message.channel, "successful": True, "clientId": client}])
        response.set_cookie("BAYEUX_BROWSER", client, httponly=True)
        return response

    async def subscribe(self, message: bayeux.Message) -> web.Response:
        after = message.replay_ids[CHANNEL]
        self.subscriptions.append(after)
        self.clients[message.client_id or ""] = {-1: self.events, -2: 0}.get(after, after)
        return web.json_response([{"channel": message.channel, "successful": True, "subscription": CHANNEL}])

    async def connect(self, message: bayeux.Message) -> web.Response:
        client = message.client_id or ""
        after = self.clients[client] or 0
        if self.events <= after and message.held_at_most != 0:
            self.more.clear()
            self.held += 1
            await self.more.wait()
            self.held -= 1
        self.clients[client] = self.events
        told: list[Any] = [event(number) for number in range(after + 1, self.events + 1)]
        advice = {"interval": 0, "timeout": 110_000, "reconnect": "retry"}
        told.append({"channel": message.channel, "successful": True, "advice": advice})
        return web.json_response(told)

    async def disconnect(self, message: bayeux.Message) -> web.Response:
        del self.clients[message.client_id or ""]
        return web.json_response([{"channel": message.channel, "successful": True}])


def unknown(channel: str) -> dict[str, Any]:
    advice = {"interval": 0, "reconnect": "handshake"}
    return {"channel": channel, "successful": False, "error": "403::Unknown client", "advice": advice}


def event(number: int) -> dict[str, Any]:
    about = {"replayId": number, "EventUuid": f"uuid-{number}"}
    data = {"schema": "s", "payload": {"Number__c": number}, "event": about}
    return {"channel": CHANNEL, "data": data}


@dataclass
class Reading:
    """A source that runs, and what it has delivered."""

    platform: Streaming
    clock: HastyClock
    source: CometdSource
    messages: list[Message] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    running: "asyncio.Task[None]" = field(init=False)

    async def deliver(self, messages: Sequence[Message], position: str) -> None:
        self.messages += messages
        self.positions.append(position)

    async def until(self, true: Callable[[], bool]) -> None:
        """Return when it is so; what the source ended with is raised."""
        while not true():
            if self.running.done():
                self.running.result()
            await asyncio.sleep(0.005)

    async def received(self, count: int) -> list[int]:
        await self.until(lambda: len(self.messages) >= count)
        return [each.body["Number__c"] for each in self.messages]


@asynccontextmanager
async def reading(position: str | None = None, **options: Any) -> AsyncIterator[Reading]:
    platform = Streaming()
    async with running(platform):
        org = SalesforceConnection(platform.url, ClientCredentials("key", "secret"))
        clock = HastyClock()
        found = Reading(platform, clock, CometdSource(org, CHANNEL, clock=clock, **options))
        platform.publish(2)
        found.running = asyncio.create_task(found.source.run(position, found.deliver))
        try:
            yield found
        finally:
            found.running.cancel()
            with suppress(asyncio.CancelledError, SourceFailed):
                await found.running
            await org.close()


async def stopped(found: Reading) -> str:
    with pytest.raises(SourceFailed) as failed:
        await found.running
    return str(failed.value)


async def test_events_come_with_key_headers_and_position() -> None:
    async with reading() as found:
        assert await found.received(2) == [1, 2]
        found.platform.publish(3)
        assert await found.received(5) == [1, 2, 3, 4, 5]
        assert found.positions == ["2", "5"]
        assert found.messages[0] == Message(
            "uuid-1", {"Number__c": 1}, {"channel": CHANNEL, "replay_id": "1", "schema": "s"}
        )
        assert found.platform.subscriptions == [bayeux.ALL_RETAINED]
        assert isinstance(found.source, Source)
    assert not found.platform.clients, "the client id is given back"


async def test_a_position_is_gone_on_from_and_the_tip_can_be_the_start() -> None:
    async with reading("1") as found:
        assert await found.received(1) == [2]
    async with reading(start=bayeux.TIP) as found:
        await found.until(lambda: bool(found.platform.subscriptions))
        found.platform.publish()
        assert await found.received(1) == [3]


async def test_an_unknown_client_shakes_hands_anew_and_goes_on_where_it_was() -> None:
    async with reading() as found:
        await found.until(lambda: found.platform.held > 0)
        found.platform.errors[bayeux.CONNECT] = [unknown(bayeux.CONNECT)]
        found.platform.publish()
        await found.received(3)
        await found.until(lambda: len(found.platform.subscriptions) == 2)
        found.platform.publish()
        assert await found.received(4) == [1, 2, 3, 4]
        assert found.platform.subscriptions == [-2, 3]
        assert found.clock.slept == [0]


async def test_an_org_that_forgets_everyone_at_once_is_not_asked_in_a_busy_loop() -> None:
    async with reading() as found:
        found.platform.errors[bayeux.CONNECT] = [unknown(bayeux.CONNECT)] * 12
        await found.received(2)
        assert found.clock.slept[:3] == [0, 2 * PAUSE_MIN, 4 * PAUSE_MIN]
        assert max(found.clock.slept) == PAUSE_MAX


@pytest.mark.parametrize(
    "behave", [reset, break_off, answer(503, "busy"), answer(502, "<html>"), answer(200)]
)
async def test_whatever_breaks_is_read_anew_from_the_position(behave: Any) -> None:
    async with reading() as found:
        await found.received(2)
        found.platform.script = [behave]
        found.platform.publish()
        await found.until(lambda: not found.platform.script)
        found.platform.publish()
        assert await found.received(4) == [1, 2, 3, 4]


async def test_the_org_says_when_to_come_back() -> None:
    async with reading() as found:
        await found.received(2)
        found.platform.script = [answer(503, "busy", {"Retry-After": "9"})]
        found.platform.publish()
        await found.until(lambda: not found.platform.script)
        found.platform.publish()
        await found.received(4)
        assert 9_000 in found.clock.slept


@pytest.mark.parametrize("channel", [bayeux.CONNECT, bayeux.SUBSCRIBE, bayeux.HANDSHAKE])
async def test_an_ended_session_is_renewed(channel: str) -> None:
    async with reading() as found:
        refusal = {"error": "401::Authentication invalid", "advice": {"reconnect": "none"}}
        if channel == bayeux.HANDSHAKE:
            reason = {"failureReason": "401::Authentication invalid"}
            refusal |= {"error": "403::Handshake denied", "ext": {"sfdc": reason}}
        found.platform.errors[channel] = [refusal]
        assert await found.received(2) == [1, 2]
        assert found.platform.logins == 2


async def test_a_401_without_bayeux_is_an_ended_session_too() -> None:
    async with reading() as found:
        found.platform.script = [found.platform.behave, answer(401, [{"errorCode": "INVALID_SESSION_ID"}])]
        assert await found.received(2) == [1, 2]
        assert found.platform.logins == 2


async def test_sessions_that_are_never_good_stop_the_source() -> None:
    async with reading() as found:
        refusal = {"error": "401::Authentication invalid"}
        found.platform.errors[bayeux.CONNECT] = [refusal] * 9
        assert "refuses even new sessions" in await stopped(found)


async def test_a_lost_position_stops_with_a_clear_error() -> None:
    async with reading("7") as found:
        found.platform.errors[bayeux.SUBSCRIBE] = [{"error": REPLAY_REFUSED}]
        text = await stopped(found)
        assert "after the position 7 are no longer retained" in text
        assert "all_retained" in text


async def test_a_lost_position_may_be_given_up_for_all_that_is_retained() -> None:
    async with reading("7", on_lost_position="all_retained") as found:
        found.platform.errors[bayeux.SUBSCRIBE] = [{"error": REPLAY_REFUSED}]
        assert await found.received(2) == [1, 2]
        assert found.positions == ["2"]


@pytest.mark.parametrize(
    "error",
    [
        "400::The channel you requested to subscribe to doesn't exist {/event/Order__e}",
        "403::Subscriber does not have access to the entity in this topic",
    ],
)
async def test_a_refused_subscription_stops_with_the_orgs_words(error: str) -> None:
    async with reading() as found:
        found.platform.errors[bayeux.SUBSCRIBE] = [{"error": error}]
        assert error in await stopped(found)


@pytest.mark.parametrize(
    "error",
    [
        "503::Server is too busy. Please try your request again later.",
        "403::Organization concurrent user limit exceeded",
        "403::Organization total events daily limit exceeded",
    ],
)
async def test_a_limit_passes(error: str) -> None:
    async with reading() as found:
        found.platform.errors[bayeux.CONNECT] = [{"error": error, "advice": {"reconnect": "none"}}]
        assert await found.received(2) == [1, 2]


async def test_refused_credentials_stop_the_source() -> None:
    async with reading() as found:
        found.platform.script = [answer(400, {"error": "invalid_client", "error_description": "no"})]
        assert "invalid_client" in await stopped(found)


async def test_what_could_not_be_kept_is_asked_for_again() -> None:
    async with reading() as found:
        await found.received(2)
        found.running.cancel()
        with suppress(asyncio.CancelledError):
            await found.running
        again: list[str] = []

        async def full(messages: Sequence[Message], position: str) -> None:
            raise OSError("no space left")

        with pytest.raises(OSError, match="no space"):
            await found.source.run("1", full)

        async def keep(messages: Sequence[Message], position: str) -> None:
            again.extend(each.key for each in messages)

        found.running = asyncio.create_task(found.source.run("1", keep))
        await found.until(lambda: again == ["uuid-2"])


async def test_an_event_without_replay_id_is_not_delivered() -> None:
    async with reading() as found:
        await found.received(2)
        bad = json.dumps([{"channel": CHANNEL, "data": {"payload": {}}}]).encode()
        found.platform.script = [answer(200, bad)]
        found.platform.publish()
        await found.until(lambda: not found.platform.script)
        found.platform.publish()
        assert await found.received(4) == [1, 2, 3, 4]
        assert len(found.messages) == 4


async def test_the_source_says_what_it_does() -> None:
    org = SalesforceConnection("https://acme.my.salesforce.com", ClientCredentials("key", "secret"))
    text = CometdSource(org, CHANNEL).describe()
    assert CHANNEL in text
    assert "all that is retained" in text
    assert "stops where its position is lost" in text
    assert "secret" not in text


async def test_it_says_how_it_is_and_since_when() -> None:
    """It reads only while the org answers; while it does not, it says why, and when it tries again."""
    clock, platform = ManualClock(), Streaming()
    async with AsyncExitStack() as stack:
        platform.otherwise = reset
        await stack.enter_async_context(running(platform))
        org = SalesforceConnection(platform.url, ClientCredentials("key", "secret"), clock=clock)
        reading = Reading(platform, HastyClock(), CometdSource(org, CHANNEL, clock=clock))
        begun = clock.now()
        assert reading.source.condition() == Condition("connecting", begun)
        reading.running = asyncio.ensure_future(reading.source.run(None, reading.deliver))
        await reading.until(lambda: reading.source.condition().state == "waiting")
        first = reading.source.condition()
        assert (first.since, first.retry_in) == (begun, PAUSE_MIN)
        assert "broke off" in (first.why or "")
        clock.advance(PAUSE_MIN)
        await reading.until(lambda: reading.source.condition().retry_in == 2 * PAUSE_MIN)
        assert reading.source.condition().since == begun
        platform.otherwise = platform.behave
        clock.advance(2 * PAUSE_MIN)
        await reading.until(lambda: reading.source.condition().state == "reading")
        assert reading.source.condition() == Condition("reading", clock.now())
        reading.running.cancel()
        with suppress(asyncio.CancelledError):
            await reading.running
        await reading.source.close()
