"""Plan: what has to happen in the database so that it fits a schema. Steps are values; nothing happens here.

    plan(tables there are, tables there should be) → steps   this module
    refusals(steps, data) → what must not happen              examine.py
    run(steps)                                                steps.py

A column whose field changed its type or its encryption is converted where its values can be; what belongs to
a field or object that is gone is dropped, which is refused while there is data in it, unless that was
confirmed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from isthmus.org.schema.model import DECIMALS, IDS, INTEGERS, TEXTS, Field, FieldType, SObjectType
from isthmus.org.schema.tables import Column, Index, TableLayout


@dataclass(frozen=True, slots=True)
class CreateTable:
    table: TableLayout


@dataclass(frozen=True, slots=True)
class DropTable:
    table: str


@dataclass(frozen=True, slots=True)
class AddColumn:
    """`fill`: a shadow of a column that was there before has values from the start."""

    table: str
    column: Column
    fill: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn:
    table: str
    column: Column


@dataclass(frozen=True, slots=True)
class ConvertColumn:
    """`field` is what the column shall hold from now on; its shadow is filled anew where it has one."""

    table: str
    old: Column
    new: Column
    field: Field


@dataclass(frozen=True, slots=True)
class CreateIndex:
    table: str
    index: Index


@dataclass(frozen=True, slots=True)
class DropIndex:
    table: str
    index: Index


Step: TypeAlias = CreateTable | DropTable | AddColumn | DropColumn | ConvertColumn | CreateIndex | DropIndex


def plan(
    recorded: Mapping[str, TableLayout], wanted: Mapping[str, TableLayout], objects: Iterable[SObjectType]
) -> tuple[Step, ...]:
    """The steps from the tables that are `recorded` to those `wanted` by `objects`, in their order."""
    steps: list[Step] = [DropTable(name) for name in recorded if name not in wanted]
    for sobject in objects:
        new = wanted.get(sobject.name)
        old = recorded.get(sobject.name)
        if new is None:
            continue
        if old is None:
            steps.append(CreateTable(new))
        elif old != new:
            steps += _change(old, new, sobject)
    return tuple(steps)


def keeps_values(old: FieldType, new: FieldType) -> bool:
    """Whether a column's values need no conversion: what was stored for `old` is right for `new`."""
    return (
        old is new
        or (new in TEXTS and (old in TEXTS or old in IDS))
        or (old in DECIMALS and new in DECIMALS)
        or (old in INTEGERS and new is FieldType.LONG)
        or (old is FieldType.DATE and new is FieldType.DATETIME)
    )


def _change(old: TableLayout, new: TableLayout, sobject: SObjectType) -> Iterator[Step]:
    table = new.name
    before = {each.name: each for each in old.columns}
    after = {each.name: each for each in new.columns}
    converted = _conversions(before, after, sobject)
    made_anew = {step.old.name for step in converted}
    touched = made_anew | {f"{name}~" for name in made_anew} | (before.keys() - after.keys())
    kept = {each for each in old.indexes if each in new.indexes and each.column not in touched}
    yield from (DropIndex(table, each) for each in old.indexes if each not in kept)
    yield from (DropColumn(table, before[name]) for name in before if name not in after)
    for name, column in after.items():
        if name not in before:
            yield AddColumn(table, column, fill=column.shadow_of in before.keys() - made_anew)
    yield from converted
    yield from (CreateIndex(table, each) for each in new.indexes if each not in kept)


def _conversions(
    before: Mapping[str, Column], after: Mapping[str, Column], sobject: SObjectType
) -> list[ConvertColumn]:
    found = []
    for name, new in after.items():
        old = before.get(name)
        if old is None or new.shadow_of is not None:
            continue
        if old.encryption is new.encryption and keeps_values(old.type, new.type):
            continue
        field = sobject.field(name)
        if field is not None:
            found.append(ConvertColumn(sobject.name, old, new, field))
    return found


def _scheme(column: Column) -> str:
    return "no encryption" if column.encryption is None else column.encryption.value


def summary(steps: Iterable[Step]) -> Iterator[str]:
    """The steps in words, for a log or a terminal; indexes and shadows go without saying."""
    for step in steps:
        match step:
            case CreateTable(table):
                yield f"create {table.name}"
            case DropTable(name):
                yield f"drop {name}"
            case AddColumn(name, column) if column.shadow_of is None:
                yield f"add {name}.{column.name}"
            case DropColumn(name, column) if column.shadow_of is None:
                yield f"drop {name}.{column.name}"
            case ConvertColumn(name, old, new):
                if old.type is not new.type:
                    yield f"convert {name}.{new.name} from {old.type.value} to {new.type.value}"
                if old.encryption is not new.encryption:
                    yield f"convert {name}.{new.name} from {_scheme(old)} to {_scheme(new)}"
            case _:
                pass
