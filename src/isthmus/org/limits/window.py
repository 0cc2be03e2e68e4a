"""Window: how much of a limit was used in a span of org time, for what can be counted again elsewhere.

What is under way is reserved, so that all who are at it at once stay within the limit.
"""

from collections.abc import Mapping
from threading import Lock

from isthmus.kernel.clock import MINUTE, Clock


class Window:
    """Counts by the minute, of the last `span` milliseconds. Any thread may count."""

    def __init__(self, clock: Clock, maximum: int, limit: str, span: int) -> None:
        self.maximum = maximum
        self.limit = limit
        self.span = span
        self._clock = clock
        self._minutes: dict[int, int] = {}
        self._used = 0
        self._reserved = 0
        self._oldest = 0
        self._lock = Lock()

    def beginning(self) -> int:
        """When the window begins now (org time)."""
        return self._clock.now() - self.span

    def used(self) -> int:
        """What was used; what is reserved isn't yet."""
        with self._lock:
            self._forget()
            return self._used

    def reserve(self, wanted: int) -> int:
        """Keep free as much of `wanted` as there is; returns how much that is."""
        with self._lock:
            self._forget()
            granted = max(0, min(wanted, self.maximum - self._used - self._reserved))
            self._reserved += granted
            return granted

    def settle(self, reserved: int, used: int) -> None:
        """What was reserved has come to so much."""
        with self._lock:
            minute = self._forget()
            self._reserved -= reserved
            self._used += used
            self._minutes[minute] = self._minutes.get(minute, 0) + used

    def replace(self, minutes: Mapping[int, int]) -> None:
        """Count what was used elsewhere, by the minute since the epoch; nothing else."""
        with self._lock:
            self._minutes = dict(minutes)
            self._oldest = 0
            self._forget()

    def _forget(self) -> int:
        """Leave out what the window has passed, once a minute; the minute it is."""
        minute = self._clock.now() // MINUTE
        if minute != self._oldest:
            self._oldest = minute
            first = minute - self.span // MINUTE
            self._minutes = {each: used for each, used in self._minutes.items() if each > first}
            self._used = sum(self._minutes.values())
        return minute
