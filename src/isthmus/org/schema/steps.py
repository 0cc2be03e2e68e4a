"""Steps: what runs a plan, in the unit of work of its schema change.

Both databases change their tables in transactions, so that a change happens whole or not at all.
"""

from collections.abc import Callable, Iterable
from typing import Final

from isthmus.kernel.database import Transaction, Value
from isthmus.kernel.errors import RowError, row_error
from isthmus.org.schema.conversion import convert
from isthmus.org.schema.plan import (
    AddColumn,
    ConvertColumn,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    Step,
)
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
from isthmus.org.schema.values import BadValue, fold

_ROWS_AT_ONCE: Final = 5_000
_MOVED: Final = "isthmus_moved"
"""A column while it is converted."""


class NotUnique(Exception):
    """Two records have the same value in a field that is to become unique."""

    def __init__(self, subject: str, error: RowError) -> None:
        super().__init__(error.message)
        self.subject = subject
        self.error = error


def run(transaction: Transaction, steps: Iterable[Step]) -> None:
    """Do what the steps say. Raises NotUnique."""
    for step in steps:
        _run(transaction, step)


def _run(transaction: Transaction, step: Step) -> None:
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
            _convert(transaction, step)
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


def _convert(transaction: Transaction, step: ConvertColumn) -> None:
    """Values that can't be converted are lost: that has been confirmed by now."""
    table, name = step.table, step.old.name

    def converted(value: Value) -> Value:
        assert not isinstance(value, bytes)
        try:
            return convert(value, step.old.type, step.field)
        except BadValue:
            return None if step.new.kind != "flag" else 0

    if step.old.kind == step.new.kind:
        _update(transaction, table, name, name, converted)
    else:
        moved = Column(_MOVED, step.new.kind, step.new.type, default=step.new.default)
        _add_column(transaction, table, moved)
        _update(transaction, table, name, _MOVED, converted)
        transaction.execute(f"ALTER TABLE {quoted(table)} DROP COLUMN {quoted(name)}")
        transaction.execute(f"ALTER TABLE {quoted(table)} RENAME COLUMN {quoted(_MOVED)} TO {quoted(name)}")
    if has_shadow(step.field):
        _fill(transaction, table, name, shadow_name(step.field))


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
        raise NotUnique(subject, error)
