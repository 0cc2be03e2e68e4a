"""Events: the face of the org for subscribers.

A subscriber opens a channel, asks where to begin, and reads page by page; between the pages it waits for
events. It has no queue here: it is a position, which it keeps itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

from isthmus.kernel.errors import fault
from isthmus.org.events import channels
from isthmus.org.events.channels import Channel
from isthmus.org.events.feed import ChannelPage
from isthmus.org.events.schema import EventSchema, EventType, event_type, schema_of
from isthmus.org.org.state import OrgState
from isthmus.org.security.principal import Principal


@dataclass(frozen=True, slots=True)
class NamedSchema:
    """A schema of an event, and its id."""

    schema_id: str
    schema: EventSchema


def _named(event: EventType) -> NamedSchema:
    return NamedSchema(event.schema_id, schema_of(event.definition))


class EventFace(OrgState):
    """Channels, where to begin in them, and what is in them."""

    def open_channel(self, principal: Principal, name: str) -> Channel:
        """The channel of that name, `/event/Order__e`.

        Faults: `channel_name_missing`, `channel_without_slash`, `channel_unknown` (a wildcard, too, is the
        name of none), `channel_access_denied`, `event_delivery_limit_exceeded`.
        """
        channel = channels.open_channel(self.schema, principal.access, name)
        self._delivered[channel.retention].check()
        return channel

    async def starting_position(self, channel: Channel, replay_id: int) -> int:
        """Where to begin: -1 the tip, -2 all that is retained, n after n. Fault: `replay_id_invalid`."""
        return await self._feed.starting_position(channel, replay_id)

    def may_have_events(self, after: int) -> bool:
        """Whether `read_channel` may find events above a position; where not, nobody has to ask."""
        return self._feed.may_have(after)

    async def read_channel(
        self, principal: Principal, channel: Channel, after: int, limit: int, api_version: int
    ) -> ChannelPage:
        """Up to `limit` events whose positions are above `after`, in order, and how far that was.

        A page without events has been read up to its position, too. Fault: `channel_access_denied`.
        """
        channels.check_access(channel, principal.access)
        variant = channel.view.variant(principal.access, api_version)
        return await self._feed.read(channel, after, limit, variant)

    def event_schema_of(self, principal: Principal, event: str) -> NamedSchema:
        """The schema of an event by its API name, in any case. Fault: `resource_not_found`."""
        found = self.schema.find(event)
        if found is None or not found.published or not principal.access.may_read(found.name):
            raise fault("resource_not_found")
        return _named(event_type(found))

    async def event_schema(self, principal: Principal, schema_id: str) -> NamedSchema:
        """A schema by its id: one in force, or one that retained events were published by.

        Fault: `resource_not_found`.
        """
        in_force = (_named(event_type(each)) for each in self.schema if each.published)
        found = next((each for each in in_force if each.schema_id == schema_id), None)
        if found is None and (definition := await self._feed.schema(schema_id)) is not None:
            found = NamedSchema(schema_id, schema_of(definition))
        if found is None or not principal.access.may_read(found.schema.name):
            raise fault("resource_not_found")
        return found

    def on_events(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` in the running loop, once for all that a commit brought; returns what ends that.

        It may be called where there is nothing to read in a channel.
        """
        return self._feed.on_events(wake)
