"""CometD source: the events of one channel of an org, from where the hub has read up to.

A conversation is a handshake, a subscription after the last event that is on the hub's disk, and connects
that the org holds until it has something to tell. Whatever ends a conversation but a refusal, the next one
begins where that left off: at the position, which is the replay id of an event and is kept with it.

Sources: The Bayeux Protocol 1.0; Streaming API Developer Guide, "Message Durability", "Streaming API Error
Codes"; EMP Connector, for the order of handshake, subscribe and connect.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, get_args

import structlog

from isthmus.hub.connectors.http_client import Answer, HttpClient, NoAnswer
from isthmus.hub.connectors.salesforce_connection import LoginFailed, SalesforceConnection, Session
from isthmus.hub.endpoint import Condition, Delivery, SourceFailed
from isthmus.hub.message import Message
from isthmus.hub.options import Options
from isthmus.kernel.clock import SECOND, Clock, SystemClock
from isthmus.wire import bayeux

__all__ = ["CometdSource"]

PAUSE_MIN: Final = 250
PAUSE_MAX: Final = 30 * SECOND
"""Between conversations that failed: doubled from one to the other, in milliseconds."""
HELD_MAX: Final = 110 * SECOND
"""For how long the org holds a connect where it has not said otherwise, in milliseconds."""
GRACE_SECONDS: Final = 30.0
"""So much longer than a connect is held we wait for its answer."""
GOODBYE_SECONDS: Final = 2.0
ANSWER_BYTES_MAX: Final = 64 << 20
OnLostPosition: TypeAlias = Literal["stop", "all_retained"]
_CHANNEL: Final = r"(/[^/\s]+){2,}"
_LOST: Final = "The replayId"
"""With what the platform's text begins where a position is outside of what is retained."""
_PASSING: Final = ("concurrent user limit", "daily limit exceeded", "Unknown client", "handshake")
"""What a 403 may be about that passes."""
_log: Final = structlog.get_logger(__name__)


class _Broken(Exception):
    """The conversation is over; another may fare better, after `interval` milliseconds where that is said."""

    def __init__(self, reason: str, interval: int | None = None) -> None:
        super().__init__(reason)
        self.interval = interval


class _Expired(_Broken):
    """The org does not, or no longer, know the session."""


class _PositionLost(Exception):
    """What comes after the position is no longer retained, all of it."""


@dataclass(slots=True)
class _Conversation:
    """One client id's: what is needed to go on with it."""

    session: Session
    url: str
    client_id: str = ""
    held: int = HELD_MAX
    interval: int = 0


class CometdSource:
    """Reads one channel: `/event/Order__e`, `/data/ChangeEvents`, `/topic/Name`."""

    def __init__(
        self,
        org: SalesforceConnection,
        channel: str,
        *,
        start: int = bayeux.ALL_RETAINED,
        on_lost_position: OnLostPosition = "stop",
        clock: Clock | None = None,
    ) -> None:
        """`start` is the replay id of the very first subscription: what is retained, or `bayeux.TIP`.

        `on_lost_position` says what happens where the position is no longer retained, so that events are
        missing: stop, with an error that says so, or go on with all that is retained. Raises OptionWrong.
        """
        given = Options(f"CometdSource {channel}")
        if not isinstance(org, SalesforceConnection):
            given.refuse("org", org, "a SalesforceConnection")
        given.matching("channel", channel, _CHANNEL, "a channel, like /event/Order__e or /data/ChangeEvents")
        given.whole("start", start, bayeux.ALL_RETAINED)
        given.one_of("on_lost_position", on_lost_position, get_args(OnLostPosition))
        self._org = org
        self._channel = channel
        self._start = start
        self._on_lost_position = on_lost_position
        self._clock = clock or SystemClock()
        self._position = start
        self._condition = Condition("connecting", self._clock.real_now())
        self._retry_at = 0
        self._failures = 0
        """Conversations without one that went well in between."""
        self._refused = 0
        """How often a session was refused without one that worked in between."""

    @property
    def name(self) -> str:
        return self._channel

    def describe(self) -> str:
        lost = "stops" if self._on_lost_position == "stop" else "goes on with all that is retained"
        first = {bayeux.TIP: "new events", bayeux.ALL_RETAINED: "all that is retained"}.get(
            self._start, f"after {self._start}"
        )
        return (
            f"CometD {self._channel} at {self._org.describe()}; first: {first}; "
            f"{lost} where its position is lost"
        )

    def condition(self) -> Condition:
        """How the conversation with the org is."""
        if self._condition.state != "waiting":
            return self._condition
        return replace(self._condition, retry_in=max(0, self._retry_at - self._clock.now()))

    def _is(self, state: Literal["connecting", "reading", "waiting"], why: str | None = None) -> None:
        """Note a change; who tries again and again has been at it since the first time."""
        begun = self._condition.since if {state, self._condition.state} == {"connecting", "waiting"} else None
        if state != self._condition.state:
            why = why or (self._condition.why if state == "connecting" else None)
            self._condition = Condition(state, begun or self._clock.real_now(), why)

    async def run(self, position: str | None, deliver: Delivery) -> None:
        """Read on, conversation after conversation. Raises SourceFailed where the org refuses for good."""
        self._position = self._start if position is None else int(position)
        client = self._org.new_client(ANSWER_BYTES_MAX)
        try:
            while True:
                self._is("connecting")
                try:
                    await self._converse(client, deliver)
                except _PositionLost as lost:
                    self._go_on_or_stop(str(lost))
                except _Broken as broken:
                    wait = self._pause(broken.interval)
                    _log.warning("reading anew", channel=self._channel, why=str(broken), after=wait)
                    self._retry_at = self._clock.now() + wait
                    self._is("waiting", str(broken))
                    await self._clock.sleep_until(self._clock.now() + wait)
        finally:
            await client.close()

    def _pause(self, interval: int | None) -> int:
        """How long to wait, in milliseconds; an advised `interval` counts alone where things went well."""
        self._failures += 1
        if self._failures == 1 and interval is not None:
            return interval
        return max(interval or 0, min(PAUSE_MIN << min(self._failures - 1, 16), PAUSE_MAX))

    async def close(self) -> None:
        """Give the connections up."""
        await self._org.close()

    async def _converse(self, client: HttpClient, deliver: Delivery) -> None:
        """One conversation, to its end, which is always an exception."""
        client.forget_cookies()
        talk = await self._handshake(client, deliver)
        try:
            await self._subscribe(client, talk, deliver)
            _log.info("subscribed", channel=self._channel, after=self._position)
            first = bayeux.connect(talk.client_id, timeout=0)
            await self._take(await self._ask(client, talk, first), talk, deliver)
            self._is("reading")
            while True:
                if talk.interval:
                    await self._clock.sleep_until(self._clock.now() + talk.interval)
                message = bayeux.connect(talk.client_id)
                await self._take(await self._ask(client, talk, message), talk, deliver)
                self._failures = self._refused = 0
        except _Broken:
            raise
        except BaseException:
            with suppress(_Broken):  # the org counts clients until it has heard nothing of them for a while
                await self._ask(client, talk, bayeux.disconnect(talk.client_id), GOODBYE_SECONDS)
            raise

    async def _handshake(self, client: HttpClient, deliver: Delivery) -> _Conversation:
        try:
            session = await self._org.session()
        except LoginFailed as error:
            if error.refused:
                raise SourceFailed(str(error)) from None
            raise _Broken(str(error)) from None
        talk = _Conversation(session, f"{session.instance_url}/cometd/{self._org.api_version}")
        try:
            replies = await self._ask(client, talk, bayeux.handshake({"replay": True}))
            await self._take(replies, talk, deliver)
        except _Expired:
            await self._renew(session)
            raise
        talk.client_id = next((each.client_id for each in replies if each.client_id), "")
        if not talk.client_id:
            raise _Broken("the org gave no client id")
        return talk

    async def _subscribe(self, client: HttpClient, talk: _Conversation, deliver: Delivery) -> None:
        message = bayeux.subscribe(talk.client_id, self._channel, self._position)
        replies = await self._ask(client, talk, message)
        await self._take(replies, talk, deliver)
        if not any(each.channel == bayeux.SUBSCRIBE and each.successful for each in replies):
            raise _Broken("the org did not say whether it has subscribed us")

    async def _ask(
        self, client: HttpClient, talk: _Conversation, message: bayeux.Built, seconds: float | None = None
    ) -> list[bayeux.Reply]:
        """The replies to one message. Raises _Broken, _Expired."""
        headers = {"Content-Type": bayeux.CONTENT_TYPE, **talk.session.headers}
        limit = talk.held / SECOND + GRACE_SECONDS if seconds is None else seconds
        try:
            answer = await client.ask(
                "POST", talk.url, body=bayeux.write_messages(message), headers=headers, seconds=limit
            )
        except NoAnswer as error:
            raise _Broken(str(error)) from None
        try:
            replies = bayeux.parse_replies(answer.body)
        except bayeux.BayeuxError:
            raise self._no_replies(answer) from None
        if not any(each.channel or each.successful is False for each in replies):
            raise self._no_replies(answer)
        return replies

    def _no_replies(self, answer: Answer) -> _Broken:
        if answer.status == 401:
            return _Expired("status 401")
        after = answer.retry_after(self._clock.real_now())
        return _Broken(f"status {answer.status} without Bayeux messages: {answer.said()}", after)

    async def _take(self, replies: list[bayeux.Reply], talk: _Conversation, deliver: Delivery) -> None:
        """Deliver the events among `replies`, then heed what the others say."""
        events = [each for each in replies if each.is_event and each.channel == self._channel]
        if events:
            messages = [self._message(each) for each in events]
            position = max([self._position, *(_replay_id(each) for each in events)])
            await deliver(messages, str(position))
            self._position = position
        for reply in replies:
            if reply.advice is not None:
                talk.held = reply.advice.timeout if reply.advice.timeout is not None else talk.held
                talk.interval = reply.advice.interval or 0
            if not reply.is_event and reply.successful is False:
                await self._heed(reply, talk)
            elif reply.channel == bayeux.CONNECT and _reconnect(reply) == "handshake":
                raise _Broken("the org asks for a new handshake", talk.interval)

    async def _heed(self, reply: bayeux.Reply, talk: _Conversation) -> None:
        """Raise what a refusal means: _Expired, _PositionLost, SourceFailed, or _Broken."""
        problem = reply.reason or reply.error or bayeux.Problem(0, "", "refused without a reason")
        if problem.code == 401:
            if reply.channel != bayeux.HANDSHAKE:
                await self._renew(talk.session)
            raise _Expired(str(problem), 0 if self._refused <= 1 else None)
        if reply.channel == bayeux.SUBSCRIBE and problem.text.startswith(_LOST):
            raise _PositionLost(str(problem))
        if problem.code in (400, 403, 404, 413) and not any(each in problem.text for each in _PASSING):
            raise SourceFailed(f"{self._org.url} refuses {self._channel}: {problem}")
        asked_anew = _reconnect(reply) == "handshake"
        raise _Broken(str(problem), reply.advice.interval if asked_anew and reply.advice else None)

    async def _renew(self, session: Session) -> None:
        """Have the session renewed. Raises SourceFailed where even new ones are refused."""
        self._refused += 1
        if self._refused > 2:
            raise SourceFailed(f"{self._org.url} refuses even new sessions for {self._channel}")
        try:
            await self._org.renew(session)
        except LoginFailed as error:
            if error.refused:
                raise SourceFailed(str(error)) from None
            raise _Broken(str(error)) from None

    def _go_on_or_stop(self, why: str) -> None:
        lost = self._position
        if self._on_lost_position == "stop" or lost == bayeux.ALL_RETAINED:
            raise SourceFailed(
                f"{self._channel}: events after the position {lost} are no longer retained ({why}): "
                'start with on_lost_position="all_retained" to go on with those that are'
            )
        _log.error(
            "events are missing; going on with all that is retained", channel=self._channel, after=lost
        )
        self._position = bayeux.ALL_RETAINED

    def _message(self, reply: bayeux.Reply) -> Message:
        data: Mapping[str, Any] = reply.data if isinstance(reply.data, Mapping) else {}
        event: Mapping[str, Any] = data.get("event") or {}
        replay_id = str(_replay_id(reply))
        headers = {"channel": reply.channel, "replay_id": replay_id}
        if "schema" in data:
            headers["schema"] = str(data["schema"])
        body = data.get("payload", data.get("sobject"))
        return Message(str(event.get("EventUuid") or f"{reply.channel} {replay_id}"), body, headers)


def _replay_id(reply: bayeux.Reply) -> int:
    """An event's replay id. Raises _Broken where it has none: it could not be kept with a position."""
    try:
        return int(reply.data["event"]["replayId"])
    except (KeyError, TypeError, ValueError):
        raise _Broken(f"an event of {reply.channel} has no replay id") from None


def _reconnect(reply: bayeux.Reply) -> str | None:
    return reply.advice.reconnect if reply.advice is not None else None
