"""Expressions: what a field, or a function of one, is in SQL.

Each has three faces: in which its values are compared (`searched`), in which they are sorted (`folded`: case
does not count), and in which they are answered (`shown`).
"""

from isthmus.org.query.bound import (
    BoundAggregate,
    BoundDatePart,
    BoundDistance,
    BoundField,
    BoundFormat,
    BoundGrouping,
    BoundKey,
    BoundLabel,
    BoundValue,
    is_same,
)
from isthmus.org.query.seen import alias_of
from isthmus.org.query.sql.date_parts import date_part
from isthmus.org.query.sql.distances import distance
from isthmus.org.query.sql.forms import Forms
from isthmus.org.query.sql.givens import Givens
from isthmus.org.schema.model import DECIMALS, FieldType
from isthmus.org.schema.tables import column as own_column
from isthmus.org.schema.tables import has_shadow, kind_of, search_column, shadow
from isthmus.org.schema.values import fold

_EXTREMES = ("MIN", "MAX")
_PLACE_DIGITS = 4
_SCALE_MAX = 12
"""So far a sum is exact in a double, be its values degrees, which have three digits before the point."""


def plain(field: BoundField) -> str:
    """The column of a field's own values."""
    return f"{alias_of(field.table.alias, field.field)}.{own_column(field.field)}"


def boolean(field: BoundField) -> str:
    """A boolean of a parent that is not there is false. Source: SOQL and SOSL Reference, Boolean Fields."""
    return f"COALESCE({plain(field)}, 0)" if field.table.outer else plain(field)


class Expressions:
    """Writes values for one statement, which is in `forms`' dialect, and joins what the run gives it.

    `over`: what its rows are subtotals over, which is null there; `by`: what they are grouped by.
    """

    def __init__(self, forms: Forms, over: tuple[BoundKey, ...] = (), by: tuple[BoundKey, ...] = ()) -> None:
        self.forms = forms
        self.givens = Givens()
        self._over = over
        self._by = by

    def searched(self, value: BoundValue) -> str:
        """In which values are compared."""
        match value:
            case BoundField() | BoundDatePart() if self._is_total(value):
                return self.forms.nulls[kind_of(value.field.type)]
            case BoundField():
                return _searched(value)
            case BoundDatePart():
                return date_part(value, _searched(value.of), self.forms, self.givens)
            case BoundGrouping():
                return str(int(self._is_total(value.of)))
            case BoundLabel() | BoundFormat():
                return self.searched(value.of)
            case BoundDistance():
                return distance(value, self.forms, self.givens)
        if value.function not in _EXTREMES:
            return self._number(value)
        if _folded(value.of) != _searched(value.of):
            return self.shown(value)
        ranked = self._ranked(value.of)
        found = f"{value.function}({ranked})"
        return found if ranked == _searched(value.of) else f"substr({found}, {_PLACE_DIGITS + 1})"

    def folded(self, value: BoundValue) -> str:
        """In which case does not count."""
        if isinstance(value, BoundField) and not self._is_total(value):
            return _folded(value)
        if isinstance(value, BoundAggregate) and value.function in _EXTREMES:
            return f"{value.function}({self._ranked(value.of)})"
        return self.searched(value)

    def group_keys(self, key: BoundKey) -> tuple[str, ...]:
        """What rows are grouped by: values as they are compared, so that case rarely counts."""
        return tuple(dict.fromkeys((self.searched(key), self.folded(key))))

    def shown(self, value: BoundValue) -> str:
        """An aggregate query's value as it is answered; of a group's that differ in case, the first."""
        match value:
            case BoundLabel() | BoundFormat():
                return self.shown(value.of)
            case BoundField() if not self._is_total(value):
                keys = self.group_keys(value)
                if plain(value) in keys or value.field.type is FieldType.BOOLEAN:
                    return keys[0]
                return f"MIN({plain(value)})"
            case BoundField() | BoundDatePart() | BoundGrouping() | BoundDistance():
                return self.searched(value)
        if value.function not in _EXTREMES:
            return self._number(value)
        least = f"{value.function}({plain(value.of)})"
        if _folded(value.of) == plain(value.of):
            return least
        return self.forms.of_extreme.format(
            function=value.function, folded=self._ranked(value.of), plain=plain(value.of)
        )

    def computed(self, value: BoundValue) -> str:
        """What a record's value is made of, in a query that groups nothing."""
        of = value.of if isinstance(value, BoundLabel | BoundFormat) else value
        return plain(of) if isinstance(of, BoundField) else self.searched(of)

    def _ranked(self, field: BoundField) -> str:
        """By what MIN and MAX compare: of a picklist its values' places, then the values that have none.

        Source: SOQL and SOSL Reference, Aggregate Functions, MIN() and MAX().
        """
        column = _folded(field)
        picklist = field.field.picklist
        if field.field.type is not FieldType.PICKLIST or not picklist:
            return column
        places = {fold(each.value): place for place, each in reversed(list(enumerate(picklist)))}
        whens = "".join(
            f" WHEN {self.forms.constant.format(hex=text.encode().hex())} THEN '{place:0{_PLACE_DIGITS}}'"
            for text, place in places.items()
        )
        return f"CASE {column}{whens} ELSE '{len(picklist):0{_PLACE_DIGITS}}' END || {column}"

    def flag(self, value: BoundValue) -> str:
        """A boolean as it is compared: never null, not even in a subtotal over it."""
        if isinstance(value, BoundField) and self._is_total(value):
            return "0"
        return self.searched(value)

    def _is_total(self, key: BoundKey) -> bool:
        """Whether the rows are subtotals over a key, or over the date that it is a part of."""
        if any(is_same(key, each) for each in self._by):
            return False
        if isinstance(key, BoundDatePart) and self._is_total(key.of):
            return True
        return any(is_same(key, each) for each in self._over)

    def _number(self, value: BoundAggregate) -> str:
        column = _searched(value.of)
        decimal = value.of.field.type in DECIMALS
        total = (self.forms.sum if decimal else self.forms.whole_sum).format(
            column=column, scale=min(value.of.field.scale, _SCALE_MAX)
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
    return f"{alias_of(field.table.alias, field.field)}.{search_column(field.field)}"


def _folded(field: BoundField) -> str:
    return f"{field.table.alias}.{shadow(field.field)}" if has_shadow(field.field) else _searched(field)
