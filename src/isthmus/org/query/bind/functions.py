"""Binding what a query that groups nothing makes of each record: the functions of its select list.

Source: SOQL and SOSL Reference, SOQL SELECT Functions.
"""

from typing import Final

from isthmus.org.query.bind.date_functions import refuse_ungrouped
from isthmus.org.query.bind.formats import argument, formatted, is_format, misformatted, refuse_conversion
from isthmus.org.query.bind.labels import is_label, label
from isthmus.org.query.bind.locations import distance, is_distance, refuse_position
from isthmus.org.query.bind.scope import Scope
from isthmus.org.query.bind.unsupported import unsupported
from isthmus.org.query.bound import BoundComputed, BoundDistance, BoundValue, field_of
from isthmus.org.query.parser.syntax import Call, FieldItem, Path
from isthmus.org.query.problem import SoqlProblem

_SELECTED: Final = frozenset({"tolabel", "format"})
"""What makes texts to be read, in lower case."""


def computed(scope: Scope, item: FieldItem, call: Call, spare: str) -> BoundComputed:
    """A call of the select list. Without an alias a text takes its field's place, anything else the `spare`
    name. Raises SoqlProblem.
    """
    value = _value(scope, call)
    if item.alias is not None:
        return BoundComputed(item.alias, scope.root, value)
    if isinstance(value, BoundDistance):
        return BoundComputed(spare, scope.root, value)
    of = field_of(value)
    return BoundComputed(of.field.name, of.table, value)


def _value(scope: Scope, call: Call) -> BoundValue:
    if is_label(call):
        return label(scope, call)
    if is_format(call):
        inner = argument(call)
        if isinstance(inner, Path):
            return formatted(call, scope.field(inner))
        raise misformatted(call)
    if is_distance(call):
        return distance(scope, call)
    refuse_conversion(call)
    refuse_position(call)
    refuse_ungrouped(call)
    raise unsupported(f"{call.name}()", call.at)


def sorted_by(scope: Scope, call: Call) -> BoundValue:
    """What a call makes of each record, to be sorted by. Raises SoqlProblem."""
    if is_distance(call):
        return distance(scope, call)
    refuse_selected(call, "ORDER BY")
    raise unsupported("ORDER BY of anything but a field", call.at)


def refuse_selected(call: Call, clause: str) -> None:
    """Raises SoqlProblem where a clause names a text that is made to be read, or a position alone."""
    refuse_conversion(call)
    refuse_position(call)
    if call.name.lower() in _SELECTED:
        raise SoqlProblem("function_misused", call.at, function=call.name, rule=f"can't be used in {clause}")
