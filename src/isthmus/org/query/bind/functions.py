"""Binding what a query that groups nothing makes of each record: the functions of its select list.

Source: SOQL and SOSL Reference, SOQL SELECT Functions.
"""

from typing import Final

from isthmus.org.query.bind.date_functions import refuse_ungrouped
from isthmus.org.query.bind.formats import argument, formatted, is_format, misformatted, refuse_conversion
from isthmus.org.query.bind.labels import is_label, label
from isthmus.org.query.bind.scope import Scope
from isthmus.org.query.bind.unsupported import unsupported
from isthmus.org.query.bound import BoundComputed, BoundValue, field_of
from isthmus.org.query.parser.syntax import Call, FieldItem, Path
from isthmus.org.query.problem import SoqlProblem

_SELECTED: Final = frozenset({"tolabel", "format"})
"""What makes texts to be read, in lower case."""


def computed(scope: Scope, item: FieldItem, call: Call) -> BoundComputed:
    """A call of the select list. Without an alias it takes its field's place. Raises SoqlProblem."""
    value = _value(scope, call)
    if item.alias is not None:
        return BoundComputed(item.alias, scope.root, value)
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
    refuse_conversion(call)
    refuse_ungrouped(call)
    raise unsupported(f"{call.name}()", call.at)


def refuse_selected(call: Call, clause: str) -> None:
    """Raises SoqlProblem where a clause names a text that is made to be read."""
    refuse_conversion(call)
    if call.name.lower() in _SELECTED:
        raise SoqlProblem("function_misused", call.at, function=call.name, rule=f"can't be used in {clause}")
