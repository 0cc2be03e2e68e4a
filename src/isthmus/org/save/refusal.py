"""Refusal: why nobody, or not this principal, may do something to the records of an object."""

from isthmus.kernel.errors import RowError, row_error
from isthmus.org.save.operation import Operation
from isthmus.org.schema.model import FieldType, SObjectType
from isthmus.org.security.access import Access


def refusal(sobject: SObjectType, operation: Operation, access: Access) -> RowError | None:
    """The error of every record of such a save; None: it is allowed."""
    match operation:
        case Operation.INSERT:
            if not (sobject.createable and access.may_create(sobject.name)):
                return row_error("entity_not_insertable", label=sobject.label)
            if any(each.type is FieldType.BASE64 for each in sobject.fields):
                return row_error("files_not_kept", label=sobject.label)
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
