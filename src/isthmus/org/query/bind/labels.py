"""Binding toLabel(): the labels of picklists, and the names of record types.

Source: SOQL and SOSL Reference, toLabel().
"""

from typing import Final

from isthmus.org.query.bind.scope import Scope
from isthmus.org.query.bound import BoundField, BoundLabel
from isthmus.org.query.parser.syntax import Call, Expression, Path
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import Field, FieldType

_FUNCTION: Final = "toLabel"
_CHOICES: Final = frozenset({FieldType.PICKLIST, FieldType.MULTIPICKLIST, FieldType.COMBOBOX})
_RECORD_TYPE: Final = "RecordType"


def is_label(expression: Expression) -> bool:
    """Whether an expression is toLabel(), of whatever."""
    return isinstance(expression, Call) and expression.name.lower() == _FUNCTION.lower()


def label(scope: Scope, call: Call) -> BoundLabel:
    """A label that is selected. Raises SoqlProblem where what it is of has none."""
    argument = call.arguments[0] if len(call.arguments) == 1 else None
    if not isinstance(argument, Path):
        raise _misused(call)
    of = scope.field(argument)
    if of.field.type not in _CHOICES and not _is_record_type_name(of):
        raise _misused(call)
    return BoundLabel(of, Field(str(call), str(call), of.field.type, picklist=of.field.picklist), call.at)


def filtered_label(scope: Scope, call: Call) -> BoundLabel:
    """A label that is compared: not that of a record type, which is found by its name alone."""
    found = label(scope, call)
    if _is_record_type_name(found.of) or not found.of.field.filterable:
        raise SoqlProblem("field_not_filterable", found.of.at, field=found.of.field.name)
    return found


def _is_record_type_name(of: BoundField) -> bool:
    return of.table.sobject.name == _RECORD_TYPE and of.field.name_field


def _misused(call: Call) -> SoqlProblem:
    rule = "takes a picklist field, or the name of a record type"
    return SoqlProblem("function_misused", call.at, function=_FUNCTION, rule=rule)
