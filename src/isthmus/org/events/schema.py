"""Schema of an event: the fields of its messages, under an id that another set of fields would not have.

The id is 22 characters of base64url, as the platform's are. What it stands for is kept in the journal with
the events, so that they can be read after their object has changed.

Source: Platform Events Developer Guide, Get the Event Schema.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec

from isthmus.org.events.retention import retention_of
from isthmus.org.schema.model import FieldType, SObjectType
from isthmus.org.schema.tables import is_stored
from isthmus.org.schema.values import Stored

SYSTEM_FIELDS: Final = frozenset({"ReplayId", "CreatedDate", "CreatedById", "EventUuid"})
"""They are not the publisher's, and not in the values of an event."""
_DEFINITIONS_MAX: Final = 512


class EventField(msgspec.Struct, frozen=True, array_like=True):
    """A field of an event, as its definition is written down."""

    name: str
    type: FieldType
    nillable: bool


class EventSchema(msgspec.Struct, frozen=True):
    """What the messages of an event hold, in this order."""

    name: str
    fields: tuple[EventField, ...]


@dataclass(frozen=True, slots=True)
class EventType:
    """A platform event as its publishers meet it."""

    name: str
    schema_id: str
    definition: bytes
    """The schema as it is kept: see `schema_of`."""
    fields: tuple[str, ...]
    immediate: bool
    """Publish Immediately: whatever becomes of the transaction."""
    retention: str
    high_volume: bool

    def values(self, values: Mapping[str, Stored]) -> tuple[Stored, ...]:
        """A record's values as a message has them."""
        return tuple(map(values.get, self.fields))


def event_type(sobject: SObjectType) -> EventType:
    """The event that records of `sobject`, a platform event's object, are published as."""
    fields = tuple(
        EventField(each.name, each.type, each.nillable)
        for each in sobject.fields
        if is_stored(each) and each.name not in SYSTEM_FIELDS
    )
    definition = msgspec.json.encode(EventSchema(sobject.name, fields))
    return EventType(
        name=sobject.name,
        schema_id=_fingerprint(definition),
        definition=definition,
        fields=tuple(each.name for each in fields),
        immediate=sobject.publish_behavior == "PublishImmediately",
        retention=retention_of(sobject),
        high_volume=sobject.event_type != "StandardVolume",
    )


@lru_cache(maxsize=_DEFINITIONS_MAX)
def schema_of(definition: bytes) -> EventSchema:
    """The schema that a definition in the journal stands for."""
    return msgspec.json.decode(definition, type=EventSchema)


def _fingerprint(definition: bytes) -> str:
    digest = hashlib.blake2b(definition, digest_size=16).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
