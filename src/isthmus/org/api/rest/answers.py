"""Answers: JSON responses, and errors in the form of the REST API: always a list.

    [{"message": "Required fields are missing: [LastName]", "errorCode": "REQUIRED_FIELD_MISSING",
      "fields": ["LastName"]}]

`fields` is there, maybe empty, for what is wrong with a record, and absent for what is wrong with a request.
Source: REST API Developer Guide, "Status Codes and Error Responses".
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from isthmus.kernel.errors import Fault, RowError
from isthmus.org.api.routing import Call

CONTENT_TYPE: Final = (b"content-type", b"application/json;charset=UTF-8")
_WITHOUT_FIELDS: Final = frozenset({"INVALID_FIELD", "NOT_FOUND"})
"""Errors that REST finds before the record is saved, and reports as the request's (recorded: unknown
columns).
"""

encode: Final = msgspec.json.Encoder().encode


class Json(Response):
    """A response with a JSON body, put together without Starlette's general way."""

    def __init__(self, body: bytes, status: int = 200, *headers: tuple[bytes, bytes]) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [CONTENT_TYPE, (b"content-length", b"%d" % len(body)), *headers]


def no_content() -> Response:
    """204, as an update or a delete answers."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


def render_fault(call: Call, error: Fault) -> Response:
    """A fault as the REST API's list of one error."""
    item: dict[str, object] = {"message": error.message, "errorCode": error.code}
    if error.fields is not None:
        item["fields"] = error.fields
    headers = ((b"www-authenticate", b"Token"),) if error.status == HTTPStatus.UNAUTHORIZED else ()
    return Json(encode([item]), error.status, *headers)


def row_errors(errors: Sequence[RowError]) -> Response:
    """What is wrong with one record, as the whole answer; the first error decides the status."""
    return Json(encode([_item(each) for each in errors]), errors[0].entry.status)


def result_item(error: RowError) -> dict[str, object]:
    """An error, or what is told of a success, in the list of a save result."""
    return {"statusCode": error.code, "message": error.message, "fields": error.fields}


def _item(error: RowError) -> dict[str, object]:
    item: dict[str, object] = {"message": error.message, "errorCode": error.code}
    if error.code not in _WITHOUT_FIELDS:
        item["fields"] = error.fields
    return item
