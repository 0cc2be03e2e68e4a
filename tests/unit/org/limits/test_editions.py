"""Are an org's limits those of its edition and its licences, and of the settings before both?"""

import pytest

from isthmus.org.limits.editions import maxima
from isthmus.org.limits.maxima import DEVELOPER_EDITION


@pytest.mark.parametrize(
    ("edition", "licenses", "calls", "clients"),
    [
        ("Developer Edition", 2, 15_000, 20),
        ("Professional Edition", 10, 110_000, 1_000),
        ("Enterprise Edition", 0, 100_000, 1_000),
        ("Enterprise Edition", 500, 600_000, 1_000),
        ("Unlimited Edition", 500, 2_600_000, 2_000),
    ],
)
def test_calls_grow_with_licences(edition: str, licenses: int, calls: int, clients: int) -> None:
    allowed = maxima({}, edition, licenses)
    assert allowed["DailyApiRequests"] == calls
    assert allowed["StreamingApiConcurrentClients"] == clients
    assert allowed.keys() >= DEVELOPER_EDITION.keys()


def test_many_licences_run_more_at_once() -> None:
    assert maxima({}, "Unlimited Edition", 100)["DailyAsyncApexExecutions"] == 250_000
    assert maxima({}, "Unlimited Edition", 2_000)["DailyAsyncApexExecutions"] == 400_000


def test_what_is_set_holds() -> None:
    assert maxima({"DailyApiRequests": 7}, "Unlimited Edition", 100)["DailyApiRequests"] == 7
