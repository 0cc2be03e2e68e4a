"""Declared: records that an org's definition says, kept up to it.

Record types, the tables behind standard picklists, custom metadata. What differs is changed, what is not
declared any more is deleted; what is as declared is not touched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from isthmus.org.org import Column, Running
from isthmus.org.provision.accept import accept
from isthmus.org.schema.model import ObjectKind, Schema, SObjectType
from isthmus.org.schema.sfdx.custom_metadata import RecordReference
from isthmus.org.schema.standard import standard_records
from isthmus.org.schema.values import parse_value

_PAGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Declared:
    """Records that a project declares, beside those that are part of the schema.

    `statuses` replace the records of the tables behind standard picklists, as wire values by object.
    """

    statuses: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    references: Sequence[RecordReference] = ()


def match_records(running: Running, schema: Schema, declared: Declared) -> None:
    """Bring the records that `schema` and `declared` say up to them. Raises ProvisionFailed."""
    _match(running, schema, "RecordType", ("SobjectType", "DeveloperName"), _record_types(schema))
    for sobject, records in {**standard_records(), **declared.statuses}.items():
        _match(running, schema, sobject, ("ApiName",), records)
    for each in schema:
        if each.kind is ObjectKind.CUSTOM_METADATA:
            records = schema.metadata_records.get(each.name, ())
            bare = _without(each.name, records, declared.references)
            _match(running, schema, each.name, ("DeveloperName",), bare)
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


def _match(
    running: Running,
    schema: Schema,
    sobject: str,
    key: tuple[str, ...],
    declared: Sequence[Mapping[str, object]],
) -> None:
    """Make the records of `sobject` those that are declared, told apart by the fields of `key`."""
    wanted = {tuple(str(record[each]) for each in key): record for record in declared}
    existing = _existing(running, schema[sobject], key, sorted({name for each in declared for name in each}))
    new = [record for name, record in wanted.items() if name not in existing]
    changed = [
        {**record, "Id": existing[name].id}
        for name, record in wanted.items()
        if name in existing and not existing[name].holds(record)
    ]
    gone = [each.id for name, each in existing.items() if name not in wanted]
    accept(sobject, running.insert(sobject, new, all_or_none=True))
    accept(sobject, running.update(sobject, changed, all_or_none=True))
    accept(sobject, running.delete(sobject, gone, all_or_none=True))


@dataclass(frozen=True, slots=True)
class _Existing:
    """A record that is there: stored values by field."""

    id: str
    sobject: SObjectType
    values: Mapping[str, object]

    def holds(self, record: Mapping[str, object]) -> bool:
        """Whether it has the wire values of `record` already."""
        return all(self._has(name, value) for name, value in record.items())

    def _has(self, name: str, value: object) -> bool:
        known = self.sobject.field(name)
        return known is not None and self.values[name] == parse_value(known, value)


def _existing(
    running: Running, sobject: SObjectType, key: tuple[str, ...], fields: Sequence[str]
) -> dict[tuple[str, ...], _Existing]:
    """Every record of `sobject` by its key, with the values of `fields`."""
    names = list(dict.fromkeys((*key, *fields, "Id")))
    found: dict[tuple[str, ...], _Existing] = {}
    select = f"SELECT {', '.join(names)} FROM {sobject.name}"
    after = ""
    while True:
        later = f"WHERE Id > '{after}' " if after else ""
        page = running.query(f"{select} {later}ORDER BY Id LIMIT {_PAGE}")
        columns = [each for each in page.shape.items if isinstance(each, Column)]
        for row in page.rows:
            record = {each.field.name: row[each.index] for each in columns}
            after = str(record["Id"])
            found[tuple(str(record[each]) for each in key)] = _Existing(after, sobject, record)
        if len(page.rows) < _PAGE:
            return found


def _refer(running: Running, schema: Schema, references: Sequence[RecordReference]) -> None:
    """Let custom metadata records refer to each other, now that all of them have ids."""
    ids: dict[str, dict[tuple[str, ...], _Existing]] = {}
    for name in {each.sobject for each in references} | {each.target for each in references}:
        of_name = sorted({each.field for each in references if each.sobject == name})
        ids[name] = _existing(running, schema[name], ("DeveloperName",), of_name)
    for each in references:
        record = ids[each.sobject][(each.record,)]
        value = {each.field: ids[each.target][(each.parent,)].id}
        if not record.holds(value):
            accept(each.sobject, running.update(each.sobject, [{"Id": record.id, **value}]))
