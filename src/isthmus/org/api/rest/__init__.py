"""REST: the platform's REST API over the org.

Handlers decode, ask, encode; one module for each kind of resource. What the platform has and this package has
not is answered as an unknown resource is: 404 NOT_FOUND.
"""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Final

from starlette.responses import Response

from isthmus.kernel.errors import fault
from isthmus.org.api.rest import (
    collections,
    discovery,
    event_schemas,
    external_ids,
    limits,
    parameterized_search,
    queries,
    recent,
    records,
    replication,
    search,
    sobjects,
    suggestions,
    trees,
)
from isthmus.org.api.rest.answers import render_fault
from isthmus.org.api.routing import Adapter, Call, Handler

_JSON_TOO: Final = (b"json", b"*/*", b"application/*")


def _in_json_only(handler: Handler) -> Handler:
    """Refuse who takes nothing but XML, before anything is done. Fault: `answer_type_unsupported`."""

    def checked(call: Call) -> Response | Awaitable[Response]:
        accepted = call.headers.get(b"accept", b"")
        if b"xml" in accepted and not any(each in accepted for each in _JSON_TOO):
            raise fault("answer_type_unsupported")
        return handler(call)

    return checked


_ROUTES: Final = (
    *discovery.ROUTES,
    *sobjects.ROUTES,
    *records.ROUTES,
    *collections.ROUTES,
    *trees.ROUTES,
    *replication.ROUTES,
    *external_ids.ROUTES,
    *queries.ROUTES,
    *limits.ROUTES,
    *recent.ROUTES,
    *search.ROUTES,
    *parameterized_search.ROUTES,
    *suggestions.ROUTES,
    *event_schemas.ROUTES,
)

ADAPTER: Final = Adapter(
    name="rest",
    routes=tuple(replace(route, handler=_in_json_only(route.handler)) for route in _ROUTES),
    render_fault=render_fault,
)
