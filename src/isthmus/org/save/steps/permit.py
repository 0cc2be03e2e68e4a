"""Permissions: what the principal may do with the object. Field rights are part of a layout."""

from isthmus.kernel.errors import RowError, row_error
from isthmus.org.save.batch import Save
from isthmus.org.save.plan import Plan
from isthmus.org.save.ports import Operation
from isthmus.org.save.step import step


def refused(plan: Plan) -> RowError | None:
    """Why nobody, or not this principal, may do this to records of this object; None: they may."""
    sobject, access = plan.sobject, plan.access
    match plan.operation:
        case Operation.INSERT:
            if not (sobject.createable and access.may_create(sobject.name)):
                return row_error("entity_not_insertable", label=sobject.label)
        case Operation.UPDATE:
            if not sobject.updateable:
                return row_error("entity_not_updateable", label=sobject.label)
            if not access.may_edit(sobject.name):
                return row_error("no_access_to_record")
        case Operation.DELETE:
            if not sobject.deletable:
                return row_error("entity_not_deletable", label=sobject.label)
            if not access.may_delete(sobject.name):
                return row_error("no_access_to_record")
        case Operation.UNDELETE:
            if not (sobject.undeletable and access.may_delete(sobject.name)):
                return row_error("undelete_failed")
    return None


def _refuses(plan: Plan) -> bool:
    return not plan.system and refused(plan) is not None


@step(*Operation, needed=_refuses)
def check_permissions(save: Save) -> None:
    """Refuse every row where the principal lacks the right: plans with the right have no such step."""
    error = refused(save.plan)
    if error is not None:
        for row in save.live():
            row.errors.append(error)
