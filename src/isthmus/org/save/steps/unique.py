"""Unique fields: no other record has the value, neither stored nor earlier in the batch."""

from isthmus.org.save.batch import Save
from isthmus.org.save.external_ids import comparable, duplicate_value, find_by_value
from isthmus.org.save.identify import give_ids
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.step import step
from isthmus.org.schema.model import Field
from isthmus.org.schema.values import Stored


def _has_unique_fields(plan: Plan) -> bool:
    return bool(plan.unique)


@step(Operation.INSERT, Operation.UPDATE, needed=_has_unique_fields)
def check_unique_values(save: Save) -> None:
    """One query for each unique field of the batch.

    Of equal values in the batch, the first row has its way. What comes back from the recycle bin is another
    matter: see `isthmus.org.save.restoration`.
    """
    for field in save.plan.unique:
        holders = _holders(save, field)
        if not holders:
            continue
        stored = find_by_value(save.unit.tx, save.plan.sobject, field, holders)
        for value, rows in holders.items():
            _check(save, field, rows, stored.get(value, ()))


def _holders(save: Save, field: Field) -> dict[Stored, list[Row]]:
    """The rows that bring a value, by the value as the index compares it."""
    holders: dict[Stored, list[Row]] = {}
    for row in save.live():
        value = row.values.get(field.name)
        if value is not None and row.changed(field.name):
            holders.setdefault(comparable(field, value), []).append(row)
    return holders


def _check(save: Save, field: Field, rows: list[Row], stored: tuple[str, ...]) -> None:
    first: Row | None = None
    for row in rows:
        taken_by = next((each for each in stored if each != row.id), None)
        if taken_by is None and first is not None:
            if first.id is None:
                give_ids(save, [first])
            taken_by = first.id
        if taken_by is None:
            first = row
        else:
            row.errors.append(duplicate_value(save.plan.sobject, field, taken_by))
