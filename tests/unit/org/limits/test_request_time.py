"""Is a query told to end after two minutes of org time, a request after ten, and nothing before?"""

import pytest

from isthmus.kernel.clock import MINUTE, ManualClock
from isthmus.kernel.errors import Fault
from isthmus.org.limits.request_time import RequestTime


def test_a_query_has_two_minutes_from_its_beginning() -> None:
    clock = ManualClock()
    time = RequestTime(clock)
    with pytest.raises(Fault) as ended:
        _exhaust(clock, time)
    with time.query() as stop:
        assert not stop.wanted
    assert (ended.value.entry.name, ended.value.code) == ("query_timeout", "QUERY_TIMEOUT")


def _exhaust(clock: ManualClock, time: RequestTime) -> None:
    with time.query() as stop:
        clock.advance(2 * MINUTE - 1)
        assert not stop.wanted
        clock.advance(1)
        assert stop.wanted


def test_all_that_is_asked_in_a_request_has_ten_minutes_together() -> None:
    clock = ManualClock()
    time = RequestTime(clock)
    with time.request():
        for _ in range(5):
            with time.query(), time.limited() as stop:
                clock.advance(2 * MINUTE - 1)
                assert not stop.wanted
        clock.advance(5)
        with pytest.raises(Fault) as ended:
            _ask(time)
    assert (ended.value.entry.name, ended.value.code) == ("request_timeout", "QUERY_TIMEOUT")
    with time.query(), time.limited() as stop:
        assert not stop.wanted, "the next request has its own time"


def _ask(time: RequestTime) -> None:
    with time.query():
        pass


def test_whoever_goes_away_takes_the_query_along() -> None:
    with RequestTime(ManualClock()).query() as stop:
        pass
    assert stop.wanted
