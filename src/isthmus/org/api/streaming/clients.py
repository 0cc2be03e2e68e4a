"""Clients: who has shaken hands, where each one's cursors stand, and the connect that waits for events.

A client is a cursor for each channel it has subscribed to, and has no queue: what it has not been sent lies
in the journal. It is forgotten when it has disconnected, or has not connected again for 40 seconds of org
time.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from isthmus.kernel.clock import SECOND, Clock
from isthmus.org.org import Channel
from isthmus.org.security.principal import Principal
from isthmus.wire.bayeux import Advice, Message

HELD_AT_MOST: Final = 110 * SECOND
"""How long a connect waits for events. Source: Streaming API Developer Guide, "Bayeux Protocol, CometD, and
Long Polling".
"""
AWAY_AT_MOST: Final = 40 * SECOND
"""Between the answer to a connect and the next one. Source: as above."""
SUBSCRIPTIONS_MAX: Final = 100
"""Of one client."""


class Subscription:
    """A channel that a client reads, and the position after which it goes on."""

    __slots__ = ("channel", "position")

    def __init__(self, channel: Channel, position: int) -> None:
        self.channel = channel
        self.position = position


Give: TypeAlias = Callable[[bytes], None]
"""Answers a request with a message, or several, as they go over the wire."""


class Poll:
    """A connect that waits. `give` answers it, with its reply and the events before it, and is called once;
    `advice` goes with the reply.

    `taken` are the subscriptions whose events are in it, with the positions before and after: who can't be
    given the answer gets them again.
    """

    __slots__ = ("advice", "give", "message", "taken")

    def __init__(self, message: Message, advice: Advice | None, give: Give) -> None:
        self.message = message
        self.advice = advice
        self.give = give
        self.taken: tuple[tuple[Subscription, int, int], ...] = ()

    def give_back(self) -> None:
        """The answer has not gone out: let its events be read again, where nothing was read since."""
        for subscription, before, after in self.taken:
            if subscription.position == after:
                subscription.position = before


class Client:
    """One client. `due` (org time) is when its poll has waited for long enough or, without one, it is gone.

    `browser` is the cookie that its requests carry. `principal` is whoever `token` said at its last request.
    """

    __slots__ = (
        "browser",
        "connected",
        "due",
        "id",
        "poll",
        "principal",
        "subscriptions",
        "token",
        "version",
    )

    def __init__(self, client_id: str, browser: str, principal: Principal, token: str, version: int) -> None:
        self.id = client_id
        self.browser = browser
        self.principal = principal
        self.token = token
        self.version = version
        self.subscriptions: dict[str, Subscription] = {}
        self.poll: Poll | None = None
        self.connected = False
        self.due = 0


class Clients:
    """Every client of an org, by its id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._clients: dict[str, Client] = {}

    def __len__(self) -> int:
        return len(self._clients)

    def count(self) -> int:
        """How many clients there are that are not gone."""
        return sum(not self._is_gone(each) for each in self._clients.values())

    def __iter__(self) -> Iterator[Client]:
        return iter(tuple(self._clients.values()))

    def get(self, client_id: str) -> Client | None:
        """The client of an id, if it is still known."""
        client = self._clients.get(client_id)
        return None if client is None or self._is_gone(client) else client

    def add(self, client: Client) -> None:
        """Know a client; it has to connect in time."""
        self.release(client)
        self._clients[client.id] = client

    def hold(self, client: Client, poll: Poll, milliseconds: int) -> None:
        """Let a client's connect wait; it has no other one that does."""
        client.poll = poll
        client.due = self._clock.now() + milliseconds

    def release(self, client: Client) -> None:
        """No connect of the client waits any longer; it has to connect again in time."""
        client.poll = None
        client.due = self._clock.now() + AWAY_AT_MOST

    def remove(self, client: Client) -> None:
        """Forget a client."""
        self._clients.pop(client.id, None)

    def waiting(self) -> list[Client]:
        """The clients whose connect waits."""
        return [each for each in self._clients.values() if each.poll is not None]

    def overdue(self) -> list[Client]:
        """The clients whose connect has waited for long enough; those that are gone are forgotten."""
        now = self._clock.now()
        over = [each for each in self._clients.values() if each.due <= now]
        for each in over:
            if each.poll is None:
                self.remove(each)
        return [each for each in over if each.poll is not None]

    def _is_gone(self, client: Client) -> bool:
        return client.poll is None and client.due <= self._clock.now()
