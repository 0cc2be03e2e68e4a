"""Channels: views of the journal that a subscriber can name.

| channel           | what is seen in it                                                    |
|-------------------|-----------------------------------------------------------------------|
| `/event/Name__e`  | a platform event; its messages have every field, whoever reads them   |

Names are case-sensitive, and stand for one channel each: there are no wildcards.

Source: Platform Events Developer Guide, Subscribe to Platform Event Notifications with CometD (the name is
case-sensitive), Considerations (field-level security doesn't apply); Streaming API Developer Guide, Streaming
API Error Codes.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from isthmus.kernel.errors import fault
from isthmus.kernel.journal import Entry
from isthmus.org.events.platform_events import PLATFORM_EVENTS
from isthmus.org.events.retention import retention_of
from isthmus.org.schema.model import Schema
from isthmus.org.security.access import Access

_EVENT: Final = "/event/"


class View(Protocol):
    """How one kind of channel shows the journal's facts."""

    def variant(self, access: Access, api_version: int) -> Hashable:
        """Equal for subscribers who see equal messages: a rendering is shared by them, and by no others."""
        ...

    def render(self, entry: Entry, definition: bytes, variant: Hashable) -> Sequence[bytes]:
        """The `data` of the message of each event of an entry, as JSON."""
        ...


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that exists and that the one who opened it may read."""

    name: str
    topics: tuple[str, ...]
    """The journal's topics that are seen in it: API names of objects."""
    retention: str
    view: View


def open_channel(schema: Schema, access: Access, name: str) -> Channel:
    """The channel of that name, `/event/Order__e`.

    Faults: `channel_name_missing`, `channel_without_slash`, `channel_unknown`, `channel_access_denied`.
    """
    if not name:
        raise fault("channel_name_missing")
    if not name.startswith("/"):
        raise fault("channel_without_slash")
    wanted = name.removeprefix(_EVENT)
    sobject = schema.find(wanted) if wanted != name else None
    if sobject is None or not sobject.published or sobject.name != wanted:
        raise fault("channel_unknown", channel=name)
    channel = Channel(name, (sobject.name,), retention_of(sobject), PLATFORM_EVENTS)
    check_access(channel, access)
    return channel


def check_access(channel: Channel, access: Access) -> None:
    """Who subscribes needs to read every object whose events are seen. Fault: `channel_access_denied`."""
    if not all(map(access.may_read, channel.topics)):
        raise fault("channel_access_denied")
