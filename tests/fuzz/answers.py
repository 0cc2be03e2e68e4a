"""Answers: what an engine answered, in the form in which the evaluator answers."""

from collections.abc import Iterator, Sequence

from tests.fuzz.evaluate import Answer, Row

from isthmus.org.query.result import (
    Children,
    ChildRows,
    Column,
    Compound,
    QueryResult,
    ResultRow,
    Shape,
    Typeof,
)
from isthmus.org.schema.values import JSON_FORMS


def answered(pages: Sequence[QueryResult]) -> Answer:
    """A whole result, of its pages."""
    [total] = {each.total_size for each in pages}
    return Answer(total, [_row(page.shape, each) for page in pages for each in page.rows])


def _row(shape: Shape, row: ResultRow) -> Row:
    return list(_items(shape, row))


def _items(shape: Shape, row: ResultRow) -> Iterator[tuple[str, object]]:
    for item in shape.items:
        match item:
            case Column():
                value = _value(item, row)
                yield item.key, None if row[item.index] is None and shape.id_index is None else value
            case Compound():
                parts = {key: _value(part, row) for key, part in item.parts}
                yield item.key, None if set(parts.values()) == {None} else parts
            case Children():
                children = row[item.index]
                assert children is None or isinstance(children, ChildRows)
                if children is None:
                    yield item.key, None
                else:
                    assert children.locator is None
                    yield item.key, (children.total_size, [_row(item.shape, each) for each in children.rows])
            case Typeof():
                yield item.key, _of_type(item, row)
            case _ if row[item.present] is None:
                yield item.key, None
            case _:
                kind = [] if item.type_index is None else [("@type", row[item.type_index])]
                yield item.key, [*kind, *_row(item.shape, row)]


def _of_type(item: Typeof, row: ResultRow) -> Row | None:
    kind = row[item.type_index]
    shape = dict(item.branches).get(str(kind), item.otherwise)
    if row[item.present] is None or shape is None:
        return None
    return [("@type", kind), *_row(shape, row)]


def _value(column: Column, row: ResultRow) -> object:
    value = row[column.index]
    assert not isinstance(value, bytes | ChildRows)
    return JSON_FORMS[column.field.type](value)
