"""Records: sObject Rows. Create, read, update and delete one record by its id.

Source: REST API Developer Guide, "sObject Basic Information", "sObject Rows".
"""

from collections.abc import Awaitable, Mapping, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from starlette.responses import Response

from isthmus.kernel.errors import Fault, RowError, fault
from isthmus.kernel.ids import MalformedId, to_18
from isthmus.org.api.rest import answers, headers, json_body, json_problems, paths, preconditions
from isthmus.org.api.rest.row_encoder import records_of
from isthmus.org.api.routing import Call, Route
from isthmus.org.org import QueryResult
from isthmus.org.schema.model import SObjectType

_WRONG_TYPE: Final = "INVALID_TYPE_ON_FIELD_IN_RECORD"


async def create(call: Call) -> Response:
    """201 with the new record's id and URL."""
    sobject = paths.sobject_of(call)
    record = await json_body.record(call)
    [result] = await call.org.insert(
        call.principal, sobject.name, [record], options=headers.save_options(call)
    )
    if result.errors or result.id is None:
        return refused(call, sobject, result.errors)
    told = [answers.result_item(each) for each in result.infos]
    return created(call, sobject, result.id, {"id": result.id, "success": True, "errors": told})


def read(call: Call) -> Response | Awaitable[Response]:
    """The record's readable fields, or those that `?fields=` names; 304 where the client has them."""
    if preconditions.are_asked(call):
        return _read_unless_known(call)
    fields = fields_asked(call)
    try:
        result = call.org.retrieve_now(call.principal, call.path["sobject"], call.path["id"], fields)
    except Fault as error:
        raise _in_words_of_url(call, error) from error
    return _read(call, fields) if result is None else _whole_or_part(call, fields, result)


async def _read_unless_known(call: Call) -> Response:
    try:
        known = await preconditions.is_known(call)
    except Fault as error:
        raise _in_words_of_url(call, error) from error
    return Response(status_code=304) if known else await _read(call, fields_asked(call))


async def _read(call: Call, fields: Sequence[str] | None) -> Response:
    try:
        result = await call.org.retrieve(call.principal, call.path["sobject"], call.path["id"], fields)
    except Fault as error:
        raise _in_words_of_url(call, error) from error
    return _whole_or_part(call, fields, result)


def _whole_or_part(call: Call, fields: Sequence[str] | None, result: QueryResult) -> Response:
    response = one_record(call, result)
    if fields is None and preconditions.has_tags(result.shape.sobject):
        response.raw_headers.append((b"etag", preconditions.tag(bytes(response.body))))
    return response


def _in_words_of_url(call: Call, error: Fault) -> Fault:
    return paths.no_such_field(call.path["id"]) if error.entry.name == "malformed_record_id" else error


async def update(call: Call) -> Response:
    """204."""
    return await update_record(call, paths.sobject_of(call), record_id_of(call))


async def delete(call: Call) -> Response:
    """204."""
    return await delete_record(call, paths.sobject_of(call), record_id_of(call))


async def update_record(call: Call, sobject: SObjectType, record_id: str) -> Response:
    """Change a record to what the body says: 204."""
    record = await json_body.record(call)
    refuse_field(record, "Id")
    changed = [record | {"Id": record_id}]
    result = await preconditions.change(
        call, sobject, record_id, lambda running: running.update(sobject.name, changed)
    )
    return refused(call, sobject, result.errors) if result.errors else answers.no_content()


async def delete_record(call: Call, sobject: SObjectType, record_id: str) -> Response:
    """Move a record to the recycle bin: 204."""
    result = await preconditions.change(
        call, sobject, record_id, lambda running: running.delete(sobject.name, [record_id])
    )
    return refused(call, sobject, result.errors) if result.errors else answers.no_content()


def record_id_of(call: Call) -> str:
    """The id in the URL, in its 18-character form; what is none is taken for an external id field's name.

    Fault: that of `paths.no_such_field`.
    """
    try:
        return to_18(call.path["id"])
    except MalformedId:
        raise paths.no_such_field(call.path["id"]) from None


def fields_asked(call: Call) -> Sequence[str] | None:
    """`?fields=Name,Phone`, or None where all are asked for."""
    query = call.scope["query_string"]
    return _fields(query) if query else None


@lru_cache(maxsize=256)
def _fields(query: bytes) -> tuple[str, ...] | None:
    """A client asks for the same fields of many records."""
    asked = dict(parse_qsl(query.decode("latin-1"))).get("fields", "")
    return tuple(name for each in asked.split(",") if (name := each.strip())) or None


def refuse_field(record: Mapping[str, object], field: str) -> None:
    """The URL has said what this field is; the body must not. Fault: `field_in_url_and_body`."""
    if any(each.lower() == field.lower() for each in record):
        raise fault("field_in_url_and_body", field=field)


def one_record(call: Call, result: QueryResult) -> Response:
    """The one row of a result, as a record."""
    [record] = records_of(result, call.api_version)
    return answers.Json(answers.encode(record))


def created(call: Call, sobject: SObjectType, record_id: str, body: Mapping[str, object]) -> Response:
    """201, with the new record's URL."""
    location = paths.record(call.api_version, sobject.name, record_id).encode()
    return answers.Json(answers.encode(body), 201, (b"location", location))


def refused(call: Call, sobject: SObjectType, errors: Sequence[RowError]) -> Response:
    """What is wrong with the record.

    The platform's REST API finds a value of the wrong JSON type when it reads the body, and says so with the
    place; the save path finds it as it checks the record, and names the field: the place is looked up here.
    """
    wrong = next((each for each in errors if each.code == _WRONG_TYPE and each.fields), None)
    field = sobject.field(wrong.fields[0]) if wrong is not None else None
    if field is not None:
        raise json_problems.wrong_type(call.body, field.type.value, field.name)
    return answers.row_errors(errors)


_OBJECT: Final = paths.VERSION + "/sobjects/{sobject}"

ROUTES: Final = (
    Route("POST", _OBJECT, create),
    Route("GET", _OBJECT + "/{id}", read),
    Route("PATCH", _OBJECT + "/{id}", update),
    Route("DELETE", _OBJECT + "/{id}", delete),
    Route("POST", _OBJECT + "/Id", create),
)
