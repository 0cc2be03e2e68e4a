"""Objects: the object, and the key field of it, that a request names, as far as they exist for the
principal.
"""

from collections.abc import Iterable, Sequence

from isthmus.kernel.database import Connection
from isthmus.kernel.errors import fault
from isthmus.org.save.external_ids import LOGINS, find_by_value, is_external_id, key_value
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.model import Field, Schema, SObjectType
from isthmus.org.schema.values import BadValue, Stored
from isthmus.org.security.access import Access
from isthmus.org.security.sharing.predicate import RecordAccess, within


def find_sobject(schema: Schema, access: Access, name: str) -> SObjectType:
    """The object of that name. Faults: `resource_not_found`, `cannot_save_here`."""
    sobject = schema.find(name)
    if sobject is None or not access.may_read(sobject.name):
        raise fault("resource_not_found")
    if not (sobject.stored or sobject.published):
        raise fault("cannot_save_here", sobject=sobject.name)
    return sobject


def find_key(access: Access, sobject: SObjectType, name: str) -> Field:
    """The field by which records may be named. Fault: `external_id_field_not_found`."""
    field = sobject.field(name)
    if field is None or not is_external_id(field) or not access.may_read(sobject.name, field.name):
        raise fault("external_id_field_not_found", field=name)
    return field


def find_ids(
    connection: Connection, schema: Schema, access: Access, user_id: str, sobject: str, field: str, value: str
) -> Sequence[str]:
    """The ids of the records whose `field` equals `value`, of those that the user may see; none where the
    field can't hold it.

    Faults as above.
    """
    target = find_sobject(schema, access, sobject)
    key = find_key(access, target, field)
    try:
        wanted = key_value(key, value)
    except BadValue:
        return ()
    found = find_by_value(connection, target, key, [wanted]).get(wanted, ())
    if not found or not target.stored:
        return found
    condition = RecordAccess(schema, access).condition(target, "t")
    seen = within(connection, target.name, condition, found, user_id)
    return [each for each in found if each in seen]


def find_matches(
    unit: UnitOfWork, sobject: SObjectType, key: Field, values: Iterable[Stored]
) -> dict[Stored, tuple[str, ...]]:
    """The ids of the records that a save means by these values (see `key_value`) of the field.

    By a unique field every record is found, for its value could not be given again. By another, only what the
    principal sees: what is hidden from them is neither changed nor named, and an upsert makes a record beside
    it, which is why the platform asks for View All Data. Source: SOAP API Developer Guide, upsert(), Usage.
    See docs/decisions/0140-what-a-save-tells.md.
    """
    found = find_by_value(unit.tx, sobject, key, values)
    if not found or key.unique or (sobject.name, key.name) in LOGINS or not sobject.stored:
        return found
    seen = find_seen(unit, sobject, [each for some in found.values() for each in some])
    return {value: tuple(each for each in some if each in seen) for value, some in found.items()}


def find_seen(unit: UnitOfWork, sobject: SObjectType, ids: Iterable[str]) -> set[str]:
    """Of these records, those that the principal of a transaction may read."""
    if not unit.access.may_read(sobject.name):
        return set()
    condition = RecordAccess(unit.schema, unit.access).condition(sobject, "t")
    return within(unit.tx, sobject.name, condition, ids, unit.principal.user_id)
