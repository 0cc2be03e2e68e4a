"""Allowances: how many events may be published in an hour, whatever becomes of who publishes them."""

import asyncio
from collections.abc import Iterator

import pytest
from tests.contract.events.world import EventOrg, event_org, run
from tests.contract.places import Place, Stop
from tests.contract.save.world import PRINCIPAL, codes, messages

from isthmus.kernel.clock import HOUR, MINUTE
from isthmus.org.org import Running

HIGH, STANDARD = "HourlyPublishedPlatformEvents", "HourlyPublishedStandardVolumePlatformEvents"
LIMITS = {HIGH: 5, STANDARD: 3}


@pytest.fixture
def few(place: Place) -> Iterator[EventOrg]:
    """An org that may publish few events."""
    with event_org(place, limits=LIMITS) as opened:
        yield opened


def records(*texts: str) -> list[dict[str, object]]:
    return [{"Text__c": each, "Must__c": "x"} for each in texts]


def test_what_is_published_counts_for_an_hour(few: EventOrg) -> None:
    few.publish("Ping__e", "a", "b")
    few.publish("Now__e", "c")
    few.clock.advance(HOUR - MINUTE)
    few.publish("Old__e", "x")
    assert (few.remaining(HIGH), few.remaining(STANDARD)) == (2, 2)
    results = run(few.org.insert(PRINCIPAL, "Ping__e", records("d", "e", "f", "g")))
    assert codes(results) == ["ok", "ok", "LIMIT_EXCEEDED", "LIMIT_EXCEEDED"]
    assert messages(results[3]) == ["The hourly limit of published event messages is exceeded"]
    assert codes(run(few.org.insert(PRINCIPAL, "Now__e", records("h")))) == ["LIMIT_EXCEEDED"]
    assert few.texts() == ["a", "b", "d", "e"]
    assert (few.remaining(HIGH), few.remaining(STANDARD)) == (0, 2)
    few.clock.advance(MINUTE)
    assert few.remaining(HIGH) == 3
    few.publish("Ping__e", "i", "j", "k")
    assert few.remaining(HIGH) == 0


def test_a_reset_gives_the_allowances_back_at_once(few: EventOrg) -> None:
    few.publish("Ping__e", "a", "b")
    few.publish("Old__e", "c")
    run(few.org.reset())
    assert (few.remaining(HIGH), few.remaining(STANDARD)) == (5, 3)


def test_what_was_published_counts_after_a_crash(place: Place) -> None:
    with event_org(place, limits=LIMITS) as before:
        before.publish("Ping__e", "a", "b")
        before.publish("Now__e", "c")
        before.publish("Old__e", "d")
    with event_org(place, new=False, limits=LIMITS) as after:
        run(after.org.start())
        assert (after.remaining(HIGH), after.remaining(STANDARD)) == (2, 2)
        after.clock.advance(HOUR)
        assert (after.remaining(HIGH), after.remaining(STANDARD)) == (5, 3)
        after.clock.advance(HOUR)
        run(after.org.start())
        assert after.remaining(HIGH) == 5


def test_only_what_is_out_counts(few: EventOrg) -> None:
    def undone(running: Running) -> None:
        running.insert("Ping__e", records("a", "b"))
        running.insert("Now__e", records("now"))
        raise Stop

    def in_part(running: Running) -> None:
        running.insert("Ping__e", records("c"))
        running.insert("Ping__e", [*records("d"), {}], all_or_none=True)

    with pytest.raises(Stop):
        run(few.org.transaction(PRINCIPAL, undone))
    assert few.remaining(HIGH) == 4
    run(few.org.transaction(PRINCIPAL, in_part))
    assert few.remaining(HIGH) == 3
    few.publish("Ping__e", "e", "f", "g")
    assert few.remaining(HIGH) == 0


def test_those_who_publish_at_once_stay_within_the_limit_together(few: EventOrg) -> None:
    async def publish() -> list[str]:
        saves = (few.org.insert(PRINCIPAL, "Ping__e", records(str(n))) for n in range(20))
        return [code for results in await asyncio.gather(*saves) for code in codes(results)]

    assert sorted(run(publish())) == ["LIMIT_EXCEEDED"] * 15 + ["ok"] * 5
    assert len(few.texts()) == 5
