"""The ledger: what was attempted, what was acknowledged, and whether just that is there after a crash."""

import threading
from collections import Counter
from collections.abc import Iterable


class Ledger:
    """Ids of records, noted from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempted: set[str] = set()
        self._acknowledged: set[str] = set()

    def attempt(self, record: str) -> None:
        """The record is about to be handed in."""
        with self._lock:
            self._attempted.add(record)

    def acknowledge(self, record: str) -> None:
        """Its caller was told that it is kept."""
        with self._lock:
            self._acknowledged.add(record)

    @property
    def acknowledged(self) -> int:
        """How many were acknowledged."""
        return len(self._acknowledged)

    def differences(self, present: Iterable[str]) -> list[str]:
        """What is wrong with what is there: nothing, where every acknowledged record is there, none twice,
        and none that nobody handed in. What was attempted and not acknowledged may be there or not.
        """
        counts = Counter(present)
        lost = sorted(self._acknowledged - counts.keys())
        twice = sorted(record for record, count in counts.items() if count > 1)
        invented = sorted(counts.keys() - self._attempted - self._acknowledged)
        named = [("acknowledged, but lost", lost), ("there twice", twice), ("never handed in", invented)]
        return [f"{len(records)} {what}: {', '.join(records[:5])}" for what, records in named if records]
