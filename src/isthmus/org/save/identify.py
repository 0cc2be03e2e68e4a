"""Identify: the ids of new records, taken in blocks."""

from functools import lru_cache
from typing import Final

from isthmus.kernel.ids import base62, suffix
from isthmus.org.save.batch import Save
from isthmus.org.save.row import Row

_PREFIX_OF_UNPREFIXED: Final = "000"
"""The platform gives objects without a key prefix (histories, some teams) ids that begin so."""


def give_ids(save: Save, rows: list[Row]) -> None:
    """Give each of `rows` that has none an id. Numbers that a rollback wastes are never used again."""
    missing = [row for row in rows if row.id is None]
    if not missing:
        return
    prefix = save.plan.sobject.key_prefix or _PREFIX_OF_UNPREFIXED
    first = save.unit.tx.next_in_sequence(f"id:{prefix}", len(missing))
    head = prefix + save.unit.instance
    for number, row in enumerate(missing, first):
        id15 = head + base62(number)
        row.id = id15 + guard(id15[:5]) + guard(id15[5:10]) + guard(id15[10:])


@lru_cache(maxsize=65_536)
def guard(chunk: str) -> str:
    """The guarding character of five characters of an id: neighbours share the first two."""
    return suffix(chunk + "0000000000")[0]
