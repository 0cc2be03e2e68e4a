"""Replication: which records of an object were changed, or deleted, in a span of time.

Source: REST API Developer Guide, "sObject Get Updated", "sObject Get Deleted".
"""

from typing import Final
from urllib.parse import unquote

from starlette.responses import Response

from isthmus.kernel.errors import fault
from isthmus.org.api.rest import answers, parameters, paths
from isthmus.org.api.routing import Call, Route
from isthmus.org.schema.instants import datetime_text, parse_datetime


async def updated(call: Call) -> Response:
    """The ids of the records that were created or changed, and until when the answer holds."""
    found = await call.org.updated(call.principal, call.path["sobject"], *_span(call))
    body = {"ids": found.ids, "latestDateCovered": _text(found.latest_covered)}
    return answers.Json(answers.encode(body))


async def deleted(call: Call) -> Response:
    """The ids of the records that were deleted, each with its date, and for which time the answer holds."""
    found = await call.org.deleted(call.principal, call.path["sobject"], *_span(call))
    body = {
        "deletedRecords": [{"id": each, "deletedDate": _text(when)} for each, when in found.records],
        "earliestDateAvailable": _text(found.earliest_available),
        "latestDateCovered": _text(found.latest_covered),
    }
    return answers.Json(answers.encode(body))


def _span(call: Call) -> tuple[int, int]:
    """What `?start=&end=` say. Fault: `query_parameter_invalid`."""
    asked = parameters.asked(call)
    return _instant(asked, "start"), _instant(asked, "end")


def _instant(asked: dict[str, str], parameter: str) -> int:
    """Clients differ in how they encode an instant: a `+` may have become a space, a colon `%3A` twice."""
    try:
        return parse_datetime(unquote(asked[parameter]).replace(" ", "+"))
    except (KeyError, ValueError):
        raise fault("query_parameter_invalid", parameter=parameter) from None


def _text(instant: int) -> str:
    return datetime_text(instant, "+0000")


ROUTES: Final = (
    Route("GET", paths.VERSION + "/sobjects/{sobject}/updated", updated),
    Route("GET", paths.VERSION + "/sobjects/{sobject}/deleted", deleted),
)
