"""Retention: how long an event can be replayed, by its class.

A replay id is checked against the events of its class: it is good from just before the oldest of them that
is still there up to the tip. Source: Platform Events Developer Guide, Event Message Durability and Retention;
Streaming API Developer Guide, Message Durability.
"""

from collections.abc import Mapping
from typing import Final

from isthmus.kernel.clock import HOUR
from isthmus.org.schema.model import SObjectType

HIGH_VOLUME: Final = "high-volume"
"""High-volume platform events, and change events."""
STANDARD: Final = "standard"
"""Standard-volume platform events, PushTopic and generic events."""

RETENTION: Final[Mapping[str, int]] = {HIGH_VOLUME: 72 * HOUR, STANDARD: 24 * HOUR}
"""Milliseconds of org time for which an event is kept."""
LONGEST: Final = max(RETENTION.values())


def retention_of(sobject: SObjectType) -> str:
    """The class of an event's object."""
    return STANDARD if sobject.event_type == "StandardVolume" else HIGH_VOLUME
