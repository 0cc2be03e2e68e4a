"""Usage: do calls count for 24 hours of org time?"""

import pytest

from isthmus.kernel.clock import HOUR, MINUTE, ManualClock
from isthmus.kernel.errors import Fault
from isthmus.org.limits.maxima import DEVELOPER_EDITION
from isthmus.org.limits.report import maxima, report
from isthmus.org.limits.usage import ApiUsage


def test_calls_count_for_a_day() -> None:
    clock = ManualClock()
    calls = ApiUsage(clock, 10)
    calls.count(3)
    clock.advance(12 * HOUR)
    calls.count(4)
    assert calls.current().used == 7
    clock.advance(12 * HOUR)
    assert calls.current().used == 4
    clock.advance(12 * HOUR)
    assert calls.current().used == 0


def test_what_is_used_up_is_refused_until_the_window_moves() -> None:
    clock = ManualClock()
    calls = ApiUsage(clock, 2)
    calls.count(2)
    with pytest.raises(Fault) as refused:
        calls.count()
    assert (refused.value.code, refused.value.status) == ("REQUEST_LIMIT_EXCEEDED", 403)
    assert refused.value.message == "TotalRequests Limit exceeded."
    clock.advance(24 * HOUR)
    calls.count()


def test_a_minute_that_is_over_is_due_to_be_written_down() -> None:
    clock = ManualClock()
    calls = ApiUsage(clock, 100)
    assert [calls.count(), calls.count()] == [False, False]
    clock.advance(MINUTE)
    assert [calls.count(), calls.count()] == [True, False]


def test_the_report_has_the_wires_order_and_the_settings_maxima() -> None:
    clock = ManualClock()
    allowed = maxima({"DailyApiRequests": 100})
    calls = ApiUsage(clock, allowed["DailyApiRequests"])
    calls.count(18)
    limits = report(allowed, calls.current())
    assert list(limits) == sorted(DEVELOPER_EDITION)
    assert (limits["DailyApiRequests"].maximum, limits["DailyApiRequests"].remaining) == (100, 82)
    assert limits["PermissionSets"].parts["CreateCustom"].maximum == 1000
