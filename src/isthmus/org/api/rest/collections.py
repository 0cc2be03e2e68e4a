"""Collections: sObject Collections. Up to 200 records, of several objects too, in one request.

    POST /composite/sobjects     {"allOrNone": false, "records": [{"attributes": {"type": "Account"}, …}, …]}
    → [{"id": "001…", "success": true, "errors": []},
       {"success": false, "errors": [{"statusCode": "REQUIRED_FIELD_MISSING", "message": …, "fields": […]}]}]

One result for each record, in the order of the request; what is wrong with a record is in its result, and
the answer is 200. Source: REST API Developer Guide, "sObject Collections".
"""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from isthmus.kernel.errors import fault
from isthmus.org.api.rest import answers, headers, json_body, json_problems, parameters, paths
from isthmus.org.api.rest.row_encoder import records_of
from isthmus.org.api.routing import Call, Route
from isthmus.org.org import SaveResult

RECORDS_MAX: Final = 200
READ_MAX: Final = 2_000
"""Records that can be read by one POST; a URL bounds those of a GET by its own length."""
_UPDATE_ONLY: Final = "updateOnly"

Record = dict[str, object]


async def create(call: Call) -> Response:
    """Create records, each of the object that its `attributes` name."""
    records, all_or_none = await _records(call)
    results = await call.org.insert(
        call.principal, None, records, all_or_none=all_or_none, options=headers.save_options(call)
    )
    return _told(results)


async def update(call: Call) -> Response:
    """Change records, each by its `id`."""
    records, all_or_none = await _records(call)
    results = await call.org.update(
        call.principal, None, records, all_or_none=all_or_none, options=headers.save_options(call)
    )
    return _told(results)


async def upsert(call: Call) -> Response:
    """Create or change records of one object by an external id field. The results say what was created."""
    records, all_or_none = await _records(call)
    results = await call.org.upsert(
        call.principal,
        paths.sobject_of(call).name,
        call.path["field"],
        [{name: value for name, value in each.items() if name != "attributes"} for each in records],
        all_or_none=all_or_none,
        update_only=parameters.asked(call).get(_UPDATE_ONLY, "").lower() == "true",
        options=headers.save_options(call),
    )
    return _told(results, upserted=True)


async def delete(call: Call) -> Response:
    """Delete the records `?ids=`, of any objects. Fault: `collection_ids_missing`."""
    asked = parameters.asked(call)
    ids = _listed(asked.get("ids", ""))
    if not ids:
        raise fault("collection_ids_missing")
    _refuse_many(ids, RECORDS_MAX)
    results = await call.org.delete(
        call.principal,
        None,
        ids,
        all_or_none=asked.get("allOrNone", "").lower() == "true",
        options=headers.save_options(call),
    )
    return _told(results)


async def read(call: Call) -> Response:
    """The records `?ids=` with their `?fields=`."""
    asked = parameters.asked(call)
    return await _read(call, _listed(asked.get("ids", "")), _listed(asked.get("fields", "")))


async def read_posted(call: Call) -> Response:
    """The same, asked for by a body: `{"ids": […], "fields": […]}`."""
    body = await json_body.record(call)
    return await _read(call, _texts(call, body, "ids"), _texts(call, body, "fields"))


async def _read(call: Call, ids: Sequence[str], fields: Sequence[str]) -> Response:
    """A record for each id, null for one that is not there. Faults: `collection_ids_missing`,
    `collection_fields_missing`, `too_many_records`.
    """
    if not ids:
        raise fault("collection_ids_missing")
    if not fields:
        raise fault("collection_fields_missing")
    _refuse_many(ids, READ_MAX)
    found, places = await call.org.retrieve_many(call.principal, paths.sobject_of(call).name, ids, fields)
    rows = records_of(found, call.api_version)
    return answers.Json(answers.encode([None if place is None else rows[place] for place in places]))


async def _records(call: Call) -> tuple[list[Record], bool]:
    """The records of a body, and whether all of them have to succeed. Faults: those of a body that is not so,
    `too_many_records`.
    """
    body = await json_body.record(call)
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise json_problems.wrong_type(
            call.body, "list of sobjects", "records" if "records" in body else None
        )
    _refuse_many(records, RECORDS_MAX)
    return records, body.get("allOrNone") is True


def _texts(call: Call, body: Record, key: str) -> list[str]:
    texts = body.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise json_problems.wrong_type(call.body, "list of texts", key)
    return texts


def _refuse_many(items: Sequence[object], most: int) -> None:
    if len(items) > most:
        raise fault("too_many_records", maximum=most)


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _told(results: Sequence[SaveResult], *, upserted: bool = False) -> Response:
    return answers.Json(answers.encode([_result(each, upserted=upserted) for each in results]))


def _result(result: SaveResult, *, upserted: bool) -> Record:
    told: Record = {} if result.id is None else {"id": result.id}
    told |= {
        "success": result.success,
        "errors": [answers.result_item(each) for each in (*result.errors, *result.infos)],
    }
    if upserted and result.success:
        told["created"] = result.created
    return told


_SOBJECTS: Final = paths.VERSION + "/composite/sobjects"

ROUTES: Final = (
    Route("POST", _SOBJECTS, create),
    Route("PATCH", _SOBJECTS, update),
    Route("DELETE", _SOBJECTS, delete),
    Route("PATCH", _SOBJECTS + "/{sobject}/{field}", upsert),
    Route("GET", _SOBJECTS + "/{sobject}", read),
    Route("POST", _SOBJECTS + "/{sobject}", read_posted),
)
