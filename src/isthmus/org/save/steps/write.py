"""Write: the records go to the database, one statement for each set of columns of the batch."""

from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.statements import run_each
from isthmus.org.save.step import step
from isthmus.org.save.unit_of_work import Change


def _is_stored(plan: Plan) -> bool:
    return plan.sobject.stored


@step(Operation.INSERT, needed=_is_stored, lasting=True, sure=True)
def insert_records(save: Save) -> None:
    """Insert the batch. Columns that no row has a value for are left to be NULL."""
    rows = save.live()
    if not rows:
        return
    names = frozenset(rows[0].values).union(*(row.values for row in rows[1:]))
    sql, bind = save.plan.statements.insert(names)
    run_each(save.unit.tx, sql, [bind(row.values) for row in rows])
    _note(save, rows)


@step(Operation.UPDATE, lasting=True, sure=True)
def update_records(save: Save) -> None:
    """Update the batch. A column that changes in one row is set in all of them, mostly to what it is."""
    rows = save.live()
    if not rows:
        return
    names: set[str] = set()
    for row in rows:
        old = row.old or {}
        names.update(name for name, value in row.values.items() if old.get(name) != value)
    names.discard("Id")
    if names:
        sql, bind = save.plan.statements.update(frozenset(names))
        run_each(save.unit.tx, sql, [bind(row.values) for row in rows])
    _note(save, rows)


def _note(save: Save, rows: list[Row]) -> None:
    sobject, operation = save.plan.sobject.name, save.operation
    save.unit.changes.extend(Change(sobject, str(row.id), operation, row.old, row.values) for row in rows)
