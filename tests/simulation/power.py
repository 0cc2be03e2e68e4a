"""Power: it goes at a seeded moment, for everything that is on one disk."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apsw


class PowerIsOff(apsw.IOError, OSError):
    """The disk no longer writes."""


class Power:
    """Goes at the `cut_at`-th operation that counts, from 1. `chance` then says what had reached the disk.

    A disk that lies says that it has synced, and has not.
    """

    def __init__(self, seed: int, cut_at: int, *, lies: bool = False) -> None:
        self.lies = lies
        self.chance = random.Random(seed)
        self.operations = 0
        self.off = False
        self._cut_at = cut_at
        self._lock = threading.RLock()
        self._at_the_end: list[Callable[[], None]] = []

    def at_the_end(self, then: Callable[[], None]) -> None:
        """Do something at the very moment when the power goes."""
        self._at_the_end.append(then)

    def guarded(self) -> threading.RLock:
        """To be held where something is noted that is no operation."""
        return self._lock

    @contextmanager
    def operation(self, *, counted: bool = True) -> Iterator[None]:
        """One write, sync or change of a name; one after the other. Raises PowerIsOff."""
        with self._lock:
            self.operations += counted
            if self.operations >= self._cut_at:
                self.cut()
            if self.off:
                raise PowerIsOff("the power is off")
            yield

    def cut(self) -> None:
        """The power goes now, if it has not gone yet."""
        with self._lock:
            if not self.off:
                self.off = True
                for each in self._at_the_end:
                    each()
