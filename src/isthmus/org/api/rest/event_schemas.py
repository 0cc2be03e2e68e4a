"""Event schemas: what the messages of a platform event hold, by the event's name or the schema's id.

Source: REST API Developer Guide, "Platform Event Schema by Schema ID", "Platform Event Schema by Event Name".
"""

from typing import Final

from starlette.responses import Response

from isthmus.kernel.errors import fault
from isthmus.org.api.rest import answers, paths
from isthmus.org.api.routing import Call, Route
from isthmus.org.events.avro import compact, expanded
from isthmus.org.org import NamedSchema

_FORMATS: Final = {"EXPANDED": expanded, "COMPACT": compact}
_FORMATS_SINCE: Final = 43


async def by_id(call: Call) -> Response:
    """A schema that is in force, or that events which are still retained were published by."""
    return _answer(call, await call.org.event_schema(call.principal, call.path["schema"]))


async def by_event(call: Call) -> Response:
    """The schema that is in force."""
    return _answer(call, call.org.event_schema_of(call.principal, call.path["sobject"]))


def _answer(call: Call, found: NamedSchema) -> Response:
    """Expanded, unless `?payloadFormat=` says else; before API 43.0 compact.

    Fault: `payload_format_unknown`.
    """
    asked = call.request.query_params.get("payloadFormat")
    form = compact if call.api_version < _FORMATS_SINCE else expanded
    if asked is not None:
        known = _FORMATS.get(asked) if call.api_version >= _FORMATS_SINCE else None
        if known is None:
            raise fault("payload_format_unknown", value=asked)
        form = known
    return answers.Json(answers.encode(form(found.schema_id, found.schema)))


ROUTES: Final = (
    Route("GET", paths.VERSION + "/event/eventSchema/{schema}", by_id),
    Route("GET", paths.VERSION + "/sobjects/{sobject}/eventSchema", by_event),
)
