"""Labels: what the values of a picklist are called, and which values are called so.

A value that the picklist does not define is its own label. Of a multi-select picklist `A;B` each value is
called by its label, and what is called `x;y` is every choice of one value for each, of those that it defines.
Source: SOQL and SOSL Reference, toLabel(); the labels are those of the schema, which knows no translations.
"""

import re
from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Final

from isthmus.kernel.database import Value
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import Field, FieldType
from isthmus.org.schema.values import fold

CHOICES_MAX: Final = 1000
"""Sets of values that labels may stand for together, where several values share one."""
_SEPARATOR: Final = ";"
_WILDCARDS: Final = {"%": ".*", "_": "."}


def labelled(field: Field) -> Callable[[Value], Value]:
    """What gives a stored value's label; null has none."""
    labels: dict[Value, str] = {each.value: each.label for each in field.picklist}
    if field.type is not FieldType.MULTIPICKLIST:
        return lambda value: labels.get(value, value)

    def each_labelled(value: Value) -> Value:
        if not isinstance(value, str):
            return None
        return _SEPARATOR.join(labels.get(part, part) for part in value.split(_SEPARATOR))

    return each_labelled


class Bearers:
    """The values of one picklist by what they are called. All texts are folded."""

    def __init__(self, field: Field) -> None:
        self._multiple = field.type is FieldType.MULTIPICKLIST
        self._order = {fold(each.value): place for place, each in enumerate(field.picklist)}
        self._by_label: dict[str, list[str]] = {}
        for each in field.picklist:
            self._by_label.setdefault(fold(each.label), []).append(fold(each.value))

    @property
    def defined(self) -> tuple[str, ...]:
        """The values that the picklist defines."""
        return tuple(self._order)

    def called(self, label: str) -> Iterator[str]:
        """The stored values that are called so. Raises SoqlProblem where they are too many."""
        if not self._multiple:
            yield from (*self._by_label.get(label, ()), *self._own(label))
            return
        wanted = dict.fromkeys(filter(None, map(str.strip, label.split(_SEPARATOR))))
        choices = [self._by_label.get(each) or self._own(each) for each in wanted]
        if prod(map(len, choices)) > CHOICES_MAX:
            raise SoqlProblem("query_too_complicated")
        for parts in product(*choices):
            yield _SEPARATOR.join(sorted(parts, key=lambda part: self._order.get(part, len(self._order))))

    def like(self, pattern: str) -> Iterator[str]:
        """The defined values whose label matches a pattern of SQL's LIKE, whose escape is a backslash."""
        wanted = re.compile(_expression(pattern), re.DOTALL)
        for label, values in self._by_label.items():
            if wanted.fullmatch(label):
                yield from values

    def _own(self, label: str) -> list[str]:
        """The value that is not defined, and so its own label."""
        return [] if label in self._order else [label]


def _expression(pattern: str) -> str:
    """
    >>> _expression("50\\\\% _%")
    '50%\\\\ ..*'
    """
    parts = re.findall(r"\\(.)|(.)", pattern, re.DOTALL)
    return "".join(
        re.escape(escaped) if escaped else _WILDCARDS.get(it, re.escape(it)) for escaped, it in parts
    )
