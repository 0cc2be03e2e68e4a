"""Required fields: checked after flows and handlers, which may fill them."""

from isthmus.kernel.errors import row_error
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.step import step


def _requires(plan: Plan) -> bool:
    return bool(plan.required or plan.sobject.required_on_create)


@step(Operation.INSERT, Operation.UPDATE, needed=_requires)
def check_required_fields(save: Save) -> None:
    """All missing fields of a record are one error."""
    for row in save.live():
        refuse_missing(save, row)


def refuse_missing(save: Save, row: Row) -> bool:
    """Whether required fields of the row are missing, which is its error then."""
    missing = [
        each.name
        for each in save.plan.required
        if row.values.get(each.name) is None and _touched(row, each.name)
    ]
    if row.old is None:
        missing += [
            group[0]
            for group in save.plan.sobject.required_on_create
            if all(row.values.get(name) is None for name in group) and group[0] not in missing
        ]
    if missing:
        row.errors.append(row_error("required_field_missing", *missing, names=", ".join(missing)))
    return bool(missing)


def _touched(row: Row, name: str) -> bool:
    """An update that leaves an old gap as it is does not answer for it."""
    return row.old is None or row.changed(name)
