"""Breadths: how much of an object a caller sees, little or much: which form of a condition is the quicker.

What is known is kept for a minute of org time: where it has changed since, an answer only comes later.
"""

from typing import Final

from isthmus.kernel.clock import MINUTE
from isthmus.kernel.database import Connection
from isthmus.kernel.lru_cache import LruCache

NARROW_MAX: Final = 50_000
"""Records. Measured over 100,000 and 1 M accounts: listing so many takes as long as looking at 2,000 rows one
of which in 20 is seen."""
_KEPT_MAX: Final = 2_000


class Breadths:
    """What is known of callers."""

    def __init__(self) -> None:
        self._known: LruCache[tuple[str, str], tuple[int, bool]] = LruCache(_KEPT_MAX)

    def is_narrow(self, connection: Connection, probe: str, user_id: str, now: int) -> bool:
        """Whether the caller sees little. `probe` counts what they see, up to a bound; see `Plan`."""
        key = (probe, user_id)
        known = self._known.get(key)
        if known is not None and known[0] <= now < known[0] + MINUTE:
            return known[1]
        row = connection.row(probe, (user_id, NARROW_MAX))
        narrow = row is not None and int(str(row[0])) < NARROW_MAX
        self._known.put(key, (now, narrow))
        return narrow
