"""Breadths: how much of an object a caller sees: which form of a condition is the quicker.

Little is so many records, most is so many of all. What is known is kept for a minute of org time: where it
has changed since, an answer only comes later.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.clock import MINUTE
from isthmus.kernel.database import Connection
from isthmus.kernel.ids import number_of, record_id
from isthmus.kernel.lru_cache import LruCache

NARROW_MAX: Final = 50_000
"""Records. Measured over 100,000 and 1 M accounts: listing so many takes as long as looking at 2,000 rows one
of which in 20 is seen."""
WIDE_PERCENT: Final = 60
"""Of all records. Measured: docs/decisions/0101."""
SAMPLED: Final = 512
_SAMPLED_MIN: Final = 128
"""Of an object that has fewer of the ids which are tried nothing is said."""
_GOLDEN: Final = 0.6180339887498949
"""Its multiples, without their whole part, spread evenly and keep step with nothing that repeats."""
_KEPT_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Sample:
    """What is asked of some of an object's records: whether a caller sees them.

    Each `?` of the `condition` on rows of the `table`, called `alias`, stands for the caller.
    """

    table: str
    alias: str
    condition: str

    @property
    def counts(self) -> str:
        """How many of the records whose ids are in a JSON array there are, and the caller sees."""
        return (
            f"SELECT COUNT(*), SUM(CASE WHEN {self.condition} THEN 1 ELSE 0 END) FROM {self.table} AS "
            f'{self.alias} WHERE {self.alias}."Id" IN (SELECT value FROM json_each(?))'
        )


class Breadths:
    """What is known of callers."""

    def __init__(self) -> None:
        self._known: LruCache[tuple[str, str], tuple[int, bool]] = LruCache(_KEPT_MAX)

    def is_narrow(self, connection: Connection, probe: str, user_id: str, now: int) -> bool:
        """Whether the caller sees little. `probe` counts what they see, up to a bound; see `Plan`."""

        def measured() -> bool:
            row = connection.row(probe, (user_id, NARROW_MAX))
            return row is not None and int(str(row[0])) < NARROW_MAX

        return self._kept(probe, user_id, now, measured)

    def is_wide(self, connection: Connection, sample: Sample, user_id: str, now: int) -> bool:
        """Whether the caller sees most records of an object (of a database that is SQLite's)."""

        def measured() -> bool:
            ids = _spread(connection, sample.table)
            callers = (user_id,) * sample.condition.count("?")
            there, seen = connection.row(sample.counts, (*callers, json.dumps(ids))) or (0, 0)
            found = int(str(there))
            return found >= _SAMPLED_MIN and 100 * int(str(seen)) >= WIDE_PERCENT * found

        return self._kept(f"{sample.table} {sample.condition}", user_id, now, measured)

    def _kept(self, question: str, user_id: str, now: int, measured: Callable[[], bool]) -> bool:
        key = (question, user_id)
        known = self._known.get(key)
        if known is not None and known[0] <= now < known[0] + MINUTE:
            return known[1]
        answer = measured()
        self._known.put(key, (now, answer))
        return answer


def _spread(connection: Connection, table: str) -> list[str]:
    """Ids between an object's first and last, given out by this org or not."""
    bounds = connection.row(f'SELECT (SELECT MIN("Id") FROM {table}), (SELECT MAX("Id") FROM {table})')
    first, last = map(str, bounds or (None, None))
    if bounds is None or bounds[0] is None or first[:6] != last[:6]:
        return []
    low, room = number_of(first), number_of(last) - number_of(first) + 1
    numbers = {low + int(place * _GOLDEN % 1 * room) for place in range(SAMPLED)}
    return [record_id(first[:3], first[3:6], each) for each in sorted(numbers)]
