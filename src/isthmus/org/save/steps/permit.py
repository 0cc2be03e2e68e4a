"""Permissions: what the principal may do with the object, and with the fields that a record sets."""

from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.step import step


def _may_refuse(plan: Plan) -> bool:
    return plan.refusal is not None or plan.operation in (Operation.INSERT, Operation.UPDATE)


@step(*Operation, needed=_may_refuse)
def check_permissions(save: Save) -> None:
    """The right to the object first; then that there are such fields, and that they may be set."""
    refusal = save.plan.refusal
    own = save.unit.principal.user_id if save.plan.own_user_alone else None
    for row in save.live():
        if refusal is not None and (own is None or row.id != own):
            row.errors.append(refusal)
        elif row.layout is not None:
            row.errors.extend(row.layout.errors)
