"""Platform events as a subscriber gets them: the `data` of a CometD message.

    {"schema": "dffQ2QLzDNHqwB8_sHMxdA",
     "payload": {"CreatedDate": "2026-04-09T18:31:40.517Z", "CreatedById": "005…", "Model__c": "XZO-5"},
     "event": {"replayId": 2, "EventUuid": "e981b488-81f3-4fcc-bd6f-f7033c9d7ac3"}}

`EventUuid` is there from API 52.0 on. Source: Platform Events Developer Guide, Subscribe to Platform Event
Notifications with CometD, Standard Fields; recorded: CreatedDate without a fraction (kkrull/node, nforce).
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

import msgspec

from isthmus.kernel.journal import Entry
from isthmus.org.events.body import decode_body
from isthmus.org.events.schema import schema_of
from isthmus.org.schema.instants import instant_text
from isthmus.org.schema.model import FieldType
from isthmus.org.schema.values import JSON_FORMS, Stored
from isthmus.org.security.access import Access

UUID_SINCE: Final = 52
_WITH_UUID: Final = "with EventUuid"
_WITHOUT_UUID: Final = "without EventUuid"

_encode: Final = msgspec.json.Encoder().encode


def _instant(stored: Stored) -> object:
    return None if stored is None else instant_text(int(stored))


FORMS: Final[Mapping[FieldType, Callable[[Stored], object]]] = {
    **JSON_FORMS,
    FieldType.DATE: _instant,
    FieldType.DATETIME: _instant,
}
"""JSON forms by type. In the schema of an event a date is an instant too, at midnight UTC."""


class PlatformEvents:
    """The view of a platform event's own channel. Every subscriber sees every field."""

    def variant(self, access: Access, api_version: int) -> Hashable:
        return _WITH_UUID if api_version >= UUID_SINCE else _WITHOUT_UUID

    def render(self, entry: Entry, definition: bytes, variant: Hashable) -> Sequence[bytes]:
        created_by, messages = decode_body(entry.fact.body)
        fields = [(each.name, FORMS[each.type]) for each in schema_of(definition).fields]
        created = instant_text(entry.fact.time)
        rendered = []
        for position, (uuid, *values) in enumerate(messages, entry.position):
            payload: dict[str, object] = {"CreatedDate": created, "CreatedById": created_by}
            payload |= {name: form(value) for (name, form), value in zip(fields, values, strict=True)}
            event: dict[str, object] = {"replayId": position}
            if variant is _WITH_UUID:
                event["EventUuid"] = uuid
            data = {"schema": entry.fact.schema_id, "payload": payload, "event": event}
            rendered.append(_encode(data))
        return rendered


PLATFORM_EVENTS: Final = PlatformEvents()
