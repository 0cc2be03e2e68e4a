"""Matching: records are brought up to those that are declared.

What differs is changed, what is not declared any more is deleted; what is as declared is not touched.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from isthmus.org.org import Column, Running
from isthmus.org.provision.accept import accept
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.values import parse_value

_PAGE: Final = 2_000
Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Existing:
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


def match(
    running: Running,
    schema: Schema,
    sobject: str,
    key: Key,
    declared: Sequence[Mapping[str, object]],
    *,
    of: Callable[[Existing], bool] | None = None,
    may_go: Collection[str] | None = None,
    release: Callable[[Sequence[str]], Sequence[str]] | None = None,
) -> dict[Key, str]:
    """Make the records of `sobject` those that are declared, told apart by the fields of `key`; their ids.

    `of` says which records are looked at at all, `may_go` (default: any) which ids may be deleted; `release`
    sees to what holds them back, and says which of them can go. Raises ProvisionFailed.
    """
    if not declared and may_go is not None and not may_go:
        return {}
    wanted = {tuple(str(record[each]) for each in key): record for record in declared}
    fields = sorted({name for each in declared for name in each})
    existing = existing_records(running, schema[sobject], key, fields, of)
    new = {name: record for name, record in wanted.items() if name not in existing}
    changed = [
        {**record, "Id": existing[name].id}
        for name, record in wanted.items()
        if name in existing and not existing[name].holds(record)
    ]
    gone = [
        each.id
        for name, each in existing.items()
        if name not in wanted and (may_go is None or each.id in may_go)
    ]
    made = accept(sobject, running.insert(sobject, list(new.values()), all_or_none=True))
    accept(sobject, running.update(sobject, changed, all_or_none=True))
    if release is not None and gone:
        gone = list(release(gone))
    accept(sobject, running.delete(sobject, gone, all_or_none=True))
    kept = {name: existing[name].id for name in wanted if name in existing}
    return {**kept, **dict(zip(new, made, strict=True))}


def existing_records(
    running: Running,
    sobject: SObjectType,
    key: Key,
    fields: Sequence[str],
    of: Callable[[Existing], bool] | None = None,
) -> dict[Key, Existing]:
    """The records of `sobject` by key, with the values of `fields`; `of` says which."""
    names = list(dict.fromkeys((*key, *fields, "Id")))
    found: dict[Key, Existing] = {}
    select = f"SELECT {', '.join(names)} FROM {sobject.name}"
    after = ""
    while True:
        later = f"WHERE Id > '{after}' " if after else ""
        page = running.query(f"{select} {later}ORDER BY Id LIMIT {_PAGE}")
        columns = [each for each in page.shape.items if isinstance(each, Column)]
        for row in page.rows:
            record = {each.field.name: row[each.index] for each in columns}
            after = str(record["Id"])
            each = Existing(after, sobject, record)
            if of is None or of(each):
                found[tuple(str(record[name]) for name in key)] = each
        if len(page.rows) < _PAGE:
            return found
