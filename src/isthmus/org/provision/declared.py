"""Declared: records that an org's definition says, kept up to it.

Record types, the tables behind standard picklists, custom metadata.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from isthmus.org.org import Running
from isthmus.org.provision.accept import accept
from isthmus.org.provision.matching import Existing, existing_records, match
from isthmus.org.schema.model import ObjectKind, Schema
from isthmus.org.schema.sfdx.custom_metadata import RecordReference
from isthmus.org.schema.standard import standard_records
from isthmus.org.security.metadata.loader import LoadedSecurity


@dataclass(frozen=True, slots=True)
class DeclaredFlow:
    """A flow that runs; `checksum` is another when its file is."""

    name: str
    label: str
    checksum: str


@dataclass(frozen=True, slots=True)
class Declared:
    """Records that a project declares, beside those that are part of the schema.

    `statuses` replace the records of the tables behind standard picklists, as wire values by object;
    `organization` are fields of the org's own record.
    """

    organization: Mapping[str, object] = field(default_factory=dict)
    statuses: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    references: Sequence[RecordReference] = ()
    security: LoadedSecurity = field(default_factory=LoadedSecurity)
    flows: Sequence[DeclaredFlow] = ()


def match_records(running: Running, schema: Schema, declared: Declared) -> None:
    """Bring the records that `schema` and `declared` say up to them. Raises ProvisionFailed."""
    match(running, schema, "RecordType", ("SobjectType", "DeveloperName"), _record_types(schema))
    for sobject, records in {**standard_records(), **declared.statuses}.items():
        match(running, schema, sobject, ("ApiName",), records)
    for each in schema:
        if each.kind is ObjectKind.CUSTOM_METADATA:
            records = schema.metadata_records.get(each.name, ())
            bare = _without(each.name, records, declared.references)
            match(running, schema, each.name, ("DeveloperName",), bare)
    _refer(running, schema, declared.references)


def _without(
    sobject: str, records: Sequence[Mapping[str, object]], references: Sequence[RecordReference]
) -> list[Mapping[str, object]]:
    """The records without the fields that refer to another record: those are filled in when all are there."""
    later = {(each.record, each.field) for each in references if each.sobject == sobject}
    return [
        {name: value for name, value in record.items() if (record["DeveloperName"], name) not in later}
        for record in records
    ]


def _record_types(schema: Schema) -> list[Mapping[str, object]]:
    return [
        {
            "SobjectType": sobject.name,
            "DeveloperName": each.developer_name,
            "Name": each.label,
            "IsActive": each.active,
            "Description": each.description,
        }
        for sobject in schema
        for each in sobject.record_types
    ]


def _refer(running: Running, schema: Schema, references: Sequence[RecordReference]) -> None:
    """Let custom metadata records refer to each other, now that all of them have ids."""
    ids: dict[str, dict[tuple[str, ...], Existing]] = {}
    for name in {each.sobject for each in references} | {each.target for each in references}:
        of_name = sorted({each.field for each in references if each.sobject == name})
        ids[name] = existing_records(running, schema[name], ("DeveloperName",), of_name)
    for each in references:
        record = ids[each.sobject][(each.record,)]
        value = {each.field: ids[each.target][(each.parent,)].id}
        if not record.holds(value):
            accept(each.sobject, running.update(each.sobject, [{"Id": record.id, **value}]))
