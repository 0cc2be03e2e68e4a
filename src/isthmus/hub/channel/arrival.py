"""Arrivals: messages on their way into a channel, in the form in which they are stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from isthmus.hub.channel.counts import COPIES, Changes
from isthmus.hub.channel.tables import State
from isthmus.hub.endpoint import OWN_MISTAKES
from isthmus.hub.message import Message
from isthmus.kernel.database import Transaction, Value

__all__ = ["Arrival", "Inserted", "decode", "encode", "insert", "plain"]

_WAITING: Final = str(State.WAITING)
_DEAD: Final = str(State.DEAD)
_SEQUENCE: Final = "hub.message"
_INSERT: Final = (
    'INSERT INTO "hub_message" ("id", "channel", "key", "state", "lane", "payload", "received", "copies", '
    '"since", "due", "leased_until", "attempts", "failures", "finished", "cause", "behind") '
    "VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, 0, 0, 0, ?, ?, {}) "
    'ON CONFLICT ("channel", "key") DO NOTHING'
)
_FREE: Final = _INSERT.format("0")
_IN_ITS_LANE: Final = _INSERT.format(
    'CASE WHEN EXISTS (SELECT 1 FROM "hub_message" e WHERE e."channel" = ? AND e."lane" = ? '
    f"AND e.\"state\" = '{State.WAITING}') THEN 1 ELSE 0 END"
)
_KEPT: Final = 'SELECT "id" FROM "hub_message" WHERE "id" BETWEEN ? AND ?'
_COPY: Final = 'UPDATE "hub_message" SET "copies" = "copies" + 1 WHERE "channel" = ? AND "key" = ?'
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(tuple[Any, dict[str, str]])


class Arrival(NamedTuple):
    """A message as it is stored. `lane`: those of one lane are sent in order, None in any. One with a
    `cause` is a dead letter from the start.
    """

    channel: str
    key: str
    lane: str | None
    payload: bytes
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Inserted:
    """How many messages were new: to be sent, and dead from the start."""

    waiting: int
    dead: int


def encode(message: Message, channel: str, order_by: Callable[[Message], str] | None = None) -> Arrival:
    """The message on its way into `channel`; as a dead letter where it, or its order, can't be told."""
    try:
        _check_text(message.key, "key")
        for name, value in message.headers.items():
            _check_text(name, "header name")
            _check_text(value, f"header {name}")
        payload = _encoder.encode((message.body, message.headers))
    except (TypeError, ValueError, RecursionError) as error:
        headers = {plain(str(name)): plain(str(value)) for name, value in message.headers.items()}
        shown = _encoder.encode((plain(repr(message.body)), headers))
        return Arrival(channel, plain(str(message.key)), None, shown, f"it can't be stored: {error}")
    if order_by is None:
        return Arrival(channel, message.key, None, payload)
    try:
        lane = order_by(message)
        _check_text(lane, "order")
        return Arrival(channel, message.key, lane, payload)
    except OWN_MISTAKES as error:  # the hub file's own function; its message must not stop others
        cause = f"order_by can't tell its order: {type(error).__name__}: {error}"
        return Arrival(channel, message.key, None, payload, cause)


def plain(text: str) -> str:
    """The text as both databases can store it: others' error messages hold whatever they like."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _check_text(value: object, what: str) -> None:
    """Raises TypeError for what is no text, ValueError for text that can't be stored."""
    if not isinstance(value, str):
        raise TypeError(f"its {what} is no text but a {type(value).__name__}")
    if not (value.isascii() and "\0" not in value) and plain(value) != value:
        raise ValueError(f"its {what} holds characters that can't be stored")


def decode(key: str, payload: bytes) -> Message:
    """The message that was stored."""
    body, headers = _decoder.decode(payload)
    return Message(key, body, headers)


def insert(tx: Transaction, arrivals: Sequence[Arrival], now: int, changes: Changes) -> Inserted:
    """Keep what is new, and note in `changes` what is to be counted.

    A key that the channel knows counts one copy more, and nothing else.
    """
    if not arrivals:
        return Inserted(0, 0)
    first = tx.next_in_sequence(_SEQUENCE, len(arrivals))
    numbered = list(enumerate(arrivals, first))
    tx.execute_many(_FREE, [_row(number, each, now) for number, each in numbered if each.lane is None])
    in_lanes = [(number, each) for number, each in numbered if each.lane is not None]
    if in_lanes:
        rows = [(*_row(number, each, now), each.channel, each.lane) for number, each in in_lanes]
        tx.execute_many(_IN_ITS_LANE, rows)
    kept = {row[0] for row in tx.rows(_KEPT, (first, first + len(arrivals) - 1))}
    new = [each for number, each in numbered if number in kept]
    if len(new) < len(arrivals):
        known = [each for number, each in numbered if number not in kept]
        tx.execute_many(_COPY, [(each.channel, each.key) for each in known])
        changes.update((each.channel, COPIES) for each in known)
    dead = sum(each.cause is not None for each in new)
    changes.update((each.channel, _WAITING if each.cause is None else _DEAD) for each in new)
    return Inserted(len(new) - dead, dead)


def _row(number: int, arrival: Arrival, now: int) -> tuple[Value, ...]:
    state, died = (_WAITING, None) if arrival.cause is None else (_DEAD, now)
    head = (number, arrival.channel, arrival.key, state, arrival.lane, arrival.payload)
    return (*head, now, now, now, died, None if arrival.cause is None else plain(arrival.cause))
