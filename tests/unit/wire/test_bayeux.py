"""Bayeux on the wire: what one end writes, the other reads; what is no message is refused."""

from typing import Any

import msgspec
import pytest

from isthmus.wire import bayeux
from isthmus.wire.bayeux import Advice, BayeuxError, Message, Problem, Reply

CHANNEL = "/event/Order_Request__e"


def received(*built: bayeux.Built) -> list[Message]:
    """What a server reads of what a client has built."""
    return list(bayeux.parse_messages(bayeux.write_messages(*built)))


def replied(*parts: bytes) -> list[Reply]:
    """What a client reads of what a server has written."""
    return bayeux.parse_replies(bayeux.join(parts))


def test_a_server_reads_what_a_client_asks() -> None:
    hello, poll, wanted, unwanted, end = received(
        bayeux.handshake({"replay": True}, id="1"),
        bayeux.connect("7f", timeout=0, id="2"),
        bayeux.subscribe("7f", CHANNEL, bayeux.ALL_RETAINED, id="3"),
        bayeux.unsubscribe("7f", CHANNEL),
        bayeux.disconnect("7f"),
    )
    assert (hello.channel, hello.version, hello.ext) == (bayeux.HANDSHAKE, "1.0", {"replay": True})
    assert hello.supported_connection_types == ("long-polling",)
    assert (poll.client_id, poll.connection_type, poll.held_at_most) == ("7f", "long-polling", 0)
    assert (wanted.id, wanted.subscriptions, wanted.replay_ids) == ("3", (CHANNEL,), {CHANNEL: -2})
    assert (unwanted.id, unwanted.subscriptions) == (None, (CHANNEL,))
    assert (end.channel, end.client_id) == (bayeux.DISCONNECT, "7f")


def test_a_client_reads_what_a_server_answers() -> None:
    hello, poll = received(bayeux.handshake(id="1"), bayeux.connect("7f", id="2"))
    greeted, event, refused = replied(
        bayeux.write_handshake_reply(hello, "7f", {"replay": True}),
        bayeux.write_event(CHANNEL, b'{"payload":{"Total__c":1.50},"event":{"replayId":7}}'),
        bayeux.write_reply(
            poll,
            error="403::Unknown client",
            client_id="7f",
            advice=Advice(reconnect="handshake", interval=0),
        ),
    )
    assert (greeted.id, greeted.successful, greeted.client_id) == ("1", True, "7f")
    assert greeted.ext == {"replay": True}
    assert event.is_event
    assert event.successful is None
    assert event.data == {"payload": {"Total__c": 1.5}, "event": {"replayId": 7}}
    assert (refused.id, refused.successful, refused.is_event) == ("2", False, False)
    assert refused.error == Problem(403, "", "Unknown client")
    assert refused.advice == Advice(reconnect="handshake", interval=0)


def test_a_request_without_a_message_is_refused_as_a_whole() -> None:
    [refused] = replied(bayeux.write_refusal("413::Maximum Request Size Exceeded"))
    assert (refused.channel, refused.successful, refused.is_event) == ("", False, False)
    assert refused.error == Problem(413, "", "Maximum Request Size Exceeded")


def test_an_events_data_goes_in_as_it_is() -> None:
    assert (
        bayeux.write_event('/u/say "hi"', b'{"a": 1.50}')
        == b'{"data":{"a": 1.50},"channel":"/u/say \\"hi\\""}'
    )


def test_a_handshakes_refusal_says_why() -> None:
    (hello,) = received(bayeux.handshake())
    ext = {"sfdc": {"failureReason": "401::Authentication invalid"}}
    [refused] = replied(bayeux.write_reply(hello, error="403::Handshake denied", ext=ext))
    assert refused.error == Problem(403, "", "Handshake denied")
    assert refused.reason == Problem(401, "", "Authentication invalid")


def test_a_single_message_needs_no_list() -> None:
    [message] = bayeux.parse_messages(b'{"channel":"/meta/connect","id":4,"subscription":["/a","/b"]}')
    assert (message.id, message.subscriptions, message.held_at_most) == (4, ("/a", "/b"), None)
    [reply] = bayeux.parse_replies(b'{"channel":"/meta/subscribe","id":4,"subscription":["/a","/b"]}')
    assert (reply.id, reply.subscription) == ("4", ("/a", "/b"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[1]",
        b'[{"channel":null}]',
        b'[{"channel":"/meta/connect"}',
        b'{"channel":"\xff"}',
        b'{"channel":"/a","ext":' + b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_refused_by_either_end(body: bytes) -> None:
    with pytest.raises(BayeuxError):
        bayeux.parse_messages(body)
    with pytest.raises(BayeuxError):
        bayeux.parse_replies(body)


@pytest.mark.parametrize("ext", [None, {}, {"replay": True}, {"replay": {}}])
def test_no_replay_ids(ext: dict[str, Any] | None) -> None:
    assert Message(channel=bayeux.SUBSCRIBE, ext=ext).replay_ids == {}


@pytest.mark.parametrize("given", ["7", 7.5, True, None, [7]])
def test_a_replay_id_is_a_whole_number(given: object) -> None:
    body = msgspec.json.encode({"channel": bayeux.SUBSCRIBE, "ext": {"replay": {CHANNEL: given}}})
    [message] = bayeux.parse_messages(body)
    with pytest.raises(BayeuxError):
        _ = message.replay_ids


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        ("401::Authentication invalid", Problem(401, "", "Authentication invalid")),
        (
            "403:denied_by_security_policy:create_denied",
            Problem(403, "denied_by_security_policy", "create_denied"),
        ),
        ("400::The channel: unknown", Problem(400, "", "The channel: unknown")),
        ("Something broke", Problem(0, "", "Something broke")),
        ("oops:1:2", Problem(0, "", "oops:1:2")),
    ],
)
def test_an_errors_text_is_taken_apart(error: str, problem: Problem) -> None:
    assert bayeux.parse_problem(error) == problem
