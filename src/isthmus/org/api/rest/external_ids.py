"""External ids: one record by the value of an external id field. Read, upsert, delete.

A value that several records have is answered with 300 and the records' URLs.
Source: REST API Developer Guide, "sObject Rows by External ID".
"""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from isthmus.kernel.errors import fault
from isthmus.org.api.rest import answers, headers, json_body, paths, records, relationships
from isthmus.org.api.routing import Call, Route
from isthmus.org.org import SaveResult
from isthmus.org.schema.model import SObjectType

_UPDATES_ANSWERED_FROM: Final = 46
"""The API version from which an upsert that updates has an answer (before: 204)."""


async def read(call: Call) -> Response:
    """The record with that value; where the path names an id and a relationship, what that leads to."""
    sobject = paths.sobject_of(call)
    if relationships.is_named(call, sobject):
        return await relationships.read(call, sobject)
    ids = await _ids(call, sobject)
    if len(ids) > 1:
        return _ambiguous(call, sobject, ids)
    result = await call.org.retrieve(call.principal, sobject.name, ids[0], records.fields_asked(call))
    return records.one_record(call, result)


async def upsert(call: Call) -> Response:
    """201 where the record is new, else 200 (204 before API 46); `?updateOnly=true` never creates."""
    sobject = paths.sobject_of(call)
    if relationships.is_named(call, sobject):
        return await relationships.update(call, sobject)
    field = _field(call, sobject)
    record = await json_body.record(call)
    records.refuse_field(record, field)
    [result] = await call.org.upsert(
        call.principal,
        sobject.name,
        field,
        [record | {field: call.path["value"]}],
        update_only=call.request.query_params.get("updateOnly", "").lower() == "true",
        options=headers.save_options(call),
    )
    return _upserted(call, sobject, result)


async def delete(call: Call) -> Response:
    """204."""
    sobject = paths.sobject_of(call)
    if relationships.is_named(call, sobject):
        return await relationships.delete(call, sobject)
    ids = await _ids(call, sobject)
    if len(ids) > 1:
        return _ambiguous(call, sobject, ids)
    [result] = await call.org.delete(call.principal, sobject.name, ids, options=headers.save_options(call))
    return records.refused(call, sobject, result.errors) if result.errors else answers.no_content()


def _upserted(call: Call, sobject: SObjectType, result: SaveResult) -> Response:
    if result.matches:
        return _ambiguous(call, sobject, result.matches)
    if result.errors or result.id is None:
        return records.refused(call, sobject, result.errors)
    body = {"id": result.id, "success": True, "errors": [], "created": result.created}
    if result.created:
        return records.created(call, sobject, result.id, body)
    if call.api_version < _UPDATES_ANSWERED_FROM:
        return answers.no_content()
    return answers.Json(answers.encode(body))


def _field(call: Call, sobject: SObjectType) -> str:
    """The field that the URL names, in canonical case. Fault: that of `paths.no_such_field`."""
    field = sobject.field(call.path["field"])
    if field is None:
        raise paths.no_such_field(call.path["field"])
    return field.name


async def _ids(call: Call, sobject: SObjectType) -> list[str]:
    """The records with that value, at least one. Fault: `resource_not_found`."""
    ids = await call.org.find_by_external_id(
        call.principal, sobject.name, _field(call, sobject), call.path["value"]
    )
    if not ids:
        raise fault("resource_not_found")
    return ids


def _ambiguous(call: Call, sobject: SObjectType, ids: Sequence[str]) -> Response:
    urls = [paths.record(call.api_version, sobject.name, each) for each in ids]
    return answers.Json(answers.encode(urls), 300)


_PATH: Final = paths.VERSION + "/sobjects/{sobject}/{field}/{value}"

ROUTES: Final = (
    Route("GET", _PATH, read),
    Route("PATCH", _PATH, upsert),
    Route("DELETE", _PATH, delete),
)
