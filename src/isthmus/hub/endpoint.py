"""Endpoints: where messages come from and go to; what a connector is to the hub.

A source hands messages over together with the position it has read up to, and goes on once both are on
disk. A sink takes one message at a time; several may be under way at once, as the route allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, runtime_checkable

from isthmus.hub.message import Message

__all__ = [
    "OWN_MISTAKES",
    "SINK",
    "SOURCE",
    "Closable",
    "Condition",
    "Delivery",
    "Sink",
    "SinkFailed",
    "Source",
    "SourceFailed",
    "Telling",
]


SOURCE: Final = ("name", "describe", "run")
SINK: Final = ("name", "exactly_once", "describe", "send")
"""What makes a value a source, or a sink."""


OWN_MISTAKES: Final = (Exception, SystemExit, KeyboardInterrupt)
"""What the code of a hub file may raise, and the hub goes on. Ctrl-C is a signal, and comes otherwise."""


class SinkFailed(Exception):
    """The sink has not taken the message, or not so that we would know.

    `retry` says whether sending it again can help; without it the message goes to the dead letters at once.
    `after` are the milliseconds that the other side asked us to wait (`Retry-After`), where it did.
    """

    def __init__(self, reason: str, retry: bool = True, after: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.after = after


class SourceFailed(Exception):
    """The source can't go on by itself: its route stops, and says so, until it is started again."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a source is: connecting, reading, or waiting to try again after `retry_in` milliseconds.

    `since` is real time, in milliseconds since the epoch; `why` says what it stumbled over.
    """

    state: Literal["connecting", "reading", "waiting"]
    since: int
    why: str | None = None
    retry_in: int | None = None


class Delivery(Protocol):
    """What a source is given to hand its messages over with."""

    async def __call__(self, messages: Sequence[Message], position: str) -> None:
        """Return when `messages` and `position` are on disk, in one commit.

        It waits where the channel is full. A message whose key the channel has seen is not kept again.
        """
        ...


@runtime_checkable
class Source(Protocol):
    """Where a route's messages come from."""

    @property
    def name(self) -> str: ...

    def describe(self) -> str:
        """One line for `isthmus hub show`, without secrets."""
        ...

    async def run(self, position: str | None, deliver: Delivery) -> None:
        """Read on after `position` (None: never read before), until cancelled; reconnect by itself.

        Raises SourceFailed where only somebody's decision can help.
        """
        ...


@runtime_checkable
class Telling(Protocol):
    """A source that can say how it is."""

    def condition(self) -> Condition: ...


@runtime_checkable
class Sink(Protocol):
    """Where a route's messages go."""

    @property
    def name(self) -> str: ...

    @property
    def exactly_once(self) -> bool:
        """Whether a message that is sent twice has its effect once, because the sink knows its key."""
        ...

    def describe(self) -> str:
        """One line for `isthmus hub show`, without secrets."""
        ...

    async def send(self, message: Message) -> Any:
        """Send it; the reply, as JSON can say it. Raises SinkFailed."""
        ...


@runtime_checkable
class Closable(Protocol):
    """An endpoint that holds something (connections) beyond one call; the hub closes it at its end."""

    async def close(self) -> None: ...
