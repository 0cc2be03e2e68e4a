"""Shape: from a select list to columns, and to what a row's positions mean.

The record's id comes first, asked for or not; a parent's id is fetched with its first field, to tell a
missing parent from an empty one. Columns are fetched once, however often they are needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from isthmus.org.query.bound import (
    BoundChildren,
    BoundComputed,
    BoundField,
    BoundItem,
    BoundTypeof,
    BoundValue,
    Grouping,
    Table,
)
from isthmus.org.query.rendering import Render, rendered
from isthmus.org.query.result import Children, Column, Compound, Item, Parent, Shape, Typeof
from isthmus.org.query.seen import alias_of
from isthmus.org.query.sql.expressions import Expressions
from isthmus.org.schema.model import Field, SObjectType
from isthmus.org.schema.tables import is_stored, quoted

_KEYS: Final = (
    "city",
    "country",
    "countryCode",
    "geocodeAccuracy",
    "latitude",
    "longitude",
    "postalCode",
    "state",
    "stateCode",
    "street",
)
"""Keys of a compound's parts, in the wire's order. Source: Object Reference, Address Compound Fields."""


class Columns:
    """The columns of one statement: those of fields, each fetched once, and those of what is computed."""

    def __init__(self, expressions: Expressions | None = None) -> None:
        self._expressions = expressions
        self._places: dict[str | tuple[str, int], int] = {}
        self.encrypted: dict[int, Field] = {}
        """The fields whose values have to be opened, by their places in the row."""
        self.rendered: dict[int, Render] = {}
        """What makes the answer of the values in these places."""

    def place(self, alias: str, name: str, field: Field | None = None) -> int:
        """The place of a column in the row; `field` is given where it is the field's value that is wanted."""
        place = self._places.setdefault(f"{alias}.{quoted(name)}", len(self._places))
        if field is not None and field.cipher is not None:
            self.encrypted[place] = field
        return place

    def compute(self, value: BoundValue) -> int:
        """The place of a column of its own, for a value."""
        assert self._expressions is not None
        place = len(self._places)
        self._places[self._expressions.computed(value), place] = place
        if (render := rendered(value)) is not None:
            self.rendered[place] = render
        return place

    def __len__(self) -> int:
        return len(self._places)

    @property
    def sql(self) -> list[str]:
        return [each if isinstance(each, str) else each[0] for each in self._places]


@dataclass(slots=True)
class _Level:
    """The items of one object within the answer, in the order in which the query first names them."""

    table: Table
    items: "dict[str, Field | Column | _Level | _Types | BoundChildren]" = field(default_factory=dict)


@dataclass(slots=True)
class _Types:
    """The items of a parent by its object; `otherwise` those of other objects."""

    shared: Table
    levels: list[_Level]
    otherwise: _Level | None


def shape_of(
    root: Table, items: tuple[BoundItem, ...], columns: Columns, children: Mapping[str, Shape]
) -> Shape:
    """The shape of a select list, whose columns are added to `columns`.

    `children` gives a child subquery's shape by its key. Children come after the columns, in their own order.
    """
    columns.place(root.alias, "Id")
    levels = {root: _Level(root)}
    for item in items:
        if isinstance(item, BoundChildren):
            levels[root].items[item.key] = item
            continue
        if isinstance(item, BoundComputed):
            level = _level(levels, item.table, columns)
            level.items[item.key] = Column(item.key, item.value.field, columns.compute(item.value))
            continue
        if isinstance(item, BoundTypeof):
            _add_types(levels, item, columns)
            continue
        _add_field(levels, item, columns)
    places = {key: len(columns) + number for number, key in enumerate(children)}
    return _shape(levels[root], columns, {key: Children(key, children[key], places[key]) for key in children})


def _add_field(levels: dict[Table, _Level], item: BoundField, columns: Columns) -> None:
    table, named = item.table, item.field
    _level(levels, table, columns).items[named.name] = named
    for part in _stored(table.sobject, named):
        columns.place(alias_of(table.alias, part), part.name, part)


def _add_types(levels: dict[Table, _Level], item: BoundTypeof, columns: Columns) -> None:
    shared = item.table
    assert shared.parent is not None
    assert shared.via is not None
    above = _level(levels, shared.parent, columns)
    columns.place(shared.alias, "Id")
    columns.place(shared.alias, "Type")
    found = [_filled(branch.table, branch.fields, columns) for branch in item.branches]
    otherwise = None if item.otherwise is None else _filled(shared, item.otherwise, columns)
    above.items[shared.via.relationship_name or ""] = _Types(shared, found, otherwise)


def _filled(table: Table, fields: tuple[BoundField, ...], columns: Columns) -> _Level:
    """The level of one object's records, apart from those of others by the same lookup."""
    levels = {table: _Level(table)}
    for each in fields:
        _add_field(levels, each, columns)
    return levels[table]


def grouped_shape_of(root: Table, grouping: Grouping) -> Shape:
    """The shape of an aggregate query, whose rows have a column for each item."""
    items = tuple(
        Column(item.key, item.value.field, place, _written(item.value))
        for place, item in enumerate(grouping.items)
    )
    return Shape(root.sobject, items, None, grouped=bool(grouping.by))


def _written(value: BoundValue) -> str | None:
    return None if isinstance(value, BoundField) else value.field.name


def _level(levels: dict[Table, _Level], table: Table, columns: Columns) -> _Level:
    known = levels.get(table)
    if known is not None:
        return known
    assert table.parent is not None
    assert table.via is not None
    above = _level(levels, table.parent, columns)
    levels[table] = level = _Level(table)
    above.items[table.via.relationship_name or ""] = level
    columns.place(table.alias, "Id")
    if table.via.polymorphic:
        columns.place(table.alias, "Type")
    return level


def _shape(
    level: _Level, columns: Columns, children: Mapping[str, Children], known_by: Table | None = None
) -> Shape:
    """The shape of a level's records, whose id is that of their own table, or of `known_by`."""
    alias = level.table.alias
    items: list[Item] = []
    for key, item in level.items.items():
        if isinstance(item, BoundChildren):
            items.append(children[key])
        elif isinstance(item, Column):
            items.append(item)
        elif isinstance(item, _Types):
            items.append(_typeof(key, item, columns))
        elif isinstance(item, _Level):
            via = item.table.via
            kind = columns.place(item.table.alias, "Type") if via and via.polymorphic else None
            present = columns.place(item.table.alias, "Id")
            items.append(Parent(key, _shape(item, columns, {}), present, kind))
        elif not is_stored(item):
            items.append(Compound(key, item, _parts(level.table, item, columns)))
        else:
            items.append(Column(key, item, columns.place(alias_of(alias, item), item.name)))
    return Shape(level.table.sobject, tuple(items), columns.place((known_by or level.table).alias, "Id"))


def _typeof(key: str, types: _Types, columns: Columns) -> Typeof:
    """The records are known by the row that they share, whichever they are."""
    shared = types.shared
    shapes = [_shape(level, columns, {}, shared) for level in types.levels]
    otherwise = None if types.otherwise is None else _shape(types.otherwise, columns, {})
    every = {each.key: each for shape in (*shapes, otherwise) if shape is not None for each in shape.items}
    present, kind = columns.place(shared.alias, "Id"), columns.place(shared.alias, "Type")
    return Typeof(
        key,
        Shape(shared.sobject, tuple(every.values()), present),
        tuple((shape.sobject.name, shape) for shape in shapes),
        otherwise,
        present,
        kind,
    )


def _parts(table: Table, compound: Field, columns: Columns) -> tuple[tuple[str, Column], ...]:
    """The parts of an address or location by their keys, in the wire's order."""
    found = {_key(part): part for part in _stored(table.sobject, compound)}
    return tuple(
        (key, Column(key, found[key], columns.place(table.alias, found[key].name)))
        for key in _KEYS
        if key in found
    )


def _stored(sobject: SObjectType, named: Field) -> tuple[Field, ...]:
    """The fields that have columns: a field itself, or the parts of a compound."""
    if is_stored(named):
        return (named,)
    parts = (each for each in sobject.fields if each.compound == named.name and each.name != named.name)
    return tuple(part for part in parts if _key(part))


def _key(part: Field) -> str:
    """`postalCode` for `BillingPostalCode`, `latitude` for `Place__Latitude__s`."""
    name = part.name.lower().removesuffix("__s")
    return max((key for key in _KEYS if name.endswith(key.lower())), key=len, default="")
