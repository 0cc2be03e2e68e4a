"""Limits: what the org allows and what is left of it; and how many records its objects have.

Source: REST API Developer Guide, "Limits", "Record Count".
"""

from typing import Final

from starlette.responses import Response

from isthmus.org.api.rest import answers, paths
from isthmus.org.api.routing import Call, Route
from isthmus.org.org import Limit

_NAMING: Final = {"ContentDocumentLink": " WHERE ContentDocumentId IN (SELECT Id FROM ContentDocument)"}
"""Names all records of objects whose records a query has to name."""


async def limits(call: Call) -> Response:
    """`{"DailyApiRequests": {"Max": 15000, "Remaining": 14998}, …}`."""
    found = await call.org.limits(call.principal)
    return answers.Json(answers.encode({name: _encoded(each) for name, each in found.items()}))


def _encoded(limit: Limit) -> dict[str, object]:
    parts = {name: _encoded(each) for name, each in limit.parts.items()}
    return {"Max": limit.maximum, "Remaining": limit.remaining, **parts}


async def record_count(call: Call) -> Response:
    """Counts of the objects that `?sObjects=` names, or of all that have records; unknown names are left
    out.
    """
    named = call.request.query_params.get("sObjects")
    asked = [each.strip() for each in named.split(",")] if named else [each.name for each in call.org.schema]
    counts = []
    for each in asked:
        sobject = call.org.schema.find(each)
        if sobject is None or not (sobject.stored and sobject.queryable and _may_read(call, sobject.name)):
            continue
        condition = _NAMING.get(sobject.name, "")
        result = await call.org.query(call.principal, f"SELECT COUNT() FROM {sobject.name}{condition}")
        if named or result.total_size:
            counts.append({"count": result.total_size, "name": sobject.name})
    return answers.Json(answers.encode({"sObjects": counts}))


def _may_read(call: Call, sobject: str) -> bool:
    return call.principal.access.may_read(sobject)


ROUTES: Final = (
    Route("GET", paths.VERSION + "/limits", limits),
    Route("GET", paths.VERSION + "/limits/recordCount", record_count),
)
