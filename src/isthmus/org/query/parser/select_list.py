"""The select list: fields, functions, `COUNT()`, `FIELDS()`, `TYPEOF` and child subqueries.

Source: SOQL and SOSL Reference, fieldList, TYPEOF, FIELDS().
"""

import re
from collections.abc import Callable
from typing import Final

from isthmus.org.query.parser.expressions import expression
from isthmus.org.query.parser.reader import Reader
from isthmus.org.query.parser.syntax import (
    CountAll,
    FieldItem,
    FieldsItem,
    Path,
    Query,
    SelectItem,
    SubqueryItem,
    TypeofItem,
    When,
)
from isthmus.org.query.problem import SoqlProblem

_NO_ALIASES: Final = (
    "AND ASC DESC EXCLUDES FIRST FROM GROUP HAVING IN INCLUDES LAST LIKE LIMIT NOT NULL NULLS OR SELECT "
    "USING WHERE WITH"
)
RESERVED: Final = frozenset(re.findall(r"\w+", _NO_ALIASES))
"""No alias may be one of these. Source: SOQL and SOSL Reference, Alias Notation."""


def select_list(reader: Reader, subquery: Callable[[Reader], Query]) -> tuple[SelectItem, ...]:
    """Parse the items between SELECT and FROM. Raises SoqlProblem."""
    if reader.sees("FROM"):
        raise SoqlProblem("unexpected_token", token="'SELECT FROM'")
    if reader.sees(",", "FROM"):  # a recorded answer complains of FROM
        reader.take()
    start = reader.here
    if reader.accept("COUNT", "(", ")"):
        return (CountAll(start.at),)
    items = [_item(reader, subquery)]
    while reader.accept(","):
        items.append(_item(reader, subquery))
    return tuple(items)


def _item(reader: Reader, subquery: Callable[[Reader], Query]) -> SelectItem:
    start = reader.here
    if reader.sees("FROM"):
        reader.unexpected()
    if reader.accept("("):
        reader.deeper()
        query = subquery(reader)
        reader.shallower()
        reader.expect(")")
        return SubqueryItem(query, start.at)
    if reader.sees("TYPEOF") and reader.then.is_name:
        return _typeof(reader)
    if reader.accept("FIELDS", "("):
        group = reader.name()
        reader.expect(")")
        return FieldsItem(group.word, start.at)
    return FieldItem(expression(reader), alias(reader), start.at)


def alias(reader: Reader) -> str | None:
    """Parse an alias, if one follows."""
    token = reader.here
    if not token.is_name or "." in token.text or token.word in RESERVED:
        return None
    return reader.take().text


def _typeof(reader: Reader) -> TypeofItem:
    start = reader.take()
    relationship = reader.path()
    whens = []
    while reader.sees("WHEN"):
        at = reader.take().at
        sobject = reader.name().text
        reader.expect("THEN")
        whens.append(When(sobject, _paths(reader), at))
    if not whens:
        reader.unexpected()
    otherwise = _paths(reader) if reader.accept("ELSE") else None
    reader.expect("END")
    return TypeofItem(relationship, tuple(whens), otherwise, start.at)


def _paths(reader: Reader) -> tuple[Path, ...]:
    paths = [reader.path()]
    while reader.accept(","):
        paths.append(reader.path())
    return tuple(paths)
