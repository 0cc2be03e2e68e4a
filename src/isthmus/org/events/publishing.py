"""Publishing: events that saves have made go to the journal, with the commit or at once."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from isthmus.kernel.clock import MINUTE
from isthmus.kernel.database import Transaction
from isthmus.kernel.ids import Ids
from isthmus.kernel.journal import Fact, Journal
from isthmus.org.events.body import encode_body
from isthmus.org.events.schema import EventType
from isthmus.org.limits.window import Window
from isthmus.org.schema.values import Stored

RUN_EVENTS_MAX: Final = 200
RUN_BYTES_MAX: Final = 256 * 1024
"""Events of one transaction share a fact, up to so many and so much; an event that is larger has its own."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event on its way. `created` is org time in milliseconds, `message` its body's part of it."""

    type: EventType
    message: bytes
    created: int
    created_by: str


_Content: TypeAlias = tuple[str, tuple[Stored, ...]]
"""The id of an event's schema, and the values of its fields."""


class Publishing:
    """How events get into `journal`. `allowances` are how many may be published, by class of retention."""

    def __init__(self, journal: Journal, ids: Ids, allowances: Mapping[str, Window]) -> None:
        self._journal = journal
        self._ids = ids
        self.allowances = allowances

    def load(self) -> None:
        """Take over how much of the allowances the journal's events have used. Blocks."""
        for retention, allowance in self.allowances.items():
            minutes: Counter[int] = Counter()
            for time, count in self._journal.since(allowance.beginning(), retention):
                minutes[time // MINUTE] += count
            allowance.replace(minutes)

    def new_uuid(self) -> str:
        """An EventUuid."""
        return self._ids.uuid()

    def with_commit(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Publish `events` with the commit of `tx`, in their order, or not at all."""
        self._journal.append(tx, list(facts_of(events)), _definitions(events))

    def at_once(self, events: Sequence[Event]) -> None:
        """Publish `events`, whatever becomes of the transaction that calls. On disk when it returns.

        Raises DatabaseError.
        """
        self._journal.publish_immediately(list(facts_of(events)), _definitions(events)).result()


class Publication:
    """What one request publishes, however often the unit of work runs that does it.

    What it publishes at once, outside the unit, is out for good: when the unit runs again it is given the
    events of its earlier runs, as often as there are any with the same values, and publishes only what is
    new. What the org is allowed to publish in an hour is reserved while the unit runs, and used when it is
    out.
    """

    def __init__(self, allowances: Mapping[str, Window]) -> None:
        self._allowances = allowances
        self._reserved: dict[str, int] = {}
        self._published: list[tuple[_Content, str]] = []
        self._earlier: dict[_Content, list[str]] = {}

    def begin_run(self) -> None:
        """The unit runs, for the first time or again."""
        self.end()
        self._earlier = defaultdict(list)
        for content, uuid in reversed(self._published):
            self._earlier[content].append(uuid)

    def allow(self, event: EventType, wanted: int) -> int:
        """How many of `wanted` events may be published in this hour, too; they are reserved."""
        granted = self._allowances[event.retention].reserve(wanted)
        self._reserved[event.retention] = self._reserved.get(event.retention, 0) + granted
        return granted

    def take(self, event: EventType, values: tuple[Stored, ...]) -> str | None:
        """The EventUuid of such an event that an earlier run has published, and this one not yet."""
        uuids = self._earlier.get((event.schema_id, values))
        return uuids.pop() if uuids else None

    def published_at_once(self, event: EventType, values: tuple[Stored, ...], uuid: str) -> None:
        """This run has published an event, which was allowed."""
        self._published.append(((event.schema_id, values), uuid))
        self._reserved[event.retention] -= 1
        self._allowances[event.retention].settle(reserved=1, used=1)

    def committed(self, events: Sequence[Event]) -> None:
        """The unit has committed, and with it its events are out."""
        for retention, used in Counter(each.type.retention for each in events).items():
            self._allowances[retention].settle(self._reserved.pop(retention, 0), used)

    def end(self) -> None:
        """What is still reserved will not be published."""
        while self._reserved:
            retention, reserved = self._reserved.popitem()
            self._allowances[retention].settle(reserved, used=0)


def facts_of(events: Sequence[Event]) -> Iterator[Fact]:
    """The facts for `events` of one transaction: neighbours that are alike share one."""
    run: list[Event] = []
    size = 0
    for event in events:
        if run and not (_alike(run[0], event) and len(run) < RUN_EVENTS_MAX and size < RUN_BYTES_MAX):
            yield _fact(run)
            run, size = [], 0
        run.append(event)
        size += len(event.message)
    if run:
        yield _fact(run)


def _alike(first: Event, second: Event) -> bool:
    return (
        first.type.schema_id == second.type.schema_id
        and first.created == second.created
        and first.created_by == second.created_by
    )


def _fact(run: Sequence[Event]) -> Fact:
    first = run[0]
    return Fact(
        topic=first.type.name,
        schema_id=first.type.schema_id,
        body=encode_body(first.created_by, [each.message for each in run]),
        time=first.created,
        count=len(run),
        retention=first.type.retention,
    )


def _definitions(events: Sequence[Event]) -> dict[str, bytes]:
    return {each.type.schema_id: each.type.definition for each in events}
