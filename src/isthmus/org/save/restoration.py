"""Restoration: what comes back with a record from the recycle bin, what has to stay there, and what keeps the
record itself from coming back.

A record that can't be without another (its master, a required parent) needs that one: a root without it is
held, and what went with a root stays behind, on its own. A lookup to a record that is gone for good comes
back empty. A unique value that another record has taken meanwhile holds the root back. Source: Salesforce
Help, Restore Deleted Records; SOAP API Developer Guide, undelete().
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from isthmus.kernel.database import Transaction, Value
from isthmus.kernel.errors import RowError, row_error
from isthmus.org.save.external_ids import comparable, duplicate_value, find_by_value
from isthmus.org.save.recycle_bin import Entry, by_object, entries_of
from isthmus.org.save.statements import in_parts
from isthmus.org.schema.model import DeleteConstraint, Field, FieldType, Schema, SObjectType
from isthmus.org.schema.system_fields import MASTER_RECORD_TYPE_ID
from isthmus.org.schema.tables import is_stored, quoted, search_column
from isthmus.org.schema.values import Stored

_ALIVE: Final = 0


@dataclass(frozen=True, slots=True)
class Reference:
    """`field` of the deleted record `entry` refers to the record `parent`."""

    entry: Entry
    field: Field
    parent: str


@dataclass(slots=True)
class Restoration:
    """`coming` comes back, the roots too; `staying` would have, but lacks what it can't be without.

    `lost` are lookups, of what comes, to records that are gone. `held` are the roots that can't come back,
    with the error: then nothing may.
    """

    coming: list[Entry] = field(default_factory=list)
    staying: list[Entry] = field(default_factory=list)
    lost: list[Reference] = field(default_factory=list)
    held: dict[str, RowError] = field(default_factory=dict)


def plan_restoration(tx: Transaction, schema: Schema, roots: Sequence[str]) -> Restoration:
    """What undeleting these roots means."""
    entries = {each.id: each for each in entries_of(tx, roots)}
    references = _references(tx, schema, entries.values())
    elsewhere = _deleted_flags(tx, schema, {each.parent for each in references} - entries.keys())
    staying = _lacking([each for each in references if _is_needed(each.field)], entries, elsewhere)
    restoration = Restoration(
        coming=[each for each in entries.values() if each.id not in staying],
        staying=[each for each in entries.values() if each.id in staying],
        lost=[
            each
            for each in references
            if each.field.nillable and each.parent not in entries and each.parent not in elsewhere
        ],
    )
    for each in restoration.staying:
        if each.id == each.root:
            restoration.held[each.id] = row_error("entity_is_deleted")
    for sobject, some in by_object(schema, restoration.coming):
        for unique in sobject.fields:
            if unique.unique and is_stored(unique):
                _hold_by_value(tx, sobject, unique, some, restoration.held)
    return restoration


def _is_needed(lookup: Field) -> bool:
    """Whether a record can't be without the one that it refers to (an owner does not count)."""
    kept = not lookup.nillable and lookup.delete_constraint is not DeleteConstraint.SET_NULL
    return lookup.master_detail or kept


def _references(tx: Transaction, schema: Schema, entries: Iterable[Entry]) -> list[Reference]:
    """Every lookup of these records that has a value, and might have lost what it refers to."""
    found: list[Reference] = []
    for sobject, some in by_object(schema, entries):
        lookups = [each for each in sobject.fields if _may_be_lost(schema, each)]
        if not lookups:
            continue
        known = {each.id: each for each in some}
        columns = ", ".join(quoted(each.name) for each in lookups)
        sql = f'SELECT "Id", {columns} FROM {quoted(sobject.name)} WHERE "Id" IN ({{}})'
        for record_id, *parents in in_parts(tx, sql, known):
            found += [
                Reference(known[str(record_id)], lookup, parent)
                for lookup, parent in zip(lookups, parents, strict=True)
                if isinstance(parent, str) and parent != MASTER_RECORD_TYPE_ID
            ]
    return found


def _may_be_lost(schema: Schema, lookup: Field) -> bool:
    if lookup.type is not FieldType.REFERENCE or not is_stored(lookup):
        return False
    targets = [schema.find(name) for name in lookup.reference_to]
    return any(each is not None and each.deletable for each in targets)


def _deleted_flags(tx: Transaction, schema: Schema, ids: Collection[str]) -> dict[str, object]:
    """The deleted flags of those of these records that there are; what is not stored here is taken to be."""
    flags: dict[str, object] = {}
    asked: dict[str, list[str]] = {}
    for each in ids:
        owners = schema.with_prefix(each)
        if not any(owner.stored for owner in owners):
            flags[each] = _ALIVE
        for owner in owners:
            if owner.stored:
                asked.setdefault(owner.name, []).append(each)
    for name, some in asked.items():
        sql = f'SELECT "Id", "IsDeleted" FROM {quoted(name)} WHERE "Id" IN ({{}})'
        flags.update((str(record_id), flag) for record_id, flag in in_parts(tx, sql, some))
    return flags


def _lacking(needed: list[Reference], entries: Collection[str], elsewhere: dict[str, object]) -> set[str]:
    """The ids of the entries that lack what they need, or need what does."""
    lacking: set[str] = set()
    while True:
        more = {
            each.entry.id
            for each in needed
            if each.entry.id not in lacking
            and (
                each.parent in lacking
                or (each.parent not in entries and elsewhere.get(each.parent) != _ALIVE)
            )
        }
        if not more:
            return lacking
        lacking |= more


def _comparable(unique: Field, kept: Value) -> Stored:
    """What is compared, of what is stored: of an encrypted field, the value."""
    if unique.cipher is not None:
        return comparable(unique, unique.cipher.open(kept))
    assert not isinstance(kept, bytes)
    return kept


def _hold_by_value(
    tx: Transaction, sobject: SObjectType, unique: Field, coming: list[Entry], held: dict[str, RowError]
) -> None:
    """Hold the roots with which a value would come back that is taken, be it by what comes with another."""
    column = search_column(unique) if unique.cipher is None else quoted(unique.name)
    sql = f'SELECT "Id", {column} FROM {quoted(sobject.name)} WHERE {column} IS NOT NULL AND "Id" IN ({{}})'
    values: dict[str, Stored] = {
        str(record_id): _comparable(unique, value)
        for record_id, value in in_parts(tx, sql, [each.id for each in coming])
    }
    stored = find_by_value(tx, sobject, unique, values.values())
    bringing = [each for each in coming if each.id in values]
    for each in bringing:
        if holders := stored.get(values[each.id]):
            held.setdefault(each.root, duplicate_value(sobject, unique, holders[0]))
    first: dict[Stored, str] = {}
    for each in bringing:
        if each.root not in held and (holder := first.setdefault(values[each.id], each.id)) != each.id:
            held[each.root] = duplicate_value(sobject, unique, holder)
