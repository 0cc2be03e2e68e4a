"""Tail: the journal's latest entries in memory, for the many readers who have read all but these."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from isthmus.kernel.journal import Entry

ENTRIES_MAX: Final = 1_000
BYTES_MAX: Final = 8 * 1024 * 1024


class Tail:
    """Every entry with an event above `floor` and up to `upto`, in order."""

    def __init__(self, position: int, entries_max: int = ENTRIES_MAX, bytes_max: int = BYTES_MAX) -> None:
        self.floor = position
        self.upto = position
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._entries: list[Entry] = []
        self._bytes = 0

    def extend(self, entries: Sequence[Entry], upto: int) -> None:
        """Add what follows, up to a position. Where there are too many the oldest go, and the floor rises."""
        self._entries += entries
        self._bytes += sum(len(each.fact.body) for each in entries)
        self.upto = upto
        gone = 0
        while len(self._entries) - gone > self._entries_max or self._bytes > self._bytes_max:
            self._bytes -= len(self._entries[gone].fact.body)
            self.floor = self._entries[gone].last
            gone += 1
        del self._entries[:gone]

    def after(self, position: int) -> Sequence[Entry]:
        """The entries with an event above `position`, which is not below the floor."""
        return self._entries[bisect_right(self._entries, position, key=_last) :]


def _last(entry: Entry) -> int:
    return entry.last
