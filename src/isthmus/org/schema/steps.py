"""Steps: what runs a plan, in the unit of work of its schema change.

Both databases change their tables in transactions, so that a change happens whole or not at all.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from isthmus.kernel.database import Transaction, Value
from isthmus.kernel.errors import RowError, row_error
from isthmus.org.schema.conversion import convert
from isthmus.org.schema.model import FieldType
from isthmus.org.schema.plan import (
    AddColumn,
    ConvertColumn,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    Step,
    keeps_values,
)
from isthmus.org.schema.schemes import Ciphers, FieldCipher
from isthmus.org.schema.tables import (
    Column,
    Index,
    column_definition,
    create_index,
    create_table,
    has_shadow,
    quoted,
    shadow_name,
)
from isthmus.org.schema.values import BadValue, Stored, fold

_ROWS_AT_ONCE: Final = 5_000
_MOVED: Final = "isthmus_moved"
"""A column while it is converted."""


class StepRefused(Exception):
    """The data does not allow a step: two records have the same value in a field that is to become unique,
    or a value can't be opened.
    """

    def __init__(self, subject: str, error: RowError) -> None:
        super().__init__(error.message)
        self.subject = subject
        self.error = error


def run(transaction: Transaction, steps: Iterable[Step], ciphers: Ciphers) -> None:
    """Do what the steps say. Raises StepRefused."""
    for step in steps:
        _run(transaction, step, ciphers)


def _run(transaction: Transaction, step: Step, ciphers: Ciphers) -> None:
    match step:
        case CreateTable(table):
            transaction.execute(create_table(table, transaction.dialect))
            for index in table.indexes:
                transaction.execute(create_index(table.name, index))
        case DropTable(name):
            transaction.execute(f"DROP TABLE {quoted(name)}")
        case AddColumn(name, column, fill):
            _add_column(transaction, name, column)
            if fill and column.shadow_of is not None:
                _fill(transaction, name, column.shadow_of, column.name)
        case DropColumn(name, column):
            transaction.execute(f"ALTER TABLE {quoted(name)} DROP COLUMN {quoted(column.name)}")
        case ConvertColumn():
            _convert(transaction, step, ciphers)
        case DropIndex(_, index):
            transaction.execute(f"DROP INDEX {quoted(index.name)}")
        case CreateIndex(name, index):
            if index.unique:
                _check_unique(transaction, name, index)
            transaction.execute(create_index(name, index))


def _add_column(transaction: Transaction, table: str, column: Column) -> None:
    definition = column_definition(column, transaction.dialect)
    transaction.execute(f"ALTER TABLE {quoted(table)} ADD COLUMN {definition}")


def _fill(transaction: Transaction, table: str, source: str, shadow: str) -> None:
    """Fold what is in `source` into its shadow column."""
    _update(transaction, table, source, shadow, lambda value: fold(str(value)))


def _convert(transaction: Transaction, step: ConvertColumn, ciphers: Ciphers) -> None:
    """Values that can't be converted are lost: that has been confirmed by now."""
    table, name = step.table, step.old.name
    open_value, cipher = opener(step, ciphers), step.field.cipher
    same = keeps_values(step.old.type, step.new.type)

    def converted(kept: Value) -> Value:
        value = open_value(kept)
        try:
            made = value if same else convert(value, step.old.type, step.field)
        except BadValue:
            return None if step.new.kind != "flag" else 0
        return made if cipher is None or made is None else cipher.close(made)

    if step.old.kind == step.new.kind:
        _update(transaction, table, name, name, converted)
    else:
        moved = Column(_MOVED, step.new.kind, step.new.type, default=step.new.default)
        _add_column(transaction, table, moved)
        _update(transaction, table, name, _MOVED, converted)
        transaction.execute(f"ALTER TABLE {quoted(table)} DROP COLUMN {quoted(name)}")
        transaction.execute(f"ALTER TABLE {quoted(table)} RENAME COLUMN {quoted(_MOVED)} TO {quoted(name)}")
    if not has_shadow(step.field):
        return
    if cipher is None:
        _fill(transaction, table, name, shadow_name(step.field))
    else:
        _update(transaction, table, name, shadow_name(step.field), partial(_token, cipher))


def _token(cipher: FieldCipher, kept: Value) -> Value:
    value = cipher.open(kept)
    return None if value is None else cipher.token(value)


def opener(step: ConvertColumn, ciphers: Ciphers) -> Callable[[Value], Stored]:
    """What gives the value of what the column holds before its conversion. Raises StepRefused, where it can't
    be opened.
    """
    scheme, table, name = step.old.encryption, step.table, step.old.name
    if scheme is None:
        return lambda value: value  # type: ignore[return-value] # no column holds bytes
    instant = step.old.type in (FieldType.DATE, FieldType.DATETIME)
    cipher = ciphers.cipher(table, name, scheme, instant=instant)

    def opened(kept: Value) -> Stored:
        if not cipher.opens(kept):
            subject = f"{table}.{name}"
            raise StepRefused(subject, row_error("schema_values_unreadable", subject=subject))
        return cipher.open(kept)

    return opened


def _update(
    transaction: Transaction, table: str, source: str, target: str, value_of: Callable[[Value], Value]
) -> None:
    """Set `target` to what `value_of` makes of `source`, wherever there is something in it.

    Rows are read in the order of their ids, a few thousand at a time, so that a large table fits in memory.
    """
    read = (
        f'SELECT "Id", {quoted(source)} FROM {quoted(table)} '
        f'WHERE "Id" > ? AND {quoted(source)} IS NOT NULL ORDER BY "Id" LIMIT {_ROWS_AT_ONCE}'
    )
    write = f'UPDATE {quoted(table)} SET {quoted(target)} = ? WHERE "Id" = ?'
    last: Value = ""
    while rows := transaction.rows(read, (last,)):
        transaction.execute_many(write, [(value_of(value), record_id) for record_id, value in rows])
        last = rows[-1][0]


def _check_unique(transaction: Transaction, table: str, index: Index) -> None:
    column = quoted(index.column)
    twice = transaction.row(
        f'SELECT {column}, COUNT(*) FROM {quoted(table)} WHERE "IsDeleted" = 0 AND {column} IS NOT NULL '
        f"GROUP BY {column} HAVING COUNT(*) > 1 ORDER BY {column} LIMIT 1"
    )
    if twice is not None:
        subject = f"{table}.{index.column.removesuffix('~')}"
        value, records = twice
        error = row_error("schema_values_not_unique", subject=subject, example=value, records=records)
        raise StepRefused(subject, error)
