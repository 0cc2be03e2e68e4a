"""Do processes of one org, on one database, learn what the others have used of its limits?"""

from collections.abc import Iterator

import pytest
from tests.contract.events.world import EventOrg, event_org, run
from tests.contract.places import Place
from tests.contract.save.world import PRINCIPAL, codes

from isthmus.kernel.clock import MINUTE
from isthmus.kernel.errors import Fault
from isthmus.org.org import COMETD_CLIENTS

CALLS, DELIVERED = "DailyApiRequests", "DailyDeliveredPlatformEvents"
PUBLISHED = "HourlyPublishedPlatformEvents"
LIMITS = {CALLS: 100, DELIVERED: 100, PUBLISHED: 5}


@pytest.fixture
def both(place: Place) -> Iterator[tuple[EventOrg, EventOrg]]:
    """Two processes of one org."""
    if not place.shared:
        pytest.skip("a file belongs to one process")
    with event_org(place, limits=LIMITS) as one, event_org(place, new=False, limits=LIMITS) as other:
        yield one, other


def share(*orgs: EventOrg) -> None:
    for each in (*orgs, *orgs):
        run(each.org.share_counts())


def test_calls_and_deliveries_add_up(both: tuple[EventOrg, EventOrg]) -> None:
    one, other = both
    for _ in range(2):
        one.org.admit(PRINCIPAL, 20)
        other.org.admit(PRINCIPAL, 10)
        one.org.count_delivery(one.channel(), 7)
        share(one, other)
    for each in both:
        assert (each.remaining(CALLS), each.remaining(DELIVERED)) == (40, 86)
    other.org.admit(PRINCIPAL, 40)
    share(other, one)
    with pytest.raises(Fault) as refused:
        one.org.admit(PRINCIPAL)
    assert refused.value.entry.name == "request_limit_exceeded"


def test_what_others_have_published_counts(both: tuple[EventOrg, EventOrg]) -> None:
    one, other = both
    one.publish("Ping__e", "a", "b", "c")
    assert other.remaining(PUBLISHED) == 5
    run(other.org.share_events())
    assert other.remaining(PUBLISHED) == 2
    records = [{"Text__c": each, "Must__c": "x"} for each in "def"]
    assert codes(run(other.org.insert(PRINCIPAL, "Ping__e", records))) == ["ok", "ok", "LIMIT_EXCEEDED"]


def test_clients_of_others_count_while_their_word_is_good(both: tuple[EventOrg, EventOrg]) -> None:
    one, other = both
    held = {"one": 3, "other": 2}
    one.org.on_limits(COMETD_CLIENTS, lambda: held["one"])
    other.org.on_limits(COMETD_CLIENTS, lambda: held["other"])
    share(one, other)
    assert (one.org.held_elsewhere(COMETD_CLIENTS), other.org.held_elsewhere(COMETD_CLIENTS)) == (2, 3)
    assert one.remaining(COMETD_CLIENTS) == other.remaining(COMETD_CLIENTS) == 15
    held["one"] = 0
    share(one, other)
    assert other.org.held_elsewhere(COMETD_CLIENTS) == 0
    other.clock.advance(MINUTE)
    one.clock.advance(MINUTE)
    share(one)
    assert one.org.held_elsewhere(COMETD_CLIENTS) == 0, "the other has not said anything for a minute"
