"""Evaluate: what a query answers, found record by record. Slow and plain on purpose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from tests.fuzz.conditions import Conditions
from tests.fuzz.distances import Near
from tests.fuzz.groups import Group, groups_of
from tests.fuzz.locale_texts import formatted
from tests.fuzz.tables import Asked, Record, Tables
from tests.fuzz.tree import (
    Children,
    CountAll,
    DatePart,
    Distance,
    Fields,
    Format,
    Grouping,
    Item,
    Label,
    Operand,
    Order,
    Path,
    Query,
    SemiJoin,
    Typeof,
)
from tests.fuzz.values import Key, Val, sorted_by, wire

from isthmus.org.schema.model import COMPOUNDS, Field, FieldType, SObjectType

T = TypeVar("T")
Row: TypeAlias = list[tuple[str, object]]
"""Keys and values in order. A parent is a row or None, children are (their number, their rows) or None."""


@dataclass(frozen=True)
class Answer:
    """`total` is what `totalSize` says. `settled`: the order of the rows is known."""

    total: int
    rows: list[Row]
    settled: bool = True


class Evaluator:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def answer(self, query: Query, asked: Asked) -> Answer:
        """What a query answers to who asks. Raises KeyError for a name that there is not."""
        sobject = self._tables.object(query.source)
        records = self._found(query, sobject, self._tables.seen(asked, sobject), asked)
        if query.is_grouped:
            return self._grouped(query, sobject, records, asked)
        records = _page(query, self._sorted(query, sobject, records, asked))
        if isinstance(query.select[0], CountAll):
            return Answer(len(records), [])
        return Answer(len(records), [self._row(query, sobject, each, asked) for each in records])

    def _found(
        self, query: Query, sobject: SObjectType, records: Sequence[Record], asked: Asked
    ) -> list[Record]:
        """The records that are within the query's scope and meet its condition."""
        records = [each for each in records if _is_within(query.scope, each, asked)]
        where = query.where
        if where is None:
            return records
        inner: dict[int, set[Val]] = {}

        def within(join: SemiJoin, value: Val) -> bool:
            if id(join) not in inner:
                inner[id(join)] = self._selected(join.query, asked)
            return value is not None and value in inner[id(join)]

        def meets(record: Record) -> bool:
            def value(operand: Operand) -> tuple[Field, Val]:
                assert isinstance(operand, Path | DatePart | Label | Distance)
                field = self._tables.key_field(sobject, operand)
                return field, self._tables.key(asked, sobject, record, operand)

            return Conditions(asked, value, within, self._tables.fiscal).meets(where)

        return [each for each in records if meets(each)]

    def _selected(self, query: Query, asked: Asked) -> set[Val]:
        """What the query of a semi-join selects, nulls aside."""
        sobject = self._tables.object(query.source)
        [item] = query.select
        assert isinstance(item, Item)
        assert isinstance(item.value, Path)
        found = self._found(query, sobject, self._tables.seen(asked, sobject), asked)
        return {self._tables.value(asked, sobject, each, item.value) for each in found} - {None}

    def _sorted(
        self, query: Query, sobject: SObjectType, records: Sequence[Record], asked: Asked
    ) -> list[Record]:
        """Records in the query's order; those that are equal in it in the order of their ids."""
        found = sorted(records, key=lambda record: str(record["Id"]))
        for order in reversed(query.order_by):
            made = order.value
            assert isinstance(made, Path | Distance)
            field = self._tables.key_field(sobject, made)
            keys = [sorted_by(field, self._tables.key(asked, sobject, each, made)) for each in found]
            found = [found[place] for place in in_order(keys, _as_heard(order, field))]
        return found

    def _grouped(self, query: Query, sobject: SObjectType, records: Sequence[Record], asked: Asked) -> Answer:
        groups = groups_of(self._tables, query, sobject, records, asked)
        if query.having is not None:
            having, fiscal = query.having, self._tables.fiscal
            groups = [
                each for each in groups if Conditions(asked, each.value, _never_within, fiscal).meets(having)
            ]
        fields = [self._tables.key_field(sobject, each) for each in query.group_by]
        orders = list(query.order_by)
        for key in query.group_by:  # subtotals come after what they are the totals of
            orders += [Order(Grouping(key)), Order(key)]
        for order in reversed(orders):
            keys = [each.sort_key(order.value) for each in groups]
            if isinstance(order.value, Path):
                order = _as_heard(order, self._tables.key_field(sobject, order.value))
            groups = [groups[place] for place in in_order(keys, order)]
        groups = _page(query, groups)
        settled = all(each.encryption is None for each in fields)
        return Answer(len(groups), [_group_row(query, each) for each in groups], settled)

    # What is answered

    def _row(self, query: Query, sobject: SObjectType, record: Record, asked: Asked) -> Row:
        row: Row = []
        unnamed = 0
        for item in query.select:
            match item:
                case Item(value=Distance() as distance):
                    away = self._tables.key(asked, sobject, record, distance)
                    row.append(
                        (item.alias or f"expr{unnamed}", Near(away) if isinstance(away, float) else None)
                    )
                    unnamed += item.alias is None
                case Children():
                    row.append(self._children(item.query, sobject, record, asked))
                case Typeof():
                    self._put_typeof(row, sobject, record, item, asked)
                case Fields():
                    wanted = [
                        each
                        for each in sobject.fields
                        if _belongs(each, item.group)
                        and (sobject.name, each.name) not in asked.who.unreadable
                    ]
                    row += [(each.name, self._shown(sobject, record, each, asked)) for each in wanted]
                case Item(value=Path() as path):
                    self._put(row, sobject, record, path, asked)
                case Item(value=Label() | Format() as made, alias=str() as alias):
                    row.append((alias, self._made(sobject, record, made, asked)))
                case Item(value=Label() | Format() as made):
                    assert isinstance(made.of, Path)
                    self._put(row, sobject, record, made.of, asked, type(made))
                case _:
                    raise AssertionError(item)
        return row

    def _put(
        self,
        row: Row,
        sobject: SObjectType,
        record: Record,
        path: Path,
        asked: Asked,
        maker: type[Label] | type[Format] | None = None,
    ) -> None:
        """Put a field where it belongs: among its record's, which stand where the first of them does."""
        if not path.steps:
            field = self._tables.field_at(sobject, path)
            if maker is not None:
                row.append((field.name, self._made(sobject, record, maker(path), asked)))
            else:
                row.append((field.name, self._shown(sobject, record, field, asked)))
            return
        step, *further = path.steps
        target, above, inside = self._entered(row, sobject, record, step, asked)
        if above is not None and inside is not None:
            self._put(inside, target, above, Path(tuple(further), path.field), asked, maker)

    def _entered(
        self, row: Row, sobject: SObjectType, record: Record, step: str, asked: Asked
    ) -> tuple[SObjectType, Record | None, Row | None]:
        """The object of a parent, the parent, and its own row within a row, which is made where it is not."""
        above = self._tables.parent(asked, sobject, record, step)
        target = self._tables.parent_object(sobject, step)
        if all(key != step for key, _ in row):
            kind = [("@type", above["Type"])] if above is not None and target.name == "Name" else []
            row.append((step, None if above is None else kind))
        inside = next(value for key, value in row if key == step)
        assert inside is None or isinstance(inside, list)
        return target, above, inside

    def _put_typeof(self, row: Row, sobject: SObjectType, record: Record, item: Typeof, asked: Asked) -> None:
        """Put what is asked of a parent of its type."""
        *steps, last = item.steps
        found: Record | None = record
        inside: Row | None = row
        for step in steps:
            if found is None or inside is None:
                return
            sobject, found, inside = self._entered(inside, sobject, found, step, asked)
        if found is None or inside is None:
            return
        shared = self._tables.parent(asked, sobject, found, last)
        by_type = {each.sobject: each.fields for each in item.whens}
        fields = () if shared is None else by_type.get(str(shared["Type"]), ())
        if shared is None or not (fields or item.otherwise):
            inside.append((last, None))
            return
        kind = str(shared["Type"]) if fields else "Name"
        whole = self._tables.records[kind][str(shared["Id"])]
        answer: Row = [("@type", shared["Type"])]
        for path in fields or item.otherwise:
            self._put(answer, self._tables.object(kind), whole, path, asked)
        inside.append((last, answer))

    def _made(self, sobject: SObjectType, record: Record, made: Label | Format, asked: Asked) -> object:
        """What a function makes of a record for its reader."""
        if isinstance(made, Label):
            return self._tables.key(asked, sobject, record, made)
        assert isinstance(made.of, Path)
        field = self._tables.field_at(sobject, made.of)
        return formatted(field, self._tables.value(asked, sobject, record, made.of), asked.who)

    def _shown(self, sobject: SObjectType, record: Record, field: Field, asked: Asked) -> object:
        if field.type in COMPOUNDS:
            return _compound(sobject, record, field)
        value = self._tables.held(asked, record, field.name)
        if field.type is FieldType.ENCRYPTED and value is not None and not asked.who.clear:
            assert field.mask_type == "lastFour"
            text = str(value)
            return "*" * (len(text) - 4) + text[-4:]
        return wire(field, value)

    def _children(
        self, query: Query, sobject: SObjectType, record: Record, asked: Asked
    ) -> tuple[str, object]:
        relation = next(
            each for each in self._tables.schema.children(sobject.name) if each.name == query.source
        )
        child = self._tables.object(relation.child)
        below = [each for each in self._tables.seen(asked, child) if each[relation.field] == record["Id"]]
        found = _page(query, self._sorted(query, child, self._found(query, child, below, asked), asked))
        rows = [self._row(query, child, each, asked) for each in found]
        return query.source, (len(rows), rows) if rows else None


def _is_within(scope: str | None, record: Record, asked: Asked) -> bool:
    """Source: SOQL and SOSL Reference, USING SCOPE; docs/decisions/0168-scopes-and-clauses.md."""
    user, owner = asked.who.user_id, str(record.get("OwnerId"))
    match scope:
        case None | "everything" | "scopingRule":
            return True
        case "mine":
            return owner == user
        case "delegated":
            return record["CreatedById"] == user != owner
        case "queue_owned":
            return owner.startswith("00G")
        case "user_owned":
            return owner.startswith("005")
    raise KeyError(scope)


def _as_heard(order: Order, field: Field) -> Order:
    """Of a lookup it isn't heard where nulls are to be. Source: SOQL and SOSL Reference, ORDER BY."""
    return replace(order, nulls_first=None) if field.type is FieldType.REFERENCE else order


def in_order(keys: Sequence[Key | None], order: Order) -> list[int]:
    """The places of the keys, sorted; equal ones stay as they are. Nulls are first unless the query says."""
    nulls = [place for place, key in enumerate(keys) if key is None]
    others = [place for place, key in enumerate(keys) if key is not None]
    others.sort(key=lambda place: keys[place], reverse=order.descending)  # type: ignore[arg-type,return-value] # of one type
    return others + nulls if order.nulls_first is False else nulls + others


def _page(query: Query, found: list[T]) -> list[T]:
    start = query.offset or 0
    return found[start:] if query.limit is None else found[start : start + query.limit]


def _group_row(query: Query, group: Group) -> Row:
    row: Row = []
    unnamed = 0
    for item in query.select:
        assert isinstance(item, Item)
        field, value = group.value(item.value)
        key = item.alias
        inner = item.value.of if isinstance(item.value, Format) else item.value
        if key is None and not isinstance(inner, Path | Label):
            key = f"expr{unnamed}"
            unnamed += 1
        row.append((key or field.name, wire(field, value)))
    return row


def _belongs(field: Field, group: str) -> bool:
    return group == "ALL" or field.custom == (group == "CUSTOM")


def _compound(sobject: SObjectType, record: Record, field: Field) -> object:
    """An address or a location by its parts; null where all of them are."""
    prefix = field.name.removesuffix("__c").removesuffix("Address")
    parts = [each for each in sobject.fields if each.compound == field.name]
    named = {each.name.removeprefix(prefix).strip("_").removesuffix("__s"): each for each in parts}
    keys = {name[0].lower() + name[1:]: each for name, each in named.items()}
    if all(record[each.name] is None for each in parts):
        return None
    return {key: wire(keys[key], record[keys[key].name]) for key in sorted(keys)}


def _never_within(join: SemiJoin, value: Val) -> bool:
    raise AssertionError("no semi-join stands in HAVING")
