"""The Bayeux Protocol 1.0 over long polling, for either end: what a server reads and answers, what a client
sends and reads.

A request's body is a list of messages, or a single one; an answer's body is a list. A message is an object
whose `channel` says what it is: `/meta/…` for the protocol itself, anything else is an event's channel.
Errors are text of the form `code:args:message`; the platform leaves the arguments out: `403::Unknown client`.

>>> parse_messages(b'{"channel":"/meta/connect","clientId":"7","connectionType":"long-polling"}')[0].client_id
'7'
>>> [reply] = parse_replies(b'[{"channel":"/meta/connect","successful":false,"error":"403::Unknown client"}]')
>>> reply.error
Problem(code=403, arguments='', text='Unknown client')

Sources: The Bayeux Protocol 1.0 (CometD reference, appendix B); Streaming API Developer Guide, "Bayeux
Protocol, CometD, and Long Polling", "Streaming API Error Codes", "Durable Streaming".
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

HANDSHAKE: Final = "/meta/handshake"
CONNECT: Final = "/meta/connect"
SUBSCRIBE: Final = "/meta/subscribe"
UNSUBSCRIBE: Final = "/meta/unsubscribe"
DISCONNECT: Final = "/meta/disconnect"
META: Final = "/meta/"
"""With what the names of the protocol's own channels begin."""
LONG_POLLING: Final = "long-polling"
VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json;charset=UTF-8"

TIP: Final = -1
"""Replay id: only new events."""
ALL_RETAINED: Final = -2
"""Replay id: every event that is retained."""

Built: TypeAlias = dict[str, Any]
"""A message that is to be sent, in the wire's own names."""


class BayeuxError(ValueError):
    """Not what Bayeux calls messages; the text says what is wrong with it."""


class Advice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a client should go on: `reconnect` is `retry`, `handshake` or `none`; the rest in milliseconds.

    `interval`: to wait before the next connect. `timeout`: how long that connect may be held. What is None
    has not been said.
    """

    reconnect: str | None = None
    interval: int | None = None
    timeout: int | None = None


class Problem(msgspec.Struct, frozen=True):
    """An error, taken apart. `code` is 0 where the text has none."""

    code: int
    arguments: str
    text: str

    def __str__(self) -> str:
        return f"{self.code}:{self.arguments}:{self.text}"


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a client has sent. What is None was not in it."""

    channel: str
    id: str | int | None = None
    client_id: str | None = None
    version: str | None = None
    connection_type: str | None = None
    supported_connection_types: tuple[str, ...] | None = None
    subscription: str | list[str] | None = None
    advice: Advice | None = None
    ext: dict[str, Any] | None = None

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The channels that a subscribe or an unsubscribe names: it may name several."""
        match self.subscription:
            case None:
                return ()
            case str() as one:
                return (one,)
            case several:
                return tuple(several)

    @property
    def replay_ids(self) -> Mapping[str, int]:
        """After which event a subscription begins, by channel. Raises BayeuxError where it is no number."""
        given = (self.ext or {}).get("replay")
        if not isinstance(given, dict):
            return {}
        if not all(type(each) is int for each in given.values()):
            raise BayeuxError("ext.replay holds replay ids, which are whole numbers")
        return given

    @property
    def held_at_most(self) -> int | None:
        """For how many milliseconds a connect may be held, where its client has said so."""
        return None if self.advice is None else self.advice.timeout


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a server has sent: the reply to a message, or an event, which has `data` and no `successful`.

    What answers a request in which the server could read no message has no `channel`: it is "".

    `reason` is why a handshake was refused, where its `ext.sfdc.failureReason` tells more than `error`.
    """

    channel: str
    id: str | None = None
    successful: bool | None = None
    error: Problem | None = None
    reason: Problem | None = None
    advice: Advice | None = None
    client_id: str | None = None
    subscription: tuple[str, ...] = ()
    data: Any = None
    ext: Mapping[str, Any] = {}

    @property
    def is_event(self) -> bool:
        return self.channel != "" and not self.channel.startswith(META)


class _Received(msgspec.Struct, rename="camel"):
    """A reply as it is on the wire."""

    channel: str = ""
    id: str | int | None = None
    successful: bool | None = None
    error: str | None = None
    advice: Advice | None = None
    client_id: str | None = None
    subscription: str | tuple[str, ...] | None = None
    data: Any = None
    ext: dict[str, Any] | None = None


_messages: Final = msgspec.json.Decoder(list[Message] | Message)
_replies: Final = msgspec.json.Decoder(list[_Received] | _Received)
_encode: Final = msgspec.json.Encoder().encode

# For a server.


def parse_messages(body: bytes) -> Sequence[Message]:
    """The messages of a request's body. Raises BayeuxError."""
    try:
        found = _messages.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BayeuxError(str(error)) from None
    return found if isinstance(found, list) else (found,)


def write_reply(
    message: Message,
    *,
    error: str | None = None,
    client_id: str | None = None,
    advice: Advice | None = None,
    ext: Mapping[str, Any] | None = None,
    **members: Any,
) -> bytes:
    """The reply to `message`: successful, unless there is an `error`. `members` stand in it as they are."""
    reply: Built = {"channel": message.channel}
    if message.id is not None:
        reply["id"] = message.id
    if client_id is not None:
        reply["clientId"] = client_id
    reply |= members
    if advice is not None:
        reply["advice"] = advice
    if ext is not None:
        reply["ext"] = ext
    if error is not None:
        reply["error"] = error
    reply["successful"] = error is None
    return _encode(reply)


def write_handshake_reply(message: Message, client_id: str, ext: Mapping[str, Any]) -> bytes:
    """The reply that gives a client its id."""
    return write_reply(
        message,
        client_id=client_id,
        ext=ext,
        version=VERSION,
        minimumVersion=VERSION,
        supportedConnectionTypes=[LONG_POLLING],
    )


def write_refusal(error: str) -> bytes:
    """What answers a request in which no message could be read."""
    return _encode({"successful": False, "error": error})


def write_event(channel: str, data: bytes) -> bytes:
    """An event on a channel; `data` is JSON already, and goes in as it is."""
    return b'{"data":%b,"channel":%b}' % (data, _encode(channel))


def join(parts: Iterable[bytes]) -> bytes:
    """The body of an answer: messages that have been written one by one."""
    return b"[%b]" % b",".join(parts)


# For a client.


def handshake(ext: Mapping[str, Any] | None = None, *, id: str | None = None) -> Built:  # noqa: A002
    """Ask for a client id. `{"replay": True}` in `ext` says that the client keeps replay ids."""
    message: Built = {
        "channel": HANDSHAKE,
        "version": VERSION,
        "minimumVersion": VERSION,
        "supportedConnectionTypes": [LONG_POLLING],
    }
    if ext is not None:
        message["ext"] = dict(ext)
    return _numbered(message, id)


def connect(client_id: str, *, timeout: int | None = None, id: str | None = None) -> Built:  # noqa: A002
    """Ask for events. `timeout` (milliseconds; 0: answer at once) is how long the poll may be held."""
    message: Built = {"channel": CONNECT, "clientId": client_id, "connectionType": LONG_POLLING}
    if timeout is not None:
        message["advice"] = {"timeout": timeout}
    return _numbered(message, id)


def subscribe(client_id: str, channel: str, replay_id: int, *, id: str | None = None) -> Built:  # noqa: A002
    """Ask for a channel's events: those after `replay_id`, or `TIP`, or `ALL_RETAINED`."""
    message: Built = {"channel": SUBSCRIBE, "clientId": client_id, "subscription": channel}
    message["ext"] = {"replay": {channel: replay_id}}
    return _numbered(message, id)


def unsubscribe(client_id: str, channel: str, *, id: str | None = None) -> Built:  # noqa: A002
    """Ask for no more of a channel's events."""
    return _numbered({"channel": UNSUBSCRIBE, "clientId": client_id, "subscription": channel}, id)


def disconnect(client_id: str, *, id: str | None = None) -> Built:  # noqa: A002
    """Give the client id back."""
    return _numbered({"channel": DISCONNECT, "clientId": client_id}, id)


def write_messages(*messages: Built) -> bytes:
    """The body of a request."""
    return _encode(messages)


def parse_replies(body: bytes) -> list[Reply]:
    """What an answer's body holds, in order. Raises BayeuxError."""
    try:
        found = _replies.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BayeuxError(str(error)) from None
    return [_reply(each) for each in (found if isinstance(found, list) else (found,))]


def parse_problem(error: str) -> Problem:
    """An error's text, taken apart: `code:args:message`."""
    code, _, rest = error.partition(":")
    arguments, colon, text = rest.partition(":")
    if not colon or not (code.isascii() and code.isdecimal()):
        return Problem(0, "", error)
    return Problem(int(code), arguments, text)


def _reply(received: _Received) -> Reply:
    ext = received.ext or {}
    sfdc = ext.get("sfdc")
    reason = sfdc.get("failureReason") if isinstance(sfdc, dict) else None
    named = received.subscription
    return Reply(
        channel=received.channel,
        id=None if received.id is None else str(received.id),
        successful=received.successful,
        error=None if received.error is None else parse_problem(received.error),
        reason=parse_problem(reason) if isinstance(reason, str) else None,
        advice=received.advice,
        client_id=received.client_id,
        subscription=() if named is None else (named,) if isinstance(named, str) else named,
        data=received.data,
        ext=ext,
    )


def _numbered(message: Built, id: str | None) -> Built:  # noqa: A002
    if id is not None:
        message["id"] = id
    return message
