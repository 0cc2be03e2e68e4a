"""Binding a query of UserRecordAccess: which user, which records, and what it may not be besides.

Source: Object Reference, UserRecordAccess, usage.
"""

from dataclasses import replace
from typing import Final

from isthmus.org.query.bind.named_values import conjuncts, named_values, own_field
from isthmus.org.query.bound import AccessAsked, All, BoundCondition, BoundField, BoundQuery
from isthmus.org.query.parser.syntax import Literal
from isthmus.org.query.problem import SoqlProblem

RECORD_ACCESS: Final = "UserRecordAccess"
_USER: Final = "UserId"
_RECORD: Final = "RecordId"
_LEVELS: Final = frozenset(
    {"HasReadAccess", "HasEditAccess", "HasDeleteAccess", "HasTransferAccess", "HasAllAccess"}
)
_SELECTED: Final = _LEVELS | {_RECORD, "MaxAccessLevel"}


def access_asked(query: BoundQuery) -> BoundQuery:
    """The query with what it asks of taken out of its condition. Raises SoqlProblem."""
    at = query.root.at
    users: list[Literal] = []
    records: list[tuple[Literal, ...]] = []
    levels: list[BoundCondition] = []
    for part in conjuncts(query.where):
        name = own_field(part)
        given = named_values(part)
        if name == _USER and given is not None and len(given) == 1 and not given[0].run:
            users += given
        elif name == _RECORD and given is not None:
            records.append(given)
        elif name in _LEVELS:
            levels.append(part)
        else:
            raise _malformed(at)
    if len(users) != 1 or len(records) != 1:
        raise _malformed(at)
    _check_fields(query, only_record=bool(levels))
    where = All(tuple(levels)) if levels else None
    return replace(query, where=where, record_access=AccessAsked(users[0], records[0], at))


def _check_fields(query: BoundQuery, *, only_record: bool) -> None:
    selected = [item for item in query.items if isinstance(item, BoundField)]
    names = {each.field.name for each in selected if not each.table.outer}
    if _RECORD not in names:
        raise SoqlProblem("record_access_without_record")
    allowed = {_RECORD} if only_record else _SELECTED
    if len(selected) < len(query.items) or any(
        each.table.outer or each.field.name not in allowed for each in selected
    ):
        raise SoqlProblem("record_access_fields", allowed=", ".join(sorted(allowed)))
    for order in query.order_by:
        own = isinstance(order.field, BoundField) and not order.field.table.outer
        if not own or order.field.field.name not in names:
            raise SoqlProblem("record_access_fields", allowed=", ".join(sorted(names)))


def _malformed(at: int) -> SoqlProblem:
    return SoqlProblem("record_access_malformed", at)
