"""Is a failed message sent again when the policy says, spread over time, and no longer than it says?"""

import doctest

from hypothesis import given
from hypothesis import strategies as st

from isthmus.hub import redelivery
from isthmus.hub.redelivery import RedeliveryPolicy
from isthmus.kernel.clock import DAY, HOUR, MINUTE, SECOND


def test_the_examples_run() -> None:
    assert doctest.testmod(redelivery).failed == 0


@given(st.text(max_size=20), st.integers(1, 10_000), st.floats(0, 1))
def test_a_delay_lies_within_its_spread(key: str, failures: int, jitter: float) -> None:
    whole = RedeliveryPolicy(jitter=0).delay(key, failures)
    delay = RedeliveryPolicy(jitter=jitter).delay(key, failures)
    assert max(1, int(whole * (1 - jitter))) <= delay <= whole <= HOUR


def test_what_failed_together_is_spread() -> None:
    policy = RedeliveryPolicy(jitter=0.1)
    delays = {policy.delay(str(n), 1) for n in range(1_000)}
    assert len(delays) > 500
    assert policy.delay("a", 1) == policy.delay("a", 1)


def test_the_last_time_is_when_the_policy_gives_up() -> None:
    policy = RedeliveryPolicy(jitter=0)
    assert policy.due("k", 1, now=100, since=100) == 100 + 15 * SECOND
    assert policy.due("k", 30, now=DAY - MINUTE, since=0) == DAY
    assert policy.due("k", 31, now=DAY, since=0) is None
    assert policy.due("k", 1, now=0, since=0, asked=5 * MINUTE) == 5 * MINUTE
    assert policy.due("k", 1, now=0, since=0, asked=1) == 15 * SECOND
    assert RedeliveryPolicy(give_up=0).due("k", 1, now=5, since=5) is None
