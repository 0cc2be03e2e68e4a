"""Sealing: what a change of encryption asks for beyond its columns.

What the registry of names knows of a field follows the field. And on SQLite what was deleted is overwritten
from then on, so that what was in clear does not stay behind in free pages.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from isthmus.kernel.database import Transaction, Value
from isthmus.org.schema.encrypted import NAME_REGISTRY, entered
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.plan import ConvertColumn, Step
from isthmus.org.schema.tables import has_shadow, quoted, shadow
from isthmus.org.schema.values import fold

_ROWS_AT_ONCE: Final = 5_000


def leaves_no_trace(transaction: Transaction, steps: Iterable[Step]) -> None:
    """Have deleted values overwritten where steps encrypt what was in clear (PostgreSQL can't)."""
    encrypts = any(
        isinstance(step, ConvertColumn) and step.old.encryption is None and step.new.encryption is not None
        for step in steps
    )
    if encrypts and transaction.dialect.name == "sqlite":
        transaction.rows("PRAGMA secure_delete = ON")


def close_entries(transaction: Transaction, steps: Iterable[Step], objects: Sequence[SObjectType]) -> None:
    """Enter anew what the registry of names knows of fields whose encryption has changed."""
    by_name = {each.name: each for each in objects}
    registry = by_name.get(NAME_REGISTRY)
    for step in steps:
        if registry is None or not isinstance(step, ConvertColumn) or step.table == NAME_REGISTRY:
            continue
        if (step.old.encryption is None) == (step.new.encryption is None):
            continue
        sobject = by_name[step.table]
        for column, name in entered(registry, sobject):
            if name == step.field.name:
                _enter(transaction, registry, column, sobject, name)


def _enter(
    transaction: Transaction, registry: SObjectType, column: str, sobject: SObjectType, name: str
) -> None:
    entry, field = registry.field(column), sobject.field(name)
    assert entry is not None
    assert field is not None
    own = quoted(column)
    read = (
        f'SELECT "Id", {quoted(name)} FROM {quoted(sobject.name)} WHERE "Id" > ? '
        f'AND {quoted(name)} IS NOT NULL ORDER BY "Id" LIMIT {_ROWS_AT_ONCE}'
    )
    shadowed = f", {shadow(entry)} = ?" if has_shadow(entry) else ""
    write = f'UPDATE {quoted(registry.name)} SET {own} = ?{shadowed} WHERE "Id" = ?'
    last: Value = ""
    while rows := transaction.rows(read, (last,)):
        changed: list[list[Value]] = []
        for record_id, kept in rows:
            value = kept if field.cipher is None else field.cipher.open(kept)
            if field.encryption is None:
                entered_as: list[Value] = [value, fold(str(value))]
            else:
                assert entry.cipher is not None
                entered_as = [entry.cipher.close(str(value)), None]
            changed.append([*entered_as[: 2 if shadowed else 1], record_id])
        transaction.execute_many(write, changed)
        last = rows[-1][0]
