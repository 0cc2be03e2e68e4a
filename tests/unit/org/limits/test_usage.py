"""Usage: do calls count for 24 hours of org time?"""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from isthmus.kernel.clock import HOUR, MINUTE, ManualClock
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.kernel.errors import Fault
from isthmus.org.limits.editions import maxima
from isthmus.org.limits.maxima import DEVELOPER_EDITION
from isthmus.org.limits.report import report
from isthmus.org.limits.usage import COMPONENT, MIGRATIONS, DailyUsage


def test_calls_count_for_a_day() -> None:
    clock = ManualClock()
    calls = DailyUsage(clock, 10)
    calls.count(3)
    clock.advance(12 * HOUR)
    calls.count(4)
    assert calls.current().used == 7
    clock.advance(12 * HOUR)
    assert calls.current().used == 4
    clock.advance(12 * HOUR)
    assert calls.current().used == 0


def test_the_log_tells_once_that_the_limit_is_used_up() -> None:
    clock = ManualClock()
    calls = DailyUsage(clock, 1)
    with capture_logs() as told:
        for _ in range(2):
            calls.count()
            for _ in range(3):
                with pytest.raises(Fault):
                    calls.count()
            clock.advance(24 * HOUR)
    assert [(each["log_level"], each["maximum"]) for each in told] == [("warning", 1)] * 2


def test_what_is_used_up_is_refused_until_the_window_moves() -> None:
    clock = ManualClock()
    calls = DailyUsage(clock, 2)
    calls.count(2)
    with pytest.raises(Fault) as refused:
        calls.count()
    assert (refused.value.code, refused.value.status) == ("REQUEST_LIMIT_EXCEEDED", 403)
    assert refused.value.message == "TotalRequests Limit exceeded."
    clock.advance(24 * HOUR)
    calls.count()


def test_a_minute_that_is_over_is_due_to_be_written_down() -> None:
    clock = ManualClock()
    calls = DailyUsage(clock, 100)
    assert [calls.count(), calls.count()] == [False, False]
    clock.advance(MINUTE)
    assert [calls.count(), calls.count()] == [True, False]


def test_flushes_of_one_minute_add_up(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "org.db")
    migrate(database, COMPONENT, MIGRATIONS)
    clock = ManualClock()
    calls = DailyUsage(clock, 100)
    for number in (3, 4):
        calls.count(number)
        database.write(calls.flush()).result()
    again = DailyUsage(clock, 100)
    database.read_now(again.load)
    assert again.current().used == 7
    database.close()


def test_calls_that_were_given_back_are_written_down_by_the_next_flush(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "org.db")
    migrate(database, COMPONENT, MIGRATIONS)
    clock = ManualClock()
    calls = DailyUsage(clock, 100)
    calls.count(3)
    calls.flush().give_back()
    clock.advance(MINUTE)
    assert calls.count(4), "what waits is due"
    assert calls.current().used == 7
    database.write(calls.flush()).result()
    again = DailyUsage(clock, 100)
    database.read_now(again.load)
    assert again.current().used == 7
    database.close()


def test_the_report_has_the_wires_order_and_the_settings_maxima() -> None:
    clock = ManualClock()
    allowed = maxima({"DailyApiRequests": 100})
    calls = DailyUsage(clock, allowed["DailyApiRequests"])
    calls.count(18)
    limits = report(allowed, {"DailyApiRequests": calls.current().used})
    assert list(limits) == sorted(DEVELOPER_EDITION)
    assert (limits["DailyApiRequests"].maximum, limits["DailyApiRequests"].remaining) == (100, 82)
    assert limits["PermissionSets"].parts["CreateCustom"].maximum == 1000
