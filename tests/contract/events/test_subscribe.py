"""Subscribing: which channels there are, where to begin, what is in them, and who is woken when."""

import asyncio
import json
from dataclasses import replace

import pytest
from tests.contract.events.world import EventOrg, data, event_org, run, texts, without
from tests.contract.places import Place
from tests.contract.save.world import EVENT, PRINCIPAL, SCHEMA, USER_ID, event

from isthmus.kernel.clock import HOUR, MINUTE
from isthmus.kernel.errors import Fault
from isthmus.org.events import feed, tail
from isthmus.org.events.schema import event_type
from isthmus.org.events.wakes import LOOK_EVERY


def test_an_event_is_delivered_as_the_platform_words_it(events: EventOrg) -> None:
    events.clock.advance(517)
    more = {"Number__c": 0.2, "Flag__c": True, "Day__c": "2026-05-03", "Moment__c": "2026-05-03T06:58:13Z"}
    [uuid] = events.publish("Ping__e", "XZO-5", **more)
    [message] = data(events.page())
    assert list(message) == ["schema", "payload", "event"]
    assert len(message["schema"]) == 22
    assert message["event"] == {"replayId": 1, "EventUuid": uuid}
    payload = message["payload"]
    assert list(payload)[:4] == ["CreatedDate", "CreatedById", "Text__c", "Must__c"]
    assert payload | {f"Long_{n}__c": None for n in range(9)} == payload
    assert {name: value for name, value in payload.items() if not name.startswith("Long")} == {
        "CreatedDate": "2026-01-01T00:00:00.517Z",
        "CreatedById": USER_ID,
        "Text__c": "XZO-5",
        "Must__c": "x",
        "Number__c": 0.2,
        "Flag__c": True,
        "Day__c": "2026-05-03T00:00:00Z",
        "Moment__c": "2026-05-03T06:58:13Z",
    }
    [older] = data(events.page(version=51))
    assert older["event"] == {"replayId": 1}


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("", "400", "Channel name not specified"),
        ("event/Ping__e", "400", "Channel subscriptions must start with a leading '/'"),
        *(
            (name, "400", f"The channel you requested to subscribe to doesn't exist {name}")
            for name in (
                "/event/Nope__e",
                "/event/ping__e",
                "/event/*",
                "/event/**",
                "/event/",
                "/event/Order__c",
                "/topic/Ping__e",
                "/Ping__e",
                "/",
            )
        ),
    ],
)
def test_a_channel_has_to_exist(events: EventOrg, name: str, code: str, text: str) -> None:
    with pytest.raises(Fault) as refused:
        events.org.open_channel(PRINCIPAL, name)
    assert (refused.value.code, refused.value.message) == (code, text)


def test_who_subscribes_needs_the_right_to_read(events: EventOrg) -> None:
    events.publish("Ping__e", "a")
    stranger = without("read Ping__e")
    with pytest.raises(Fault) as refused:
        events.channel(principal=stranger)
    assert (refused.value.code, refused.value.message) == (
        "403",
        "Subscriber does not have access to the entity in this topic",
    )
    with pytest.raises(Fault) as withdrawn:
        run(events.org.read_channel(stranger, events.channel(), 0, 10, 65))
    assert withdrawn.value.entry.name == "channel_access_denied"
    assert events.channel(principal=without("create Ping__e")).name == "/event/Ping__e"


def test_a_subscriber_begins_at_the_tip_at_the_oldest_or_after_an_event(events: EventOrg) -> None:
    assert (events.start(-1), events.texts(events.start(-2))) == (0, [])
    events.publish("Ping__e", "a", "b")
    events.publish("Old__e", "c")
    events.publish("Ping__e", "d")
    assert events.texts(events.start(-2)) == ["a", "b", "d"]
    assert events.texts(events.start(-1)) == []
    assert events.texts(events.start(1)) == ["b", "d"]
    assert events.texts(events.start(3)) == ["d"], "a replay id may be another topic's"
    assert events.texts(events.start(0)) == ["a", "b", "d"]


@pytest.mark.parametrize("replay_id", [5, 99, -3])
def test_a_replay_id_has_to_have_been_given_out(events: EventOrg, replay_id: int) -> None:
    events.publish("Ping__e", "a", "b", "c", "d")
    with pytest.raises(Fault) as refused:
        events.start(replay_id)
    assert (refused.value.code, refused.value.message) == (
        "400",
        f"The replayId {{{replay_id}}} you provided was invalid.  Please provide a valid ID, -2 to replay "
        "all events, or -1 to replay only new events.",
    )


@pytest.mark.parametrize(("event_name", "hours"), [("Ping__e", 72), ("Now__e", 72), ("Old__e", 24)])
@pytest.mark.parametrize("kept_house", [False, True])
def test_events_are_kept_for_their_time(
    events: EventOrg, event_name: str, hours: int, kept_house: bool
) -> None:
    events.publish(event_name, "first")
    events.clock.advance(HOUR)
    events.publish(event_name, "second")
    events.clock.advance((hours - 1) * HOUR)
    assert events.texts(events.start(0, event_name), event_name) == ["first", "second"]
    events.clock.advance(MINUTE)
    if kept_house:
        run(events.org.housekeep())
    assert events.texts(events.start(-2, event_name), event_name) == ["second"]
    assert events.texts(events.start(1, event_name), event_name) == ["second"]
    with pytest.raises(Fault) as expired:
        events.start(0, event_name)
    assert expired.value.entry.name == "replay_id_invalid"
    events.clock.advance(HOUR)
    assert events.texts(events.start(-2, event_name), event_name) == []
    with pytest.raises(Fault):
        events.start(1, event_name)
    assert events.start(2, event_name) == 2, "the tip stays"


def test_positions_go_on_after_all_events_have_gone(events: EventOrg) -> None:
    events.publish("Ping__e", "a", "b")
    events.clock.advance(80 * HOUR)
    run(events.org.housekeep())
    events.publish("Ping__e", "c")
    assert [each.position for each in events.page().events] == [3]


@pytest.mark.parametrize("read_before", [False, True])
def test_an_empty_org_has_no_events(events: EventOrg, read_before: bool) -> None:
    events.publish("Ping__e", "a")
    events.publish("Now__e", "b")
    assert not read_before or events.texts() == ["a"]
    run(events.org.reset())
    assert (events.texts(), events.texts(event="Now__e")) == ([], [])
    events.publish("Ping__e", "c")
    assert events.texts() == ["c"]
    assert [each.position for each in events.page().events] == [3]
    with pytest.raises(Fault):
        events.start(1)


def test_a_subscriber_reads_page_by_page(events: EventOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "ENTRIES_MAX", 2)
    monkeypatch.setattr(tail, "ENTRIES_MAX", 3)
    expected = []
    for batch in range(5):
        expected += [f"{batch}-{n}" for n in range(3)]
        events.publish("Ping__e", *expected[-3:])
        events.publish("Old__e", "between")
    seen: list[str] = []
    position = 0
    while (page := events.page(position, limit=4)).events or page.position > position:
        assert len(page.events) <= 4
        assert page.position > position
        seen, position = seen + texts(page), page.position
    assert seen == expected
    assert position == events.journal.tip(), "who has read all has read what is in other channels, too"


def test_a_page_ends_where_it_is_large(events: EventOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PAGE_BYTES_MAX", 3_000)
    events.publish("Ping__e", *"abcdef", Long_0__c="x" * 1_000)
    assert [len(events.page(position).events) for position in (0, 3, 5)] == [3, 3, 1]


@pytest.mark.parametrize("behind", [False, True])
def test_the_tail_in_memory_says_what_the_journal_says(events: EventOrg, behind: bool) -> None:
    if not behind:
        assert events.texts() == []  # from here on there is a tail
    events.publish("Ping__e", "a", "b")
    events.publish("Now__e", "c")
    events.publish("Ping__e", "d")
    assert events.texts() == ["a", "b", "d"]
    assert events.texts(1) == ["b", "d"]
    assert events.texts(3) == ["d"]
    assert (events.texts(4), events.page(4).position) == ([], 4)
    assert events.texts(event="Now__e") == ["c"]


def test_a_commit_wakes_those_who_wait_once(events: EventOrg) -> None:
    woken: list[str] = []

    async def waiting() -> None:
        end = events.org.on_events(lambda: woken.append("one"))
        end_other = events.org.on_events(lambda: woken.append("other"))
        await events.org.insert(
            PRINCIPAL, "Ping__e", [{"Text__c": str(n), "Must__c": "x"} for n in range(200)]
        )
        await asyncio.sleep(0.05)
        assert sorted(woken) == ["one", "other"]
        end()
        await events.org.insert(PRINCIPAL, "Now__e", [{"Must__c": "x"}])
        await asyncio.sleep(0.05)
        assert sorted(woken) == ["one", "other", "other"]
        end_other()
        await events.org.insert(PRINCIPAL, "Order__c", [{"Name": "no event"}])
        await events.org.insert(PRINCIPAL, "Ping__e", [{"Must__c": "x"}])
        await asyncio.sleep(0.05)

    run(waiting())
    assert len(woken) == 3


def test_another_process_s_events_are_seen(place: Place) -> None:
    if not place.shared:
        pytest.skip("SQLite: one process owns the file")
    with event_org(place) as here, event_org(place, new=False) as there:
        assert here.texts() == []
        there.publish("Ping__e", "unasked")
        assert here.texts() == ["unasked"], "whoever asks without waiting reads the journal"

        async def wait() -> None:
            heard = asyncio.Event()
            end = here.org.on_events(heard.set)
            await asyncio.to_thread(there.publish, "Ping__e", "from there")
            async with asyncio.timeout(30):
                while not heard.is_set():
                    here.clock.advance(LOOK_EVERY)
                    await asyncio.sleep(0.01)
            page = await here.org.read_channel(PRINCIPAL, here.channel(), 1, 10, 65)
            assert texts(page) == ["from there"]
            end()

        run(wait())


def test_an_event_is_read_by_the_schema_that_it_was_published_by(place: Place) -> None:
    with event_org(place) as events:
        events.publish("Ping__e", "old")
        before = json.loads(events.page().events[0].data)["schema"]
        fields = tuple(each for each in EVENT.fields if not each.name.startswith("Long"))
        others = [each for each in SCHEMA if each.name != "Ping__e"]
        events.schemas.apply([*others, replace(EVENT, fields=fields)])
        events.publish("Ping__e", "new")
        [old, new] = data(events.page())
        assert (old["schema"], "Long_0__c" in old["payload"]) == (before, True)
        assert (new["schema"] != before, "Long_0__c" in new["payload"]) == (True, False)
        found = run(events.org.event_schema(PRINCIPAL, before))
        assert "Long_0__c" in [each.name for each in found.schema.fields]
        assert events.org.event_schema_of(PRINCIPAL, "ping__E").schema_id == new["schema"]
        events.clock.advance(80 * HOUR)
        run(events.org.housekeep())
    with event_org(place, new=False) as again, pytest.raises(Fault):
        run(again.org.event_schema(PRINCIPAL, before[::-1]))


def test_a_schema_goes_with_the_last_event_that_may_need_it(place: Place) -> None:
    with event_org(place) as events:
        schema_id = events.org.event_schema_of(PRINCIPAL, "Now__e").schema_id
        events.publish("Now__e", "a")
        events.clock.advance(73 * HOUR - 1)
        run(events.org.housekeep())
        assert events.journal.schema(schema_id) is not None
        events.clock.advance(2 * HOUR)
        run(events.org.housekeep())
        assert events.journal.schema(schema_id) is None
        events.publish("Now__e", "b")
        assert events.texts(event="Now__e") == ["b"], "it comes back with the next event"


def test_a_schema_is_shown_to_who_may_read_its_event(events: EventOrg) -> None:
    schema_id = events.org.event_schema_of(PRINCIPAL, "Ping__e").schema_id
    assert run(events.org.event_schema(PRINCIPAL, schema_id)).schema.name == "Ping__e"
    stranger = without("read Ping__e")
    for asked in ("Ping__e", "Order__c", "Nope__e"):
        with pytest.raises(Fault) as refused:
            events.org.event_schema_of(stranger, asked)
        assert refused.value.status == 404
    for unseen in (schema_id, "x" * 22):
        with pytest.raises(Fault) as unknown:
            run(events.org.event_schema(stranger, unseen))
        assert unknown.value.status == 404


def test_two_events_alike_but_for_their_names_have_schemas_of_their_own() -> None:
    a, b = (event_type(event(name, "e0a", "PublishAfterCommit")) for name in ("A__e", "B__e"))
    assert a.schema_id != b.schema_id
    assert event_type(event("A__e", "e0b", "PublishImmediately", "StandardVolume")).schema_id == a.schema_id


def test_a_thousand_who_resume_at_once_cause_one_purge(events: EventOrg) -> None:
    events.publish("Ping__e", "a")

    async def resume() -> list[int]:
        channel = events.channel()
        return await asyncio.gather(*(events.org.starting_position(channel, 1) for _ in range(1_000)))

    before = events.org.storage_counts()["units"]
    assert run(resume()) == [1] * 1_000
    assert events.org.storage_counts()["units"] - before == 3, "for each class of retention, and the schemas"


def test_who_has_read_everything_need_not_ask(events: EventOrg) -> None:
    assert events.org.may_have_events(0), "nobody has looked yet"
    events.publish("Ping__e", "a")
    position = events.page().position
    others_publish_unheard = events.feed._shared
    assert events.org.may_have_events(position) is others_publish_unheard
    assert events.org.may_have_events(position - 1)
    events.publish("Old__e", "b")
    assert events.org.may_have_events(position)
