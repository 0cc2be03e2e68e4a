"""Publishing: what becomes of events when their transaction commits, fails, or runs again."""

import re

import pytest
from tests.contract.events.world import EventOrg, event_org, run, without
from tests.contract.places import Place, Stop
from tests.contract.save.world import PRINCIPAL, codes, messages

from isthmus.kernel.errors import Fault, row_error
from isthmus.org.org import Running
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import CommitMoment, Moment, Operation
from isthmus.org.save.ports import CommitRunner, Runner
from isthmus.org.save.row import Row
from isthmus.org.schema.model import SObjectType

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def record(text: str, **more: object) -> dict[str, object]:
    return {"Text__c": text, "Must__c": "x", **more}


def test_a_published_event_is_told_its_uuid(events: EventOrg) -> None:
    [made] = run(events.org.insert(PRINCIPAL, "ping__e", [record("a")]))
    assert made.success
    assert str(made.id).startswith("e00")
    [info] = made.infos
    assert (info.code, info.fields) == ("OPERATION_ENQUEUED", ())
    assert re.fullmatch(UUID, info.message)
    [old] = run(events.org.insert(PRINCIPAL, "Old__e", [record("b")]))
    assert (old.success, old.infos) == (True, ())


def test_each_record_is_checked_as_any_other(events: EventOrg) -> None:
    wrong: list[dict[str, object]] = [
        {"Text__c": "no Must__c"},
        record("x" * 21),
        record("d", Number__c="?"),
        record("e", Nope__c=1),
        record("f", EventUuid="1"),
        record("g", Id="e00000000000001AAA"),
        record("ok"),
    ]
    assert codes(run(events.org.insert(PRINCIPAL, "Ping__e", wrong))) == [
        "REQUIRED_FIELD_MISSING",
        "STRING_TOO_LONG",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "INVALID_FIELD",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_FIELD",
        "ok",
    ]
    assert events.texts() == ["ok"]


def test_an_event_may_have_a_megabyte(events: EventOrg) -> None:
    longest = {f"Long_{n}__c": "x" * 131_072 for n in range(9)}
    for event in ("Ping__e", "Now__e"):
        results = run(events.org.insert(PRINCIPAL, event, [record("a"), record("b", **longest), record("c")]))
        assert codes(results) == ["ok", "PAYLOAD_SIZE_EXCEEDED", "ok"]
        assert messages(results[1])[0].endswith(" bytes exceeds the maximum allowed size of 1048576 bytes.")
        assert events.texts(event=event) == ["a", "c"]


def test_an_event_can_only_be_published(events: EventOrg) -> None:
    [made] = run(events.org.insert(PRINCIPAL, "Ping__e", [record("a")]))
    event_id = str(made.id)

    def others(running: Running) -> None:
        assert messages(running.update("Ping__e", [{"Id": event_id, "Text__c": "b"}])[0]) == [
            "entity type cannot be updated: Ping"
        ]
        for sobject in ("Ping__e", None):
            [result] = running.delete(sobject, [event_id])
            assert (codes([result]), messages(result)) == (
                ["DELETE_NOT_ALLOWED"],
                ["entity type cannot be deleted: Ping"],
            )
        assert codes(running.undelete([event_id])) == ["UNDELETE_FAILED"]
        with pytest.raises(Fault) as refused:
            running.upsert("Ping__e", "EventUuid", [record("c")])
        assert refused.value.entry.name == "external_id_field_not_found"
        with pytest.raises(Fault) as refused:
            running.query("SELECT ReplayId FROM Ping__e")
        assert refused.value.entry.name == "object_not_queryable"
        with pytest.raises(Fault) as refused:
            running.retrieve("Ping__e", event_id)
        assert refused.value.entry.name == "resource_not_found"

    run(events.org.transaction(PRINCIPAL, others))
    assert events.texts() == ["a"]


def test_who_publishes_needs_the_right_to_create(events: EventOrg) -> None:
    results = run(events.org.insert(without("create Ping__e"), "Ping__e", [record("a")]))
    assert codes(results) == ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"]
    with pytest.raises(Fault) as refused:
        run(events.org.insert(without("read Ping__e"), "Ping__e", [record("a")]))
    assert refused.value.entry.name == "resource_not_found"
    assert events.texts() == []


def test_a_rolled_back_transaction_publishes_only_what_was_immediate(events: EventOrg) -> None:
    def work(running: Running) -> None:
        running.insert("Ping__e", [record("after commit")])
        running.insert("Now__e", [record("immediately")])
        assert events.texts(event="Now__e") == ["immediately"]
        assert events.texts() == []
        raise Stop

    with pytest.raises(Stop):
        run(events.org.transaction(PRINCIPAL, work))
    assert (events.texts(), events.texts(event="Now__e")) == ([], ["immediately"])


def test_all_or_none_takes_its_events_back(events: EventOrg) -> None:
    def work(running: Running) -> None:
        running.insert("Ping__e", [record("before")])
        results = running.insert("Ping__e", [record("a"), {}], all_or_none=True)
        assert codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
        running.insert("Ping__e", [record("behind")])

    run(events.org.transaction(PRINCIPAL, work))
    assert events.texts() == ["before", "behind"]


def test_events_come_in_the_order_in_which_they_were_published(events: EventOrg) -> None:
    def work(running: Running) -> None:
        running.insert("Ping__e", [record("1"), record("2")])
        running.insert("Old__e", [record("3")])
        running.insert("Ping__e", [record("4")])

    run(events.org.transaction(PRINCIPAL, work))
    events.publish("Ping__e", *(str(n) for n in range(5, 5 + 450)))
    assert events.texts() == ["1", "2", "4", *(str(n) for n in range(5, 455))]
    facts = [(each.fact.topic, each.fact.count) for each in events.journal.read(0)]
    assert facts == [
        ("Ping__e", 2),
        ("Old__e", 1),
        ("Ping__e", 1),
        ("Ping__e", 200),
        ("Ping__e", 200),
        ("Ping__e", 50),
    ]
    positions = [each.position for each in events.page().events]
    assert positions == sorted(set(positions))


class Publisher:
    """What stands for a trigger: it publishes for each order, and refuses one of them afterwards."""

    version = 1

    def at(self, moment: Moment, sobject: SObjectType, operation: Operation) -> Runner | None:
        return self.run if moment is Moment.AFTER_HANDLERS and sobject.name == "Order__c" else None

    def at_commit(self, moment: CommitMoment) -> CommitRunner | None:
        return None

    def run(self, save: Save) -> None:
        assert not save.plan.sobject.published, "an event has no handlers of its own"
        for event in ("Ping__e", "Now__e"):
            rows = [Row(record(str(each.values["Name"]))) for each in save.live()]
            save.unit.save(save.unit.schema[event], Operation.INSERT, rows)
            assert not any(each.errors for each in rows)
        for each in save.live():
            if each.values["Name"] == "bad":
                each.errors.append(row_error("duplicate_record_id", value="bad"))


def test_what_runs_again_without_a_row_publishes_once(place: Place) -> None:
    with event_org(place, automation=Publisher()) as events:
        orders = [{"Name": "good"}, {"Name": "bad"}, {"Name": "fine"}]
        results = run(events.org.insert(PRINCIPAL, "Order__c", orders))
        assert codes(results) == ["ok", "DUPLICATE_VALUE", "ok"]
        assert events.texts() == ["good", "fine"]
        # What was out was out: on the platform, too, a trigger that runs again publishes again.
        assert events.texts(event="Now__e") == ["good", "bad", "fine", "good", "fine"]


def test_an_event_that_was_acknowledged_is_there_after_a_restart(place: Place) -> None:
    with event_org(place) as events:
        [uuid] = events.publish("Ping__e", "a")
        events.publish("Now__e", "b")
        whole = events.page()
    with event_org(place, new=False) as again:
        assert again.page().events == whole.events
        assert uuid.encode() in whole.events[0].data
        assert again.texts(event="Now__e") == ["b"]
