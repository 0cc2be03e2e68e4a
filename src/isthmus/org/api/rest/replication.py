"""Replication: which records of an object were changed, or deleted, in a span of time.

The span is in whole minutes, ends at least one minute after it begins, and begins no more than 30 days ago;
deletions are known as long as records stay in the recycle bin.
Source: REST API Developer Guide, "sObject Get Updated", "sObject Get Deleted"; SOAP API Developer Guide,
"getUpdated()", "getDeleted()".
"""

from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from starlette.responses import Response

from isthmus.kernel.clock import DAY, MINUTE
from isthmus.kernel.errors import fault
from isthmus.org.api.rest import answers, paths
from isthmus.org.api.rest.row_encoder import records_of
from isthmus.org.api.routing import Call, Route
from isthmus.org.schema.instants import datetime_text, parse_datetime

_WINDOW: Final = 30 * DAY
_IN_BIN: Final = 15 * DAY
_ZONE: Final = "+0000"


async def updated(call: Call) -> Response:
    """The ids of the records that were created or changed, and until when the answer holds."""
    start, end = _span(call)
    found = await _changed(call, start, end, "Id", all_rows=False)
    covered = {"latestDateCovered": datetime_text(_covered(call, end), _ZONE)}
    return answers.Json(answers.encode({"ids": [each["Id"] for each in found], **covered}))


async def deleted(call: Call) -> Response:
    """The ids of the records that were deleted, each with its date, and for which time the answer holds."""
    start, end = _span(call)
    found = await _changed(call, start, end, "Id, SystemModstamp", all_rows=True)
    body = {
        "deletedRecords": [{"id": each["Id"], "deletedDate": each["SystemModstamp"]} for each in found],
        "earliestDateAvailable": datetime_text(_whole_minute(call.org.clock.now() - _IN_BIN), _ZONE),
        "latestDateCovered": datetime_text(_covered(call, end), _ZONE),
    }
    return answers.Json(answers.encode(body))


async def _changed(call: Call, start: int, end: int, fields: str, *, all_rows: bool) -> list[dict[str, Any]]:
    """The records whose stamp lies in the span: with `all_rows`, those deleted, else those that are there."""
    sobject = paths.sobject_of(call)
    if not sobject.replicateable or sobject.field("SystemModstamp") is None:
        raise fault("resource_not_found")
    only = "IsDeleted = true AND " if all_rows else ""
    soql = (
        f"SELECT {fields} FROM {sobject.name} WHERE {only}SystemModstamp >= {datetime_text(start, 'Z')} "
        f"AND SystemModstamp < {datetime_text(end, 'Z')} ORDER BY SystemModstamp, Id"
    )
    page = await call.org.query(call.principal, soql, all_rows=all_rows)
    records = records_of(page, call.api_version)
    while page.locator is not None:
        page = await call.org.query_more(call.principal, str(page.locator))
        records += records_of(page, call.api_version)
    return records


def _span(call: Call) -> tuple[int, int]:
    """The span that `?start=&end=` give. Faults: `query_parameter_invalid`, `replication_date_invalid`."""
    asked = dict(parse_qsl(call.scope["query_string"].decode("latin-1")))
    start, end = (_instant(asked, each) for each in ("start", "end"))
    if end - start < MINUTE:
        raise fault("replication_date_invalid", reason="end must be at least one minute after start")
    if start < call.org.clock.now() - _WINDOW:
        raise fault("replication_date_invalid", reason="start must not be more than 30 days ago")
    return start, end


def _instant(asked: dict[str, str], parameter: str) -> int:
    """Clients differ in how they encode an instant: a `+` may have become a space, a colon `%3A` twice."""
    try:
        return _whole_minute(parse_datetime(unquote(asked[parameter]).replace(" ", "+")))
    except (KeyError, ValueError):
        raise fault("query_parameter_invalid", parameter=parameter) from None


def _whole_minute(instant: int) -> int:
    return instant - instant % MINUTE


def _covered(call: Call, end: int) -> int:
    return min(end, _whole_minute(call.org.clock.now()))


ROUTES: Final = (
    Route("GET", paths.VERSION + "/sobjects/{sobject}/updated", updated),
    Route("GET", paths.VERSION + "/sobjects/{sobject}/deleted", deleted),
)
