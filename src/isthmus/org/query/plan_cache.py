"""The plan cache: the plans used last, bounded in number and in the size of what it keeps."""

import threading
from collections import OrderedDict
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

PLANS_MAX: Final = 2000
"""Plans kept. One of ten fields and three conditions takes some 10 kB."""
KEY_TOKENS_MAX: Final = 1000
"""A longer query is planned anew each time, so that the cache does not grow with what is asked."""


class PlanCache(Generic[K, V]):
    """A mapping that forgets what was used least recently. May be used from any thread."""

    def __init__(self, maximum: int = PLANS_MAX) -> None:
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
            if len(self._kept) > self._maximum:
                self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)
