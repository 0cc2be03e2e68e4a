"""Rendering: what a stored value is answered as where a function asks for a text of it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

from isthmus.kernel.database import Row, Value
from isthmus.org.query.bound import BoundFormat, BoundLabel, BoundValue, Grouping
from isthmus.org.query.labels import labelled
from isthmus.org.query.opening import Opener
from isthmus.org.schema.model import Field
from isthmus.org.security.principal import Principal

Render: TypeAlias = Callable[[Principal], Callable[[Value], Value]]
"""What makes the answer of a stored value, for one user."""
Finisher: TypeAlias = Callable[[Principal], Opener]
"""What makes the rows that a user is answered of those that a statement gives."""


def rendered(value: BoundValue) -> Render | None:
    """What makes a value's answer; None: it is answered as it is."""
    if isinstance(value, BoundLabel):
        label = labelled(value.of.field)
        return lambda _: label
    if isinstance(value, BoundFormat):
        return partial(_formatted, value.like)
    return None


def _formatted(field: Field, principal: Principal) -> Callable[[Value], Value]:
    from isthmus.org.query.locale_formats import formatted

    return formatted(field, principal.locale, principal.time_zone)


def renders(grouping: Grouping) -> dict[int, Render]:
    """What makes the answers of an aggregate query, by their places in the row."""
    return {
        place: render
        for place, item in enumerate(grouping.items)
        if (render := rendered(item.value)) is not None
    }


def finisher(opener: Opener | None, renders: Mapping[int, Render]) -> Finisher | None:
    """What finishes rows: opens them, and renders the values in these places. None: rows are answered as they
    are.
    """
    if not renders:
        return None if opener is None else lambda _: opener

    def finish(principal: Principal) -> Opener:
        cells = [(place, render(principal)) for place, render in renders.items()]

        def finished(row: Row) -> Row:
            values = list(row if opener is None else opener(row))
            for place, cell in cells:
                values[place] = cell(values[place])
            return tuple(values)

        return finished

    return finish
