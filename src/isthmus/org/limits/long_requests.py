"""Long requests: how many requests that take 20 seconds and more an org answers at the same time.

Source: Salesforce Developer Limits and Allocations Quick Reference, "Concurrent API Request Limits".
"""

import itertools
from typing import Final

from isthmus.kernel.clock import SECOND, Clock
from isthmus.kernel.errors import fault

LONG: Final = 20 * SECOND


class LongRequests:
    """Which requests are waited for, each with when that began: one entry for each. For the event loop.

    Nothing waits for a request to become a long one: they begin in order of time, so whether there is room is
    seen at the oldest of them.
    """

    def __init__(self, clock: Clock, maximum: int) -> None:
        self._clock = clock
        self._maximum = maximum
        self._began: dict[int, int] = {}
        self._numbers = itertools.count()

    def check(self) -> None:
        """Whether a further request may begin. Fault: `concurrent_requests_exceeded`."""
        began = self._began
        if len(began) < self._maximum:
            return
        newest_of_oldest = next(itertools.islice(began.values(), self._maximum - 1, None), 0)
        if newest_of_oldest <= self._clock.now() - LONG:
            raise fault("concurrent_requests_exceeded")

    def begin(self) -> int:
        """A request is waited for from now on; the number by which it ends."""
        number = next(self._numbers)
        self._began[number] = self._clock.now()
        return number

    def end(self, number: int) -> None:
        """It is answered, or nobody waits for it any more; that may be said twice."""
        self._began.pop(number, None)
