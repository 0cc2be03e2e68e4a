"""Body: how the events of one fact lie in the journal.

MessagePack, `[created by, [[uuid, value, …], …]]`; the values are those of the schema's fields, as records
have them. When it was is the fact's time.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from isthmus.org.schema.values import Stored

Message: TypeAlias = tuple[Stored, ...]
"""The event's UUID, then the values of its fields."""

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(tuple[str, list[list[Stored]]])


def encode_message(uuid: str, values: Sequence[Stored]) -> bytes:
    """One event."""
    return _encoder.encode((uuid, *values))


def encode_body(created_by: str, messages: Sequence[bytes]) -> bytes:
    """The body of a fact with these events, each encoded already."""
    return _encoder.encode((created_by, [msgspec.Raw(each) for each in messages]))


def decode_body(body: bytes) -> tuple[str, list[list[Stored]]]:
    """Who published them, and the events."""
    return _decoder.decode(body)
