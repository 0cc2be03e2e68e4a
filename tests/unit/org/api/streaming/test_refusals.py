"""Is each mistake of a client told in the platform's words, with advice that helps?"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.org.api.streaming.subscribers import (
    CHANNEL,
    Place,
    Subscriber,
    held,
    numbers_in,
    streaming_org,
    subscriber,
)

from isthmus.kernel.errors import fault
from isthmus.org.api.streaming.clients import SUBSCRIPTIONS_MAX
from isthmus.wire import bayeux
from isthmus.wire.bayeux import Advice, Built

Story = Callable[[Place, Subscriber], Awaitable[None]]
NONE = Advice(reconnect="none")


@pytest.fixture
def tell(tmp_path: Path) -> Callable[[Story], None]:
    """Run a story of one subscriber of a new org, which lets two in."""

    async def run(story: Story) -> None:
        async with (
            streaming_org(tmp_path, DurableStreamingApiConcurrentClients=2) as place,
            subscriber(place) as client,
        ):
            await story(place, client)

    return lambda story: asyncio.run(run(story))


@pytest.mark.parametrize(
    ("path", "token", "reason"),
    [
        ("/cometd", None, "400::API version in the URI is mandatory. URI format: '/cometd/65.0'"),
        (
            "/cometd/36.0",
            None,
            "400::Unsupported API version. Only API versions '37.0' and later are supported. "
            "URI format: '/cometd/65.0'",
        ),
        (
            "/cometd/99.0",
            None,
            "400::Unsupported API version. The latest API version is '65.0'. URI format: '/cometd/65.0'",
        ),
        ("/cometd/65.0", "not a token", "401::Authentication invalid"),
        ("/cometd/65.0", "", "401::Request requires authentication"),
    ],
)
def test_a_handshake_is_denied(
    tell: Callable[[Story], None], path: str, token: str | None, reason: str
) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        client.path = path
        client.token = client.token if token is None else token
        headers = {"Authorization": ""} if token == "" else {}
        status, [reply] = await client.post(bayeux.write_messages(bayeux.handshake(id="1")), headers)
        assert (status, reply.id, reply.successful, reply.advice) == (200, "1", False, NONE)
        assert (str(reply.error), str(reply.reason)) == ("403::Handshake denied", reason)
        _, [later] = await client.post(bayeux.write_messages(bayeux.connect("some id")), headers)
        assert (str(later.error), later.advice) == (reason, NONE)

    tell(story)


def test_no_more_clients_are_let_in_than_the_org_may_have(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        for _ in range(2):
            assert (await client.shake_hands()).successful
        refused = await client.shake_hands()
        assert str(refused.reason) == "403::Organization concurrent user limit exceeded"
        place.clock.advance(40_000)
        assert (await client.shake_hands()).successful

    tell(story)


def test_only_long_polling_is_spoken(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        hello = bayeux.handshake() | {"supportedConnectionTypes": ["websocket"]}
        [refused] = await client.say(hello)
        assert str(refused.reason) == "400::Invalid connection type websocket"
        assert (await client.shake_hands()).successful
        [reply] = await client.say(bayeux.connect(client.client_id) | {"connectionType": "websocket"})
        assert str(reply.error) == "400::Invalid connection type websocket"

    tell(story)


@pytest.mark.parametrize("built", [bayeux.handshake(), bayeux.subscribe("", CHANNEL, -1)])
def test_no_other_payload_format_is_promised(tell: Callable[[Story], None], built: Built) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.shake_hands()
        message = dict(built) | {"ext": {"payload.format": "COMPACT"}}
        if "clientId" in message:
            message["clientId"] = client.client_id
        [reply] = await client.say(message)
        assert str(reply.reason or reply.error).startswith("400::The payload format COMPACT")

    tell(story)


def test_who_sends_no_cookie_is_told_so(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.shake_hands()
        client.session.cookie_jar.clear()
        [reply] = await client.connect()
        assert str(reply.error) == (
            f"400::Client {client.client_id} has established a session, but no BAYEUX_BROWSER cookie present"
        )
        assert reply.advice == NONE

    tell(story)


def test_nobody_goes_on_with_anothers_client_id(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        org = place.opened.org
        ada = await org.identity.authenticate(place.token)
        values = {
            "LastName": "Bob",
            "Alias": "bob",
            "Email": "bob@example.com",
            "Username": "bob@example.com",
            "TimeZoneSidKey": "Europe/Rome",
            "LocaleSidKey": "en_US",
            "EmailEncodingKey": "UTF-8",
            "LanguageLocaleKey": "en_US",
            "ProfileId": ada.profile_id,
        }
        [made] = await org.insert(ada, "User", [values])
        assert made.success, made
        client.token = (await org.identity.open_session("bob@example.com")).token
        [reply] = await client.connect()
        assert str(reply.error) == "400::Authenticated user id does not match the session's user id"

    tell(story)


@pytest.mark.parametrize(
    ("built", "error", "advice"),
    [
        (bayeux.connect("nobody"), "403::Unknown client", Advice(reconnect="handshake", interval=0)),
        (
            {"channel": "/meta/connect"},
            "403::Client has not completed handshake",
            Advice(reconnect="handshake", interval=0),
        ),
        ({"channel": CHANNEL, "data": {}}, "403:denied_by_security_policy:publish_denied", None),
        ({"channel": "/meta/else"}, "404::Unknown channel", None),
    ],
)
def test_a_message_is_refused(
    tell: Callable[[Story], None], built: Built, error: str, advice: Advice | None
) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        [reply] = await client.say(dict(built))
        assert (str(reply.error), reply.advice, reply.successful) == (error, advice, False)

    tell(story)


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"subscription": None}, "400::Channel name not specified"),
        ({"subscription": "event/Ping__e"}, "400::Channel subscriptions must start with a leading '/'"),
        (
            {"subscription": ["/event/Ping__e", "/event/Nothing__e"]},
            "400::The channel you requested to subscribe to doesn't exist /event/Nothing__e",
        ),
        ({"ext": {"replay": {CHANNEL: "7"}}}, "400::ext.replay holds replay ids, which are whole numbers"),
        (
            {"ext": {"replay": {CHANNEL: 10**9}}},
            "400::The replayId {1000000000} you provided was invalid.  Please provide a valid ID, "
            "-2 to replay all events, or -1 to replay only new events.",
        ),
    ],
)
def test_a_subscription_is_refused_and_none_is_made(
    tell: Callable[[Story], None], members: Built, error: str
) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.shake_hands()
        [reply] = await client.say(bayeux.subscribe(client.client_id, CHANNEL, -1) | members)
        assert (reply.successful, str(reply.error)) == (False, error)
        await client.connect()
        await place.publish(1)
        assert len(await client.connect(at_most=0)) == 1

    tell(story)


def test_what_is_unsubscribed_from_has_to_be_named(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.shake_hands()
        [reply] = await client.say({"channel": bayeux.UNSUBSCRIBE, "clientId": client.client_id})
        assert str(reply.error) == "400::Channel name not specified"

    tell(story)


def test_a_client_has_so_many_subscriptions(
    tell: Callable[[Story], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isthmus.org.api.streaming.meta.SUBSCRIPTIONS_MAX", 1)

    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        refused = await client.subscribe("/event/Pong__e")
        assert str(refused.error) == "403::Subscription limit exceeded for this topic"
        assert (await client.subscribe(CHANNEL)).successful

    assert SUBSCRIPTIONS_MAX > 1
    tell(story)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{", 400, "400::"),
        (b'[{"channel":"/meta/connect"}' + b" " * 33_000, 413, "413::Maximum Request Size"),
    ],
)
def test_what_holds_no_message_is_refused_as_a_whole(
    tell: Callable[[Story], None], body: bytes, status: int, error: str
) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        found, [reply] = await client.post(body)
        assert found == status
        assert str(reply.error).startswith(error)

    tell(story)


def test_cookies_of_others_do_not_hide_ours(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        [browser] = [each.value for each in client.session.cookie_jar if each.key == "BAYEUX_BROWSER"]
        client.session.cookie_jar.clear()
        connect = bayeux.write_messages(bayeux.connect(client.client_id, timeout=0, id="9"))
        _, [reply] = await client.post(connect, {"Cookie": f'a[b]=1; j={{"c":1}}; BAYEUX_BROWSER={browser}'})
        assert reply.successful

    tell(story)


def test_who_may_read_no_more_is_told_and_nobody_else(
    tell: Callable[[Story], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        async with subscriber(place) as other:
            waiting = []
            for number, each in enumerate((client, other), 1):
                await each.begin()
                waiting.append(asyncio.create_task(each.connect()))
                await held(place, number)
            read = place.opened.org.read_channel
            refused: list[Any] = []

            async def refuse_once(*asked: Any) -> Any:
                if not refused:
                    refused.append(asked)
                    raise fault("channel_access_denied")
                return await read(*asked)

            monkeypatch.setattr(place.opened.org, "read_channel", refuse_once)
            await place.publish(1)
            answers = await asyncio.gather(*waiting)
            [told] = [each for each in answers if each[0].channel == bayeux.SUBSCRIBE]
            [event] = [each for each in answers if each[0].channel != bayeux.SUBSCRIBE]
            assert str(told[0].error).startswith("403::")
            assert told[0].client_id == told[-1].client_id
            assert numbers_in(event) == [1]
            ended = client if told[-1].client_id == client.client_id else other
            assert await ended.connect(at_most=0) != []
            await place.publish(2)
            assert numbers_in(await ended.connect(at_most=0)) == []

    tell(story)


def test_who_asks_for_another_protocol_gets_a_plain_answer(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        async with client.session.get(place.url + client.path, headers=upgrade) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "POST")

    tell(story)


def test_a_session_that_ends_is_told_at_the_next_event(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, client: Subscriber) -> None:
        await client.begin()
        waiting = asyncio.create_task(client.connect())
        await held(place)
        await place.opened.org.identity.revoke(place.token)
        place.token = await place.log_in()
        await place.publish(1)
        [reply] = await waiting
        assert (str(reply.error), reply.advice) == ("401::Authentication invalid", NONE)
        [again] = await client.connect()
        assert str(again.error) == "401::Authentication invalid"
        client.token = place.token
        assert await client.take() == [1]

    tell(story)
