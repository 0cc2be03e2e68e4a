"""Stopping: how work that takes too long is ended, by the clock or by whoever waits for it."""

from typing import Protocol


class Now(Protocol):
    """What tells org time, from any thread."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...


class Stop:
    """A read, or a unit of work, that is given one ends with DatabaseStopped soon after it is `wanted`: once
    `end` was called, or, with a clock, from `due` on (org time), or when one of those it is `within` is.

    What has not begun by then ends before its first row; what is done stays as it is.
    """

    __slots__ = ("_clock", "_due", "_ended", "_within")

    def __init__(self, clock: Now | None = None, due: int = 0, within: "tuple[Stop, ...]" = ()) -> None:
        self._clock = clock
        self._due = due
        self._within = within
        self._ended = False

    @property
    def wanted(self) -> bool:
        """Whether the work is to end."""
        if self._ended or (self._clock is not None and self._clock.now() >= self._due):
            return True
        return bool(self._within) and any(each.wanted for each in self._within)

    def end(self) -> None:
        """Let the work end. From any thread."""
        self._ended = True
