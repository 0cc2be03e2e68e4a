"""Examine: what of a plan must not happen, because there is data that it would lose."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from isthmus.kernel.database import Connection
from isthmus.kernel.errors import RowError, row_error
from isthmus.org.schema.conversion import convert
from isthmus.org.schema.plan import ConvertColumn, DropColumn, DropTable, Step, keeps_values
from isthmus.org.schema.schemes import UNREADABLE_TEXT, Ciphers
from isthmus.org.schema.share_objects import is_share_name
from isthmus.org.schema.steps import opener
from isthmus.org.schema.tables import Column, quoted
from isthmus.org.schema.values import BadValue


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change was refused: `subject` is an object or `Object.Field`. `confirmable`: it is done where
    someone says that the data may be lost.
    """

    subject: str
    error: RowError
    confirmable: bool = False

    @property
    def message(self) -> str:
        return self.error.message


def refusal_text(refused: Iterable[Refusal]) -> str:
    """What was refused, a line each, and how to have it done all the same."""
    lines = [each.message for each in refused]
    subjects = [each.subject for each in refused if each.confirmable]
    if subjects:
        options = " ".join(f"--confirm-drop {subject}" for subject in subjects)
        lines.append(f"Put it back, or start the org with these options and lose the data: {options}")
    return "\n".join(lines)


def refusals(
    connection: Connection, steps: Iterable[Step], ciphers: Ciphers, confirmed: Collection[str] = ()
) -> tuple[Refusal, ...]:
    """What is refused, subjects in `confirmed` (in any case) excepted."""
    allowed = {subject.lower() for subject in confirmed}
    return tuple(
        refusal
        for step in steps
        for refusal in _examine(connection, step, ciphers)
        if refusal.subject.lower() not in allowed
    )


def _examine(connection: Connection, step: Step, ciphers: Ciphers) -> Iterator[Refusal]:
    match step:
        case DropTable(table) if not is_share_name(table):  # what is shared follows from the rest
            if rows := _count(connection, f"SELECT COUNT(*) FROM {quoted(table)}"):
                yield _confirmable("schema_object_has_records", table, records=rows)
        case DropColumn(table, column) if column.shadow_of is None:
            if rows := _count(connection, f"SELECT COUNT(*) FROM {quoted(table)} WHERE {_has_value(column)}"):
                yield _confirmable("schema_field_has_values", f"{table}.{column.name}", records=rows)
        case ConvertColumn():
            yield from _examine_conversion(connection, step, ciphers)
        case _:
            return


def _examine_conversion(connection: Connection, step: ConvertColumn, ciphers: Ciphers) -> Iterator[Refusal]:
    if keeps_values(step.old.type, step.new.type):
        return
    lost, example = 0, ""
    value_of, secret = opener(step, ciphers), step.old.encryption is not None
    column = quoted(step.old.name)
    grouped = (
        f"SELECT {column}, COUNT(*) FROM {quoted(step.table)} WHERE {_has_value(step.old)} GROUP BY {column}"
    )
    for kept, count in connection.stream(grouped):
        assert isinstance(count, int)
        value = value_of(kept)
        try:
            convert(value, step.old.type, step.field)
        except BadValue:
            lost, example = lost + count, UNREADABLE_TEXT if secret else str(value)
    if lost:
        yield _confirmable(
            "schema_values_not_convertible",
            f"{step.table}.{step.old.name}",
            records=lost,
            old=step.old.type.value,
            new=step.new.type.value,
            example=example,
        )


def _confirmable(name: str, subject: str, **values: object) -> Refusal:
    return Refusal(subject, row_error(name, subject=subject, **values), confirmable=True)


def _has_value(column: Column) -> str:
    name = quoted(column.name)
    return f"{name} <> {column.default or 0}" if column.kind == "flag" else f"{name} IS NOT NULL"


def _count(connection: Connection, sql: str) -> int:
    row = connection.row(sql)
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]
