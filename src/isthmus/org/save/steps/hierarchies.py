"""Hierarchies: no record is its own parent, at whatever remove."""

from isthmus.kernel.errors import row_error
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.statements import in_parts
from isthmus.org.save.step import step
from isthmus.org.schema.model import Field
from isthmus.org.schema.tables import quoted


def _has_hierarchies(plan: Plan) -> bool:
    return bool(plan.self_lookups)


@step(Operation.UPDATE, needed=_has_hierarchies)
def check_hierarchies(save: Save) -> None:
    """A lookup to the record itself is refused, and in a hierarchy also one to what is below it.

    Hierarchies are the platform's own lookups, such as an account's parent, and those between users; other
    lookups may lead back to the record by way of others. Source: Salesforce Help, Object Relationships
    Overview, Hierarchical; of two records of a batch that would close a circle, the first has its way.
    """
    for lookup in save.plan.self_lookups:
        moved = [row for row in save.live() if row.changed(lookup.name) and row.values[lookup.name]]
        if moved:
            _check(save, lookup, moved)


def _check(save: Save, lookup: Field, moved: list[Row]) -> None:
    deep = not lookup.custom or save.plan.sobject.name == "User"
    parents = _ancestry(save, lookup, moved) if deep else {}
    for row in moved:
        parent = row.values[lookup.name]
        if _leads_to(parents, str(parent), str(row.id)):
            row.errors.append(row_error("circular_dependency", lookup.name))
        else:
            parents[str(row.id)] = parent


def _leads_to(parents: dict[str, object], start: str, wanted: str) -> bool:
    """Whether the way up from `start` passes `wanted`. A circle that is there already ends it."""
    seen: set[object] = set()
    at: object = start
    while isinstance(at, str) and at not in seen:
        if at == wanted:
            return True
        seen.add(at)
        at = parents.get(at)
    return False


def _ancestry(save: Save, lookup: Field, moved: list[Row]) -> dict[str, object]:
    """The parents, as stored, of the new parents of these rows, and theirs, all the way up: one query."""
    table, column = quoted(save.plan.sobject.name), quoted(lookup.name)
    sql = (
        f'WITH RECURSIVE up("id", "parent") AS (SELECT "Id", {column} FROM {table} WHERE "Id" IN ({{}}) '
        f'UNION SELECT t."Id", t.{column} FROM {table} t JOIN up ON t."Id" = up."parent") '
        'SELECT "id", "parent" FROM up'
    )
    starts = dict.fromkeys(str(row.values[lookup.name]) for row in moved)
    return {str(record_id): parent for record_id, parent in in_parts(save.unit.tx, sql, starts)}
