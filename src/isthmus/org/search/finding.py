"""Finding: the records of one object in which something is found, for one reader.

Records that may have it are read, as far as the reader may see them and their fields, and looked into: first
those that are noted and not in the index yet, then those that the index names. Whoever has it in a name comes
first, then records follow in the order of their ids. No more than 2,000 are found: source, SOQL and SOSL
Reference, SOSL Limits on Search Results. What may be seen is asked before that, not after it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Final

from isthmus.kernel.database import Connection
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.tables import quoted, table
from isthmus.org.search.changes import changed_of
from isthmus.org.search.expression import Expression
from isthmus.org.search.fields import Group, SearchedField, searched_fields
from isthmus.org.search.index import Candidates
from isthmus.org.search.matching import Record
from isthmus.org.security.access import Access
from isthmus.org.security.sharing.lists import values_of
from isthmus.org.security.sharing.predicate import RecordAccess

FOUND_MAX: Final = 2_000
_READ: Final = 200
"""Records whose text is in memory at a time: it may be long."""
_IDS: Final = (400, 4_000, 40_000)
"""Ids that are asked for first, then, then again and again."""
_NAMES: Final = frozenset({Group.NAME})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks for something, and in which org: `instance` is its three-character tag."""

    schema: Schema
    access: Access
    user_id: str
    instance: str

    def fields_of(self, sobject: SObjectType) -> tuple[SearchedField, ...]:
        """What may be searched of an object."""
        may_read, name = self.access.may_read, sobject.name
        return tuple(each for each in searched_fields(sobject) if may_read(name, each.name))


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for, and in which groups of fields; `by_name`: in the name field alone."""

    expression: Expression
    groups: frozenset[Group]
    by_name: bool = False

    def fields(self, readable: Sequence[SearchedField]) -> list[SearchedField]:
        """Those of the fields in which it is looked for."""
        return [
            each
            for each in readable
            if each.group in self.groups and (each.field.name_field or not self.by_name)
        ]

    def is_in(self, record: Record) -> bool:
        return record.has(self.expression, self.groups)


def find(connection: Connection, reader: Reader, sobject: SObjectType, sought: Sought) -> list[str]:
    """The ids of the records in which it is found, those that come first first."""
    fields = sought.fields(reader.fields_of(sobject))
    if not fields:
        return []
    looking = _Looking(connection, reader, sobject, fields)
    named: list[str] = []
    others: list[str] = []
    for ids in _pages(connection, reader, sobject, sought):
        for record_id, record in looking.records(ids):
            if sought.is_in(record):
                has_name = record.has(sought.expression, _NAMES)
                (named if has_name else others).append(record_id)
        if len(named) + len(others) >= FOUND_MAX:
            break
    return [*sorted(named), *sorted(others)][:FOUND_MAX]


def _pages(
    connection: Connection, reader: Reader, sobject: SObjectType, sought: Sought
) -> Iterator[Sequence[str]]:
    prefix = sobject.key_prefix or ""
    noted = changed_of(connection, prefix)
    yield from _parts(noted)
    seen = set(noted)
    groups = sorted(sought.groups, key=lambda each: each.value)
    candidates = Candidates(connection, reader.instance, prefix, sought.expression, groups)
    for most in chain(_IDS, repeat(_IDS[-1])):
        ids = candidates.page(most)
        yield from _parts([each for each in ids if each not in seen])
        if len(ids) < most:
            return


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _READ] for start in range(0, len(ids), _READ))


class _Looking:
    """Reads the searched text of records that the reader sees."""

    def __init__(
        self,
        connection: Connection,
        reader: Reader,
        sobject: SObjectType,
        fields: Sequence[SearchedField],
    ) -> None:
        self._connection = connection
        self._fields = fields
        condition = RecordAccess(reader.schema, reader.access).condition(sobject, "t")
        seen = "" if condition is None else f" AND {condition}"
        columns = ", ".join(f"t.{quoted(each.name)}" for each in fields)
        self._sql = (
            f'SELECT t."Id", {columns} FROM {table(sobject)} AS t '
            f'WHERE t."Id" IN {values_of(connection.dialect)} AND t."IsDeleted" = 0{seen}'
        )
        self._callers = (reader.user_id,) * seen.count("?")

    def records(self, ids: Sequence[str]) -> Iterator[tuple[str, Record]]:
        """Those of the records that there are, each with its text."""
        for row in self._connection.rows(self._sql, (json.dumps(ids), *self._callers)):
            yield str(row[0]), Record(self._fields, row[1:])
