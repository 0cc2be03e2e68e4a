"""Avro: the schema of an event in the two forms in which clients ask for it.

*Compact* is the Apache Avro record that binary events are read with. *Expanded* is the shape of a CometD
message, in Avro's words though not by its rules. A field's `doc` ends, on the platform, with the field's id,
which fields have not here.

Source: REST API Developer Guide, Platform Event Schema by Schema ID, by Event Name; Platform Events Developer
Guide, Get the Event Schema (Apache Avro Format).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from isthmus.org.events.schema import EventField, EventSchema
from isthmus.org.schema.model import DECIMALS, INTEGERS, FieldType

Json: TypeAlias = dict[str, Any]

_NAMESPACE: Final = "com.sforce.eventbus"
_AVRO: Final[Mapping[FieldType, str]] = {
    **dict.fromkeys(INTEGERS, "int"),
    **dict.fromkeys(DECIMALS, "double"),
    FieldType.LONG: "long",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "long",
    FieldType.DATETIME: "long",
}
"""Types that aren't text."""
_DATA: Final[Mapping[FieldType, str]] = {
    **dict.fromkeys(INTEGERS, "Integer"),
    **dict.fromkeys(DECIMALS, "Double"),
    FieldType.BOOLEAN: "Boolean",
    FieldType.DATE: "DateOnly",
    FieldType.DATETIME: "DateTime",
    FieldType.TEXTAREA: "StringPlusClob",
    FieldType.REFERENCE: "EntityId",
}
"""What the platform calls the types in `doc`, where that isn't Text."""
_TIMES: Final = frozenset({FieldType.DATE, FieldType.DATETIME})


def compact(schema_id: str, schema: EventSchema) -> Json:
    """The record by which binary events are read."""
    fields = _payload(schema, "long", lambda each: _AVRO.get(each.type, "string"))
    return {
        "name": schema.name,
        "namespace": _NAMESPACE,
        "type": "record",
        "fields": fields,
        "uuid": schema_id,
    }


def expanded(schema_id: str, schema: EventSchema) -> Json:
    """The shape of the message that a CometD subscriber gets: instants are texts in it."""

    def of(each: EventField) -> str:
        return "string" if each.type in _TIMES else _AVRO.get(each.type, "string")

    payload = {"type": "record", "name": "Payload", "doc": "", "fields": _payload(schema, "string", of)}
    event = {"type": "record", "name": "Event", "fields": [{"name": "replayId", "type": "long"}]}
    data = {
        "type": "record",
        "name": "Data",
        "namespace": "",
        "fields": [
            {"name": "schema", "type": "string"},
            {"name": "payload", "type": payload},
            {"name": "event", "type": event},
        ],
    }
    return {
        "name": schema.name,
        "namespace": _NAMESPACE,
        "type": "expanded-record",
        "fields": [{"name": "data", "type": data}, {"name": "channel", "type": "string"}],
        "uuid": schema_id,
    }


def _payload(schema: EventSchema, instant: str, of: Callable[[EventField], str]) -> list[Json]:
    """The fields of a message; `of` gives the type of a field, `instant` is that of instants."""
    system = [
        {"name": "CreatedDate", "type": instant, "doc": "CreatedDate:DateTime"},
        {"name": "CreatedById", "type": "string", "doc": "CreatedBy:EntityId"},
    ]
    return [*system, *(_field(each, of(each)) for each in schema.fields)]


def _field(field: EventField, kind: str) -> Json:
    doc = f"Data:{_DATA.get(field.type, 'Text')}"
    if not field.nillable:
        return {"name": field.name, "type": kind, "doc": doc}
    return {"name": field.name, "type": ["null", kind], "doc": doc, "default": None}
