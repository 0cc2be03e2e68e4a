"""Name registry: the platform's own `Name` pseudo-object, through which polymorphic lookups find what they
refer to.

It has a row for every record whose object has a name field or can be the target of a polymorphic lookup.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Transaction, Value
from isthmus.org.save.row import Row
from isthmus.org.save.statements import Statements, in_parts, run_each
from isthmus.org.schema.encrypted import NAME_REGISTRY, encrypted_entries, entered
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.parent_types import type_of
from isthmus.org.schema.schemes import FieldCipher
from isthmus.org.schema.tables import quoted
from isthmus.org.schema.values import Stored

REGISTRY: Final = NAME_REGISTRY


@dataclass(frozen=True, slots=True)
class Registry:
    """How records of one object are entered: `fields` are (column of the registry, field of the object)."""

    sobject: str
    fields: tuple[tuple[str, str], ...]
    statements: Statements
    ciphers: tuple[tuple[str, FieldCipher], ...] = ()
    """Of the columns in which this object's values are entered encrypted."""

    def insert(self, tx: Transaction, rows: Sequence[Row]) -> None:
        """Enter new records."""
        sql, bind = self.statements.insert(frozenset({"Id", "IsDeleted", "Type", *dict(self.fields)}))
        run_each(tx, sql, [bind(self._entry(row)) for row in rows])

    def update(self, tx: Transaction, rows: Sequence[Row]) -> None:
        """Change the entries of the records whose entered fields have changed."""
        changed = [row for row in rows if any(row.changed(field) for _, field in self.fields)]
        if changed:
            sql, bind = self.statements.update(frozenset(dict(self.fields)))
            run_each(tx, sql, [bind(self._entry(row)) for row in changed])

    def _entry(self, row: Row) -> dict[str, Stored]:
        values = row.values
        entry: dict[str, Stored] = {column: values.get(field) for column, field in self.fields}
        for column, cipher in self.ciphers:
            if (value := entry[column]) is not None:
                entry[column] = cipher.close(value)
        entry["Id"] = row.id
        entry["IsDeleted"] = 0
        entry["Type"] = type_of(self.sobject, values)
        return entry


def registry_of(schema: Schema, sobject: SObjectType) -> Registry | None:
    """The registry for records of `sobject`; None: they aren't entered."""
    pseudo = schema.find(REGISTRY)
    name = sobject.name_field
    if pseudo is None or pseudo.name == sobject.name or not (name or _is_polymorphic_target(schema, sobject)):
        return None
    hidden = frozenset(column for column, _ in encrypted_entries(pseudo, sobject))
    ciphers = tuple(
        (each.name, each.cipher) for each in pseudo.fields if each.name in hidden and each.cipher is not None
    )
    return Registry(sobject.name, entered(pseudo, sobject), Statements(pseudo, hidden), ciphers)


def _is_polymorphic_target(schema: Schema, sobject: SObjectType) -> bool:
    return any(
        field.polymorphic
        for child in schema.children(sobject.name)
        if (owner := schema.find(child.child)) is not None and (field := owner.field(child.field)) is not None
    )


def mark_deleted(tx: Transaction, ids: Sequence[str], flag: int) -> None:
    """Set the deleted flag of entries."""
    run_each(
        tx, f'UPDATE {quoted(REGISTRY)} SET "IsDeleted" = ? WHERE "Id" = ?', [(flag, each) for each in ids]
    )


def display_names(tx: Transaction, schema: Schema, ids: Sequence[str]) -> dict[str, str]:
    """The names of records by id, as far as they are entered."""
    open_name = name_opener(schema)
    if open_name is None:
        return {}
    rows = in_parts(tx, f'SELECT "Id", "Name" FROM {quoted(REGISTRY)} WHERE "Id" IN ({{}})', ids)
    return {str(record_id): str(open_name(name)) for record_id, name in rows if name is not None}


def name_opener(schema: Schema) -> Callable[[Value], Value] | None:
    """What makes a name of what the registry's column holds; None where there is no registry."""
    registry = schema.find(REGISTRY)
    if registry is None:
        return None
    field = registry.field("Name")
    return (lambda name: name) if field is None or field.cipher is None else field.cipher.open
