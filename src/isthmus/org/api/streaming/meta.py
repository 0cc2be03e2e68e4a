"""Meta: what a client says to the server itself, message by message: handshake, connect, subscribe, …

Source: Streaming API Developer Guide, "Bayeux Protocol, CometD, and Long Polling", "Durable Streaming",
"Streaming API Error Codes"; CometD Reference, "The Bayeux Protocol".
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

from isthmus.kernel.errors import Fault, fault
from isthmus.org.api.streaming.clients import (
    HELD_AT_MOST,
    SUBSCRIPTIONS_MAX,
    Client,
    Clients,
    Give,
    Poll,
    Subscription,
)
from isthmus.org.api.streaming.delivery import Delivery
from isthmus.org.api.streaming.problems import advice_of, text_of
from isthmus.org.org import COMETD_CLIENTS, Org
from isthmus.org.security.principal import Principal
from isthmus.wire import bayeux
from isthmus.wire.bayeux import LONG_POLLING, TIP, Advice, BayeuxError, Message

COOKIE: Final = "BAYEUX_BROWSER"
_FEATURES: Final = {"replay": True, "payload.format": True}
"""What the server can do. It writes payloads in the format EXPANDED."""
_EXPANDED: Final = ("EXPANDED", True, None)
_ADVICE: Final = Advice(reconnect="retry", interval=0, timeout=HELD_AT_MOST)
_CLIENT_ID_LENGTH: Final = 26
_BROWSER_LENGTH: Final = 24
_BROWSER_LENGTH_MAX: Final = 64


@dataclass(slots=True)
class Visit:
    """One request, of one message or several. `refusal` is why none of them is answered with success.

    `browser` is the cookie that came with it; `new_browser` the one to be set. `alone`: it has one message,
    which may wait.
    """

    version: int
    token: str
    principal: Principal | None
    refusal: Fault | None
    browser: str | None
    alone: bool
    on_lost: Callable[[Callable[[], None]], None]
    new_browser: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether it is known by whom the request is, and that they may send it."""
        return self.principal is not None and self.refusal is None


_Handler: TypeAlias = Callable[[Visit, Message], Awaitable[bytes]]


class Meta:
    """Answers the messages of an org's clients."""

    def __init__(self, org: Org, clients: Clients, delivery: Delivery) -> None:
        self._org = org
        self._clients = clients
        self._delivery = delivery
        self._handlers: Mapping[str, _Handler] = {
            bayeux.HANDSHAKE: self._handshake,
            bayeux.CONNECT: self._connect,
            bayeux.SUBSCRIBE: self._subscribe,
            bayeux.UNSUBSCRIBE: self._unsubscribe,
            bayeux.DISCONNECT: self._disconnect,
        }

    async def answer(self, visit: Visit, message: Message) -> bytes:
        """The reply to a message; a connect's has the events that came before it."""
        try:
            if message.channel == bayeux.HANDSHAKE:
                return await self._handshake(visit, message)
            if visit.refusal is not None:
                raise visit.refusal
            handler = self._handlers.get(message.channel)
            if handler is not None:
                return await handler(visit, message)
            raise fault(
                "cometd_meta_unknown" if message.channel.startswith(bayeux.META) else "cometd_publish_denied"
            )
        except Fault as error:
            return refusal(message, error)

    async def _handshake(self, visit: Visit, message: Message) -> bytes:
        try:
            client = self._admit(visit, message)
        except Fault as error:
            return bayeux.write_reply(
                message,
                error=text_of(fault("cometd_handshake_denied")),
                advice=Advice(reconnect="none"),
                ext={"sfdc": {"failureReason": text_of(error)}, **_FEATURES},
            )
        return bayeux.write_handshake_reply(message, client.id, _FEATURES)

    def _admit(self, visit: Visit, message: Message) -> Client:
        """A new client."""
        if visit.refusal is not None or visit.principal is None:
            raise visit.refusal or fault("cometd_authentication_missing")
        offered = message.supported_connection_types
        if offered is not None and LONG_POLLING not in offered:
            raise fault("cometd_connection_type", type=", ".join(offered))
        _check_format(message)
        allowed = self._org.maximum(COMETD_CLIENTS) - self._org.held_elsewhere(COMETD_CLIENTS)
        if len(self._clients) >= allowed:
            for gone in self._clients.overdue():
                self._delivery.release(gone)
            if len(self._clients) >= allowed:
                raise fault("cometd_too_many_clients")
        ids = self._org.ids
        browser = visit.browser
        if browser is None or len(browser) > _BROWSER_LENGTH_MAX:
            browser = visit.new_browser = ids.text(_BROWSER_LENGTH)
        visit.browser = browser
        client = Client(ids.text(_CLIENT_ID_LENGTH), browser, visit.principal, visit.token, visit.version)
        self._clients.add(client)
        return client

    def connect(self, visit: Visit, message: Message, give: Give) -> Coroutine[Any, Any, None] | None:
        """Have a connect answered by `give`; returns what is left to run for that, where there is. Raises
        Fault.
        """
        client = self._client(visit, message)
        if message.connection_type not in (None, LONG_POLLING):
            raise fault("cometd_connection_type", type=message.connection_type)
        poll = Poll(message, None if client.connected else _ADVICE, give)
        milliseconds = 0
        if client.connected and visit.alone:
            asked = message.held_at_most
            milliseconds = HELD_AT_MOST if asked is None else min(max(asked, 0), HELD_AT_MOST)
        client.connected = True
        visit.on_lost(partial(self._delivery.lose, client, poll))
        return self._delivery.hold(client, poll, milliseconds)

    async def _connect(self, visit: Visit, message: Message) -> bytes:
        given: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        pending = self.connect(visit, message, given.set_result)
        if pending is not None:
            await pending
        return await given

    async def _subscribe(self, visit: Visit, message: Message) -> bytes:
        client = self._client(visit, message)
        _check_format(message)
        try:
            replay_ids = message.replay_ids
        except BayeuxError as error:
            raise fault("cometd_malformed", reason=error) from None
        found: list[Subscription] = []
        for name in message.subscriptions or ("",):
            channel = self._org.open_channel(client.principal, name)
            position = await self._org.starting_position(channel, replay_ids.get(name, TIP))
            found.append(Subscription(channel, position))
        if len(client.subscriptions.keys() | {each.channel.name for each in found}) > SUBSCRIPTIONS_MAX:
            raise fault("cometd_too_many_subscriptions")
        client.subscriptions.update((each.channel.name, each) for each in found)
        await self._delivery.deliver((client,))
        return bayeux.write_reply(message, client_id=client.id, subscription=message.subscription)

    async def _unsubscribe(self, visit: Visit, message: Message) -> bytes:
        client = self._client(visit, message)
        if not message.subscriptions:
            raise fault("channel_name_missing")
        for name in message.subscriptions:
            client.subscriptions.pop(name, None)
        return bayeux.write_reply(message, client_id=client.id, subscription=message.subscription)

    async def _disconnect(self, visit: Visit, message: Message) -> bytes:
        client = self._client(visit, message)
        self._delivery.release(client)
        self._clients.remove(client)
        return bayeux.write_reply(message, client_id=client.id)

    def _client(self, visit: Visit, message: Message) -> Client:
        """Who has sent the message, with the rights that its token has now."""
        if message.client_id is None:
            raise fault("cometd_handshake_missing")
        client = self._clients.get(message.client_id)
        if client is None:
            raise fault("cometd_client_unknown")
        if visit.browser != client.browser:
            raise fault("cometd_cookie_missing", client=client.id, cookie=COOKIE)
        principal = visit.principal
        if principal is None or principal.user_id != client.principal.user_id:
            raise fault("cometd_user_differs")
        client.principal, client.token = principal, visit.token
        return client


def refusal(message: Message, error: Fault) -> bytes:
    """The reply to a message that is refused."""
    extra: dict[str, Any] = {} if message.subscription is None else {"subscription": message.subscription}
    return bayeux.write_reply(
        message, error=text_of(error), client_id=message.client_id, advice=advice_of(error), **extra
    )


def _check_format(message: Message) -> None:
    wanted: Any = (message.ext or {}).get("payload.format")
    if wanted not in _EXPANDED:
        raise fault("cometd_payload_format", format=wanted)
