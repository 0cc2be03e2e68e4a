"""SObjects: what objects there are, and what they are like.

Source: REST API Developer Guide, "Describe Global", "sObject Basic Information", "sObject Describe".
"""

from typing import Final

from starlette.responses import Response

from isthmus.org.api.rest import answers, conditions, paths, recent
from isthmus.org.api.routing import Call, Route


async def list_all(call: Call) -> Response:
    """Every object that the user may see."""
    prefix = paths.root(call.api_version)
    return conditions.answer(
        call, (prefix,), lambda: answers.encode(call.org.describe_global(call.principal, prefix))
    )


async def describe(call: Call) -> Response:
    """One object in full."""
    sobject = paths.sobject_of(call).name
    prefix, origin = paths.root(call.api_version), call.base_url

    async def make() -> bytes:
        return answers.encode(await call.org.describe(call.principal, sobject, prefix, origin))

    return await conditions.answer_read(call, (prefix, origin, sobject), make)


async def summarize(call: Call) -> Response:
    """One object's entry in the list of all, and the user's recent items of it."""
    sobject = paths.sobject_of(call).name
    brief = call.org.describe_brief(call.principal, sobject, paths.root(call.api_version))
    items = await call.org.recent(call.principal, sobject)
    body = {"objectDescribe": brief, "recentItems": [recent.encoded(call, each) for each in items]}
    return answers.Json(answers.encode(body))


ROUTES: Final = (
    Route("GET", paths.VERSION + "/sobjects", list_all),
    Route("GET", paths.VERSION + "/sobjects/{sobject}", summarize),
    Route("GET", paths.VERSION + "/sobjects/{sobject}/describe", describe),
)
