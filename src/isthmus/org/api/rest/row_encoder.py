"""Row encoder: the rows of a query result as the JSON of the REST API.

For each shape (and API version, which is in every record's URL) one Python function is generated that turns
a list of rows into a list of dicts, all keys and prefixes being constants in it; msgspec writes these as
bytes. Names reach the generated text through `repr` alone, values never do. An encoder is kept with its
shape, which the query path keeps with the plan, so that a query that is asked again pays for its rows only.

    {"attributes": {"type": "Contact", "url": "/services/data/v65.0/sobjects/Contact/003…"}, "Name": "John",
     "Account": {"attributes": {…}, "Name": "Acme"}, "Cases": {"totalSize": 2, "done": true, "records": […]}}

Source: REST API Developer Guide, "Execute a SOQL Query".
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec

from isthmus.kernel.lru_cache import LruCache
from isthmus.org.api.rest import paths
from isthmus.org.org import (
    Children,
    ChildRows,
    Column,
    Compound,
    Item,
    Locator,
    Parent,
    QueryResult,
    ResultRow,
    Shape,
    Typeof,
)
from isthmus.org.schema.instants import date_text, datetime_text, time_text
from isthmus.org.schema.model import FieldType
from isthmus.org.schema.parent_types import object_of

Record: TypeAlias = dict[str, Any]
ToRecords: TypeAlias = Callable[[Sequence[ResultRow]], list[Record]]

encode: Final = msgspec.json.Encoder().encode
_ENCODERS_MAX: Final = 512


@lru_cache(maxsize=4096)  # close dates, birthdays: few days are many records'
def _date(stored: int) -> str:
    return date_text(stored)


_INSTANTS: Final[Mapping[FieldType, str]] = {
    FieldType.DATE: "date({0})",
    FieldType.DATETIME: 'datetime({0}, "+0000")',
    FieldType.TIME: "time({0})",
}


class RowEncoders:
    """Encoders by shape and version, the most recently used of them.

    Shapes are told apart by identity: equal ones of different plans have an encoder each. Each is held with
    its encoder, so that its identity is not another's later.
    """

    def __init__(self) -> None:
        self._kept: LruCache[tuple[int, int], tuple[Shape, ToRecords]] = LruCache(_ENCODERS_MAX)

    def get(self, shape: Shape, version: int) -> ToRecords:
        """What makes records of rows of `shape`."""
        key = (id(shape), version)
        kept = self._kept.get(key)
        if kept is not None:
            return kept[1]
        encoder = compile_encoder(shape, version)
        self._kept.put(key, (shape, encoder))
        return encoder


ENCODERS: Final = RowEncoders()


def records_of(result: QueryResult, version: int) -> list[Record]:
    """The rows of a page as records."""
    return ENCODERS.get(result.shape, version)(result.rows)


def compile_encoder(shape: Shape, version: int) -> ToRecords:
    """Generate the function for one shape."""
    writer = _Writer(version)
    body = writer.record(shape)
    text = f"def to_records(rows):\n    return [{body} for r in rows]\n"
    exec(compile(text, f"<rows of {shape.sobject.name}>", "exec"), writer.names)
    made: ToRecords = writer.names["to_records"]
    return made


def next_page_url(version: int, locator: Locator) -> str:
    """`nextRecordsUrl`."""
    return f"{paths.root(version)}/query/{locator}"


class _Writer:
    """Writes the expression for one row `r`; `names` is what the expression refers to."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._sobjects = f"{paths.root(version)}/sobjects/"
        self.names: dict[str, Any] = {
            "date": _date,
            "datetime": datetime_text,
            "time": time_text,
            "object_of": object_of,
        }

    def record(self, shape: Shape, type_index: int | None = None) -> str:
        """A dict: the attributes, then the items in the order in which they were selected."""
        members = [f'"attributes": {self._attributes(shape, type_index)}']
        members += [f"{each.key!r}: {self._item(each, shape)}" for each in shape.items]
        return "{" + ", ".join(members) + "}"

    def _attributes(self, shape: Shape, type_index: int | None) -> str:
        if shape.id_index is None:
            return '{"type": "AggregateResult"}'
        record_id = f"r[{shape.id_index}]"
        if type_index is not None:
            kind = _object_of(type_index)
            return f'{{"type": {kind}, "url": {self._sobjects!r} + {kind} + "/" + {record_id}}}'
        name = shape.sobject.name
        return f'{{"type": {name!r}, "url": {self._sobjects + name + "/"!r} + {record_id}}}'

    def _item(self, item: Item, shape: Shape) -> str:
        match item:
            case Column():
                return self._column(item, shape)
            case Compound():
                present = " or ".join(f"r[{part.index}] is not None" for _, part in item.parts)
                members = ", ".join(f"{key!r}: {self._column(part, shape)}" for key, part in item.parts)
                return f"({{{members}}} if {present} else None)"
            case Parent():
                inner = self.record(item.shape, item.type_index)
                return f"({inner} if r[{item.present}] is not None else None)"
            case Typeof():
                inner = "None" if item.otherwise is None else self.record(item.otherwise, item.type_index)
                for kind, branch in reversed(item.branches):
                    is_of_it = f"{_object_of(item.type_index)} == {kind!r}"
                    inner = f"{self.record(branch)} if {is_of_it} else {inner}"
                return f"(({inner}) if r[{item.present}] is not None else None)"
            case Children():
                name = f"children_{len(self.names)}"
                self.names[name] = _children(compile_encoder(item.shape, self._version), self._version)
                return f"{name}(r[{item.index}])"

    def _column(self, column: Column, shape: Shape) -> str:
        value = f"r[{column.index}]"
        kind = column.field.type
        if kind is FieldType.BOOLEAN:
            if shape.id_index is None:  # a subtotal over it has none
                return f"(None if {value} is None else {value} == 1)"
            return f"{value} == 1"
        if kind in _INSTANTS:
            return f"(None if {value} is None else {_INSTANTS[kind].format(value)})"
        if kind is FieldType.BASE64 and shape.id_index is not None:
            start, end = self._sobjects + shape.sobject.name + "/", "/" + column.field.name
            return f"(None if {value} is None else {start!r} + r[{shape.id_index}] + {end!r})"
        return value


def _object_of(type_index: int) -> str:
    """The expression for the object's name of a parent of the type in that place."""
    return f"object_of(r[{type_index}])"


def _children(to_records: ToRecords, version: int) -> Callable[[ChildRows | None], Record | None]:
    """Makes the value of a child subquery: a result of its own, or null where there are no rows."""

    def children(found: ChildRows | None) -> Record | None:
        if found is None:
            return None
        page: Record = {"totalSize": found.total_size, "done": found.locator is None}
        if found.locator is not None:
            page["nextRecordsUrl"] = next_page_url(version, found.locator)
        page["records"] = to_records(found.rows)
        return page

    return children
