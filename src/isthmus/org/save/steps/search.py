"""Search: what a save writes of searched text is noted for the index. See `isthmus.org.search.changes`."""

from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.statements import run_each
from isthmus.org.save.step import step
from isthmus.org.search.changes import NOTE


def _is_searched(plan: Plan) -> bool:
    return bool(plan.searched)


@step(Operation.INSERT, Operation.UPDATE, needed=_is_searched, lasting=True, sure=True)
def note_searched_text(save: Save) -> None:
    """Note the records of the batch that have, or had, text in what has changed."""
    fields = save.plan.searched
    run_each(save.unit.tx, NOTE, [(row.id,) for row in save.live() if _writes_text(row, fields)])


def _writes_text(row: Row, fields: tuple[str, ...]) -> bool:
    old, new = row.old or {}, row.values
    return any(new.get(name) != old.get(name) for name in fields)
