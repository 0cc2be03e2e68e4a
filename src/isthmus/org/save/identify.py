"""Identify: the ids of new records, taken in blocks."""

from typing import Final

from isthmus.kernel.ids import record_id
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
    for number, row in enumerate(missing, first):
        row.id = record_id(prefix, save.unit.instance, number)
