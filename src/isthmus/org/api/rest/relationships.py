"""Relationships: from a record to its parent, or to its children, by the relationship's name.

    GET /sobjects/Contact/003…/Account        the parent's record; PATCH and DELETE change it
    GET /sobjects/Account/001…/Contacts       the children, as a query's page

Source: REST API Developer Guide, "sObject Relationships".
"""

from starlette.responses import Response

from isthmus.kernel.errors import fault
from isthmus.kernel.ids import MalformedId, to_18
from isthmus.org.api.rest import headers, queries, records
from isthmus.org.api.routing import Call
from isthmus.org.org import Column
from isthmus.org.schema.model import ChildRelationship, SObjectType


def is_named(call: Call, sobject: SObjectType) -> bool:
    """Whether `/{field}/{value}` of the path are an id and a relationship rather than a field and its
    value.
    """
    if sobject.field(call.path["field"]) is not None:
        return False
    try:
        to_18(call.path["field"])
    except MalformedId:
        return False
    return True


async def read(call: Call, sobject: SObjectType) -> Response:
    """The parent, or the children. Fault: `resource_not_found`, also where there is no parent."""
    name = call.path["value"].lower()
    if sobject.parent_field(name) is not None:
        parent, parent_id = await _parent(call, sobject)
        found = await call.org.retrieve(call.principal, parent.name, parent_id, records.fields_asked(call))
        return records.one_record(call, found)
    for each in call.org.schema.children(sobject.name):
        if each.name is not None and each.name.lower() == name:
            return await _children(call, sobject, to_18(call.path["field"]), each)
    raise fault("resource_not_found")


async def update(call: Call, sobject: SObjectType) -> Response:
    """Change the parent. Fault: as for `read`."""
    return await records.update_record(call, *await _parent(call, sobject))


async def delete(call: Call, sobject: SObjectType) -> Response:
    """Delete the parent. Fault: as for `read`."""
    return await records.delete_record(call, *await _parent(call, sobject))


async def _parent(call: Call, sobject: SObjectType) -> tuple[SObjectType, str]:
    """The parent's object and id. Fault: `resource_not_found`."""
    lookup = sobject.parent_field(call.path["value"])
    if lookup is None:
        raise fault("resource_not_found")
    record_id = to_18(call.path["field"])
    result = await call.org.retrieve(call.principal, sobject.name, record_id, (lookup.name,))
    [row] = result.rows
    [place] = [
        each.index for each in result.shape.items if isinstance(each, Column) and each.key == lookup.name
    ]
    parent_id = row[place]
    owners = call.org.schema.with_prefix(parent_id) if isinstance(parent_id, str) else ()
    if not owners:
        raise fault("resource_not_found")
    return owners[0], str(parent_id)


async def _children(
    call: Call, sobject: SObjectType, record_id: str, relationship: ChildRelationship
) -> Response:
    await call.org.retrieve(call.principal, sobject.name, record_id, ("Id",))
    child, access = call.org.schema[relationship.child], call.principal.access
    readable = [each.name for each in child.fields if access.may_read(child.name, each.name)]
    fields = ", ".join(records.fields_asked(call) or readable)
    soql = f"SELECT {fields} FROM {child.name} WHERE {relationship.field} = '{record_id}'"
    result = await call.org.query(call.principal, soql, batch_size=headers.batch_size(call))
    return queries.page(call, result)
