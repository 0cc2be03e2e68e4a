"""Ids, auto-numbers and stamps: what a record is given by the platform just before it is written."""

from isthmus.org.save.auto_numbers import display_format, formatted
from isthmus.org.save.batch import Save
from isthmus.org.save.identify import give_ids
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.step import step
from isthmus.org.schema.instants import whole_second
from isthmus.org.schema.model import ObjectKind
from isthmus.org.schema.values import Stored


@step(Operation.INSERT)
def give_record_ids(save: Save) -> None:
    """From here on a new record has an id."""
    rows = save.live()
    give_ids(save, rows)
    for row in rows:
        row.values["Id"] = row.id


def _goes_without_name(plan: Plan) -> bool:
    name = plan.sobject.name_field
    return plan.sobject.kind is ObjectKind.CUSTOM and name is not None and not name.auto_number


@step(Operation.INSERT, Operation.UPDATE, needed=_goes_without_name)
def name_by_id(save: Save) -> None:
    """A custom object's record without a name is called by its id. Source: Salesforce Help, Name Field."""
    name = save.plan.sobject.name_field
    for row in save.live():
        if name is not None and row.id is not None and row.values.get(name.name) is None:
            row.values[name.name] = row.id[:15]


def _has_auto_numbers(plan: Plan) -> bool:
    return bool(plan.auto_numbers)


@step(Operation.INSERT, needed=_has_auto_numbers)
def give_auto_numbers(save: Save) -> None:
    """Numbers are taken for the whole batch at once, and never used again."""
    rows, sobject = save.live(), save.plan.sobject.name
    if not rows:
        return
    for field in save.plan.auto_numbers:
        pattern, starting = display_format(sobject, field)
        wanting = [row for row in rows if row.values.get(field.name) is None]
        if not wanting:
            continue
        first = save.unit.tx.next_in_sequence(f"number:{sobject}.{field.name}", len(wanting))
        for number, row in enumerate(wanting, starting + first - 1):
            row.values[field.name] = formatted(pattern, number, save.unit.local_now)


@step(*Operation)
def stamp_system_fields(save: Save) -> None:
    """Who and when. A change of any kind, a delete too, is a modification."""
    user, now = save.unit.principal.user_id, whole_second(save.unit.now)
    stamps: dict[str, Stored] = {name: user if by else now for name, by in save.plan.stamps}
    for row in save.live():
        if save.plan.system and row.layout is not None:
            row.values.update({name: at for name, at in stamps.items() if name not in row.layout.names})
        else:
            row.values.update(stamps)
