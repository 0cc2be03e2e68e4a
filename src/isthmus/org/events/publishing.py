"""Publishing: events that saves have made go to the journal, with the commit or at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Transaction
from isthmus.kernel.ids import Ids
from isthmus.kernel.journal import Fact, Journal
from isthmus.org.events.body import encode_body
from isthmus.org.events.schema import EventType

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


class Publishing:
    """How events get into `journal`."""

    def __init__(self, journal: Journal, ids: Ids) -> None:
        self._journal = journal
        self._ids = ids

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
