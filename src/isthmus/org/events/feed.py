"""Feed: the journal as its subscribers read it.

Each is a cursor: a position up to which it has read. Those who have read nearly everything are served from a
tail in memory, which is read from the journal once for all of them; who is further behind reads the journal.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from isthmus.kernel.clock import MINUTE, Clock
from isthmus.kernel.errors import fault
from isthmus.kernel.journal import Entry, Journal
from isthmus.org.events.channels import Channel
from isthmus.org.events.renderings import Renderings
from isthmus.org.events.retention import LONGEST, RETENTION
from isthmus.org.events.tail import Tail
from isthmus.org.events.wakes import Wakes

T = TypeVar("T")

TIP: Final = -1
"""A replay id: events that are published from now on."""
ALL: Final = -2
"""A replay id: every event that is retained."""
ENTRIES_MAX: Final = 200
"""So many entries are read at once."""
PAGE_BYTES_MAX: Final = 4 * 1024 * 1024
"""A page ends with the event that reaches this."""
_SCHEMAS_MAX: Final = 512


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """One event in a channel: `data` is the JSON of its message's `data` member."""

    position: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ChannelPage:
    """Events in their order. `position` is how far has been read: where the next page begins."""

    events: tuple[ChannelEvent, ...]
    position: int


class EventFeed:
    """What subscribers read from `journal`. `shared`: other processes publish into it, too, and it is at the
    other end of a network, so that the event loop does not wait for it.
    """

    def __init__(self, journal: Journal, clock: Clock, *, shared: bool) -> None:
        self._journal = journal
        self._clock = clock
        self._shared = shared
        self._tail: Tail | None = None
        self._behind = True
        """Whether there may be more in the journal than in the tail."""
        self._reading = asyncio.Lock()
        self._renderings = Renderings()
        self._schemas: dict[str, bytes] = {}
        self._purging = asyncio.Lock()
        self._purged = 0
        """When the last purge began (org time), whatever became of it."""
        self._wakes = Wakes(clock, self._look if shared else None)
        journal.on_wake(self._appended)

    def on_events(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` in the running loop, once for all that a commit brought; returns what ends that."""
        return self._wakes.add(wake)

    def close(self) -> None:
        """Look no more for what other processes publish."""
        self._wakes.close()

    async def starting_position(self, channel: Channel, replay_id: int) -> int:
        """Where a subscriber begins who asks for `replay_id`: -1 the tip, -2 all that is retained, n after n.

        Fault: `replay_id_invalid`.
        """
        if replay_id == TIP:
            return await self._ask(self._journal.tip)
        if replay_id == ALL:
            return 0
        async with self._purging:
            if self._clock.now() - self._purged >= MINUTE:
                await self.purge()
        if not await self._ask(partial(self._journal.valid, replay_id, channel.retention)):
            raise fault("replay_id_invalid", replay_id=replay_id)
        return replay_id

    def may_have(self, after: int) -> bool:
        """Whether there may be events above a position, of any channel: without a look into the journal."""
        tail = self._tail
        return tail is None or self._behind or after < tail.upto or (self._shared and not self._wakes.looking)

    async def read(self, channel: Channel, after: int, limit: int, variant: Hashable) -> ChannelPage:
        """Up to `limit` events of `channel` whose positions are above `after`."""
        tail = await self._caught_up()
        if after >= tail.floor:
            entries, upto = tail.after(after), max(tail.upto, after)
        else:
            entries, upto = await self._ask(partial(self._stretch, after, channel.topics, limit))
        oldest = self._clock.now() - RETENTION[channel.retention]
        wanted = [each for each in entries if each.fact.topic in channel.topics and each.fact.time >= oldest]
        await self._learn(each.fact.schema_id for each in wanted)
        events: list[ChannelEvent] = []
        size = 0
        for position, entry in _events(wanted, after):
            if len(events) >= limit or size >= PAGE_BYTES_MAX:
                return ChannelPage(tuple(events), events[-1].position)
            try:
                data = self._renderings.get(entry, position, channel, variant, self._schemas)
            except Exception:
                if not events:
                    raise
                return ChannelPage(tuple(events), events[-1].position)  # what comes before it can be had
            size += len(data)
            events.append(ChannelEvent(position, data))
        return ChannelPage(tuple(events), upto)

    async def schema(self, schema_id: str) -> bytes | None:
        """The definition of a schema that events were published by, or None."""
        return self._schemas.get(schema_id) or await self._ask(partial(self._journal.schema, schema_id))

    async def forget(self) -> None:
        """Forget every event. Positions go on from where they are."""
        now = self._clock.now()
        async with self._reading:
            for retention in RETENTION:
                await asyncio.to_thread(self._journal.purge, now + 1, retention)
            self._tail, self._behind = None, True

    async def purge(self) -> None:
        """Forget the events whose time is over, and the schemas that only they had."""
        now = self._purged = self._clock.now()
        for retention, kept in RETENTION.items():
            await asyncio.to_thread(self._journal.purge, now - kept, retention)
        await asyncio.to_thread(self._journal.purge_schemas, now - LONGEST)

    def _appended(self) -> None:
        self._behind = True
        self._wakes.tell()

    async def _look(self) -> bool:
        """Whether another process has published."""
        tail = self._tail
        if tail is None or await self._ask(self._journal.tip) > tail.upto:
            self._behind = True
        return self._behind

    async def _caught_up(self) -> Tail:
        """The tail, with all that has been published; one read for all who ask meanwhile."""
        if self._shared and not self._wakes.looking:
            self._behind = True
        if self._tail is not None and not self._behind:
            return self._tail
        async with self._reading:
            if self._tail is None:
                self._tail = Tail(await self._ask(self._journal.tip))
            while self._behind:
                self._behind = False
                try:
                    more, upto = await self._ask(partial(self._stretch, self._tail.upto, None, ENTRIES_MAX))
                except BaseException:
                    self._behind = True
                    raise
                self._tail.extend(more, upto)
                if len(more) == ENTRIES_MAX:  # and never to False: a commit may have said so meanwhile
                    self._behind = True
            return self._tail

    def _stretch(self, after: int, topics: Sequence[str] | None, limit: int) -> tuple[Sequence[Entry], int]:
        """What follows in the journal, and how far that is: up to the tip, unless there is more."""
        tip = self._journal.tip()
        limit = max(1, min(limit, ENTRIES_MAX))
        entries = self._journal.read(after, topics, limit)
        return entries, entries[-1].last if len(entries) == limit else max(tip, after)

    async def _learn(self, schema_ids: Iterable[str]) -> None:
        """Know the schemas by which events were published."""
        wanted = set(schema_ids)
        if wanted <= self._schemas.keys():
            return
        if len(self._schemas) >= _SCHEMAS_MAX:
            self._schemas = {}
        for schema_id in wanted - self._schemas.keys():
            definition = await self._ask(partial(self._journal.schema, schema_id))
            assert definition is not None, "a schema is kept as long as its events"
            self._schemas[schema_id] = definition

    async def _ask(self, question: Callable[[], T]) -> T:
        return await asyncio.to_thread(question) if self._shared else question()


def _events(entries: Iterable[Entry], after: int) -> Iterable[tuple[int, Entry]]:
    """The events above a position, each with the entry that it is in."""
    for entry in entries:
        for position in range(max(entry.position, after + 1), entry.last + 1):
            yield position, entry
