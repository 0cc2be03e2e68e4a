"""Expressions: what a field, or an aggregate of one, is in SQL.

Each has three faces: in which its values are compared (`searched`), in which they are sorted (`folded`: case
does not count), and in which they are answered (`shown`).
"""

from isthmus.org.query.bound import BoundAggregate, BoundField, BoundValue
from isthmus.org.query.sql.forms import Forms
from isthmus.org.schema.model import DECIMALS, FieldType
from isthmus.org.schema.tables import column as own_column
from isthmus.org.schema.tables import has_shadow, search_column, shadow

_EXTREMES = ("MIN", "MAX")


def plain(field: BoundField) -> str:
    """The column of a field's own values."""
    return f"{field.table.alias}.{own_column(field.field)}"


def boolean(field: BoundField) -> str:
    """A boolean of a parent that is not there is false. Source: SOQL and SOSL Reference, Boolean Fields."""
    return f"COALESCE({plain(field)}, 0)" if field.table.outer else plain(field)


def group_keys(field: BoundField) -> tuple[str, ...]:
    """What rows are grouped by for a field: as its values are compared, so that case rarely counts."""
    return tuple(dict.fromkeys((_searched(field), _folded(field))))


def shown_of_group(field: BoundField) -> str:
    """The value of a grouped field; of those that differ in case, the first."""
    keys = group_keys(field)
    if plain(field) in keys or field.field.type is FieldType.BOOLEAN:
        return keys[0]
    return f"MIN({plain(field)})"


class Expressions:
    """Writes values for one dialect."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms

    def searched(self, value: BoundValue) -> str:
        """In which values are compared."""
        if isinstance(value, BoundField):
            return _searched(value)
        if value.function in _EXTREMES:
            return f"{value.function}({_searched(value.of)})"
        return self._number(value)

    def folded(self, value: BoundValue) -> str:
        """In which case does not count."""
        if isinstance(value, BoundField):
            return _folded(value)
        if value.function in _EXTREMES:
            return f"{value.function}({_folded(value.of)})"
        return self._number(value)

    def shown(self, value: BoundAggregate) -> str:
        """An aggregate's value as it is answered."""
        if value.function not in _EXTREMES:
            return self._number(value)
        least = f"{value.function}({plain(value.of)})"
        if _folded(value.of) == plain(value.of):
            return least
        return self._forms.of_extreme.format(
            function=value.function, folded=_folded(value.of), plain=plain(value.of)
        )

    def _number(self, value: BoundAggregate) -> str:
        column = _searched(value.of)
        decimal = value.of.field.type in DECIMALS
        total = (self._forms.sum if decimal else self._forms.whole_sum).format(
            column=column, scale=value.of.field.scale
        )
        match value.function:
            case "COUNT":
                return f"COUNT({column})"
            case "COUNT_DISTINCT":
                return f"COUNT(DISTINCT {column})"
            case "SUM":
                return total
            case _:
                return f"{total if decimal else f'CAST({total} AS DOUBLE PRECISION)'} / COUNT({column})"


def _searched(field: BoundField) -> str:
    if field.field.type is FieldType.BOOLEAN:
        return boolean(field)
    return f"{field.table.alias}.{search_column(field.field)}"


def _folded(field: BoundField) -> str:
    return f"{field.table.alias}.{shadow(field.field)}" if has_shadow(field.field) else _searched(field)
