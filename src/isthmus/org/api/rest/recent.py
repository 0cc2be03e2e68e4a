"""Recent: the records that the user saw or saved lately. Source: REST API Developer Guide, "Recently
Viewed Items".
"""

from typing import Final

from starlette.responses import Response

from isthmus.org.api.rest import answers, paths
from isthmus.org.api.routing import Call, Route
from isthmus.org.org import RecentItem

ITEMS_MAX: Final = 200


async def recent(call: Call) -> Response:
    """The latest first; `?limit=` gives fewer than 200."""
    limit = call.request.query_params.get("limit", "")
    found = await call.org.recent(
        call.principal, limit=min(int(limit), ITEMS_MAX) if limit.isdecimal() else ITEMS_MAX
    )
    return answers.Json(answers.encode([encoded(call, each) for each in found]))


def encoded(call: Call, item: RecentItem) -> dict[str, object]:
    """An item, with its object's own name field."""
    sobject = call.org.schema.find(item.sobject)
    name_field = sobject.name_field if sobject is not None else None
    return {
        "attributes": {
            "type": item.sobject,
            "url": paths.record(call.api_version, item.sobject, item.id),
        },
        "Id": item.id,
        name_field.name if name_field is not None else "Name": item.name,
    }


ROUTES: Final = (Route("GET", paths.VERSION + "/recent", recent),)
