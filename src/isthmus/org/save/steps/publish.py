"""Publish: events go where records would be written.

With Publish After Commit they wait for the end of the transaction, and are undone with it or with the part of
it that made them. With Publish Immediately they are out as soon as this step has run, whatever becomes of the
transaction: a row that runs again, because another one failed, is not published again, nor is what the
database runs again as a whole.

Source: Platform Events Developer Guide, Platform Event Fields (Publish Behavior), Publish Event Messages with
Salesforce APIs; Platform Event Allocations.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from isthmus.kernel.errors import row_error
from isthmus.org.events.body import encode_message
from isthmus.org.events.publishing import Event
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.step import step
from isthmus.org.save.unit_of_work import UnitOfWork

EVENT_BYTES_MAX: Final = 1024 * 1024


def _publishes(plan: Plan) -> bool:
    return plan.event is not None


@step(Operation.INSERT, needed=_publishes, lasting=True)
def publish_events(save: Save) -> None:
    """Publish the batch, or note it for the commit. Each row is told the EventUuid of its event."""
    event, unit = save.plan.event, save.unit
    assert event is not None
    rows = [row for row in save.live() if not (event.immediate and _is_out(save, row))]
    _ask_allowance(save, [row for row in rows if not row.allowed])
    events = [made for row in rows if not row.errors and (made := _event(save, row)) is not None]
    if any(row.errors for row in rows):
        return
    if event.immediate:
        _publish_at_once(save, rows, events)
    else:
        unit.events += events
    if event.high_volume:
        for row in save.live():
            row.infos = (row_error("operation_enqueued", uuid=row.event_uuid),)


def publish_after_commit(unit: UnitOfWork) -> None:
    """What the transaction has made is published with its commit, in the order in which it was made."""
    if unit.events:
        unit.publishing.with_commit(unit.tx, unit.events)
        unit.tx.on_commit(partial(unit.publication.committed, unit.events))


def _is_out(save: Save, row: Row) -> bool:
    """Whether the row's event has been published, by an earlier pass or by an earlier run of the unit."""
    event = save.plan.event
    assert event is not None
    if not row.published:
        uuid = save.unit.publication.take(event, event.values(row.values))
        if uuid is not None:
            row.event_uuid, row.published = uuid, True
    return row.published


def _ask_allowance(save: Save, rows: Sequence[Row]) -> None:
    """Rows beyond what may be published in this hour are refused."""
    if not rows:
        return
    event = save.plan.event
    assert event is not None
    granted = save.unit.publication.allow(event, len(rows))
    for row in rows[:granted]:
        row.allowed = True
    for row in rows[granted:]:
        row.errors.append(row_error("event_publishing_limit_exceeded"))


def _publish_at_once(save: Save, rows: Sequence[Row], events: Sequence[Event]) -> None:
    """Publish the rows' events, and note that they are out, on the rows and for another run of the unit."""
    save.unit.publishing.at_once(events)
    for row, event in zip(rows, events, strict=True):
        row.published = True
        assert row.event_uuid is not None
        save.unit.publication.published_at_once(event.type, event.type.values(row.values), row.event_uuid)


def _event(save: Save, row: Row) -> Event | None:
    """The row's event; None, and an error of the row, where it is too large."""
    event, unit = save.plan.event, save.unit
    assert event is not None
    uuid = row.event_uuid or unit.publishing.new_uuid()
    message = encode_message(uuid, event.values(row.values))
    if len(message) > EVENT_BYTES_MAX:
        row.errors.append(row_error("event_too_large", size=len(message), limit=EVENT_BYTES_MAX))
        return None
    row.event_uuid = uuid
    return Event(event, message, unit.now, unit.principal.user_id)
