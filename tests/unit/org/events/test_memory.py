"""Memory: do the tail and the renderings stay within their bounds, and say what they should?"""

import json

from isthmus.kernel.journal import Entry, Fact
from isthmus.org.events.body import encode_body, encode_message
from isthmus.org.events.channels import Channel
from isthmus.org.events.platform_events import PLATFORM_EVENTS
from isthmus.org.events.publishing import RUN_BYTES_MAX, RUN_EVENTS_MAX, Event, facts_of
from isthmus.org.events.renderings import Renderings
from isthmus.org.events.schema import EventField, EventSchema, EventType, event_type, schema_of
from isthmus.org.events.tail import Tail
from isthmus.org.schema.model import Field, FieldType, ObjectKind, SObjectType

OBJECT = SObjectType(
    "A__e",
    "A",
    "As",
    "e00",
    (Field("T__c", "T", FieldType.STRING, length=255),),
    kind=ObjectKind.PLATFORM_EVENT,
)
A: EventType = event_type(OBJECT)
CHANNEL = Channel("/event/A__e", ("A__e",), A.retention, PLATFORM_EVENTS)
SCHEMAS = {A.schema_id: A.definition}


def entry(position: int, *texts: str) -> Entry:
    body = encode_body("005", [encode_message(f"uuid-{each}", (each,)) for each in texts])
    return Entry(position, Fact("A__e", A.schema_id, body, 0, count=len(texts)))


def event(text: str, created: int = 0) -> Event:
    return Event(A, encode_message("uuid", (text,)), created, "005")


def test_a_definition_is_read_as_it_was_written() -> None:
    assert schema_of(A.definition) == EventSchema("A__e", (EventField("T__c", FieldType.STRING, True),))


def test_events_share_a_fact_within_bounds() -> None:
    counts = [each.count for each in facts_of([event("x")] * (2 * RUN_EVENTS_MAX + 1))]
    assert counts == [RUN_EVENTS_MAX, RUN_EVENTS_MAX, 1]
    large = event("x" * (RUN_BYTES_MAX // 2))
    assert [each.count for each in facts_of([large] * 5)] == [2, 2, 1]
    assert [each.count for each in facts_of([event("x", 1), event("x", 2)])] == [1, 1]
    assert list(facts_of([])) == []


def test_the_tail_forgets_its_oldest_entries() -> None:
    tail = Tail(10, entries_max=3)
    tail.extend([entry(11, "a", "b"), entry(13, "c")], 14)
    assert (tail.floor, tail.upto) == (10, 14)
    assert [each.position for each in tail.after(10)] == [11, 13]
    assert [each.position for each in tail.after(11)] == [11, 13], "its second event is above"
    assert [each.position for each in tail.after(12)] == [13]
    tail.extend([entry(15, "d"), entry(16, "e")], 16)
    assert (tail.floor, tail.upto) == (12, 16)
    assert [each.position for each in tail.after(12)] == [13, 15, 16]


def test_the_tail_is_bounded_in_bytes_too() -> None:
    size = len(entry(1, "x" * 100).fact.body)
    tail = Tail(0, bytes_max=2 * size)
    tail.extend([entry(n, "x" * 100) for n in range(1, 6)], 5)
    assert (tail.floor, [each.position for each in tail.after(3)]) == (3, [4, 5])
    tail.extend([entry(6, "x" * 1_000)], 6)
    assert (tail.floor, tail.after(6)) == (6, [])


def test_a_rendering_is_made_once_for_all_who_see_the_same() -> None:
    renderings = Renderings()
    run = entry(7, "a", "b")
    first = renderings.get(run, 8, CHANNEL, "with EventUuid", SCHEMAS)
    assert json.loads(first)["payload"]["T__c"] == "b"
    assert renderings.get(run, 8, CHANNEL, "with EventUuid", {}) is first
    assert json.loads(renderings.get(run, 7, CHANNEL, "with EventUuid", {}))["event"]["replayId"] == 7
    assert b"EventUuid" not in renderings.get(run, 8, CHANNEL, "without EventUuid", SCHEMAS)
    assert len(renderings) == 4


def test_renderings_are_bounded() -> None:
    few = Renderings(count_max=3)
    for n in range(1, 10):
        few.get(entry(n, "a"), n, CHANNEL, "with EventUuid", SCHEMAS)
    assert len(few) == 3
    small = Renderings(bytes_max=1_500)
    for n in range(1, 10):
        data = small.get(entry(n, "x" * 400), n, CHANNEL, "with EventUuid", SCHEMAS)
        assert json.loads(data)["event"]["replayId"] == n
        assert small.bytes <= 1_500
    assert len(small) == 2
