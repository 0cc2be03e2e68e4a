"""The LRU cache: a mapping of bounded size that forgets what was used least recently.

For functions of their arguments `functools.lru_cache` does; this is for what is kept under a key that is not
all that it is made of, and for what is made of large values that stay the same (`ByIdentity`).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Keeps `maximum` values. May be used from any thread."""

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """What was kept under `key`, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: K, value: V) -> None:
        """Keep `value` under `key`."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            if len(self._kept) > self._maximum:
                self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)


class ByIdentity(Generic[K, V]):
    """`make` of a value, kept for that very value. To look a large one up by what is in it would cost as much
    as to make anew what is kept.
    """

    def __init__(self, make: Callable[[K], V], maximum: int) -> None:
        self._make = make
        self._kept: LruCache[int, tuple[K, V]] = LruCache(maximum)

    def __call__(self, value: K) -> V:
        kept = self._kept.get(id(value))
        if kept is None:  # what is kept holds its value, whose identity is then no other's
            kept = (value, self._make(value))
            self._kept.put(id(value), kept)
        return kept[1]
