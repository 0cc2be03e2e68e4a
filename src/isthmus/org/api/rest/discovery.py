"""Discovery: which versions there are, and which resources a version has.

Source: REST API Developer Guide, "Versions", "Resources by Version".
"""

from typing import Final

from starlette.responses import Response

from isthmus.org.api import versions
from isthmus.org.api.rest import answers, paths
from isthmus.org.api.routing import Auth, Call, Route

_RESOURCES: Final = ("limits", "parameterizedSearch", "query", "queryAll", "recent", "search", "sobjects")
"""What of the platform's list is here."""

_VERSIONS: Final = answers.encode(
    [
        {"label": versions.label(each), "url": paths.root(each), "version": f"{each}.0"}
        for each in versions.SUPPORTED
    ]
)


async def list_versions(call: Call) -> Response:
    """Every version, the oldest first; no one need be logged in to ask."""
    return answers.Json(_VERSIONS)


async def list_resources(call: Call) -> Response:
    """The resources' URLs by name; `identity` is absolute."""
    user = call.principal
    resources = {each: f"{paths.root(call.api_version)}/{each}" for each in _RESOURCES}
    resources["identity"] = f"{call.base_url}/id/{user.organization_id}/{user.user_id}"
    return answers.Json(answers.encode({each: resources[each] for each in sorted(resources)}))


ROUTES: Final = (
    Route("GET", paths.DATA, list_versions, auth=Auth.NONE),
    Route("GET", paths.VERSION, list_resources),
)
