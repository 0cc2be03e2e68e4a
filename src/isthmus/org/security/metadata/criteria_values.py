"""Criteria values: what a condition of a sharing rule may compare a field with."""

from typing import Final

from isthmus.org.schema.model import Field, FieldType
from isthmus.org.schema.tables import has_shadow
from isthmus.org.schema.values import BadValue, parse_value

_ORDERED: Final = frozenset({"lessThan", "greaterThan", "lessOrEqual", "greaterOrEqual"})
_OF_TEXT: Final = frozenset({"contains", "notContain", "startsWith"})
_OF_CHOICES: Final = frozenset({"includes", "excludes"})


def problem_of(field: Field, operation: str, value: str | None) -> str | None:
    """Why the condition could never be met, in words that follow on the field; None where it can.

    A value with commas stands for several. Source: Metadata API Developer Guide, FilterItem.
    """
    if not field.filterable:
        return "can't be filtered by"
    if operation in _OF_TEXT:
        return None if has_shadow(field) else f"is no text: {operation} asks for one"
    if operation in _OF_CHOICES:
        chosen = field.type is FieldType.MULTIPICKLIST
        return None if chosen else f"is no multi-select picklist: {operation} asks for one"
    values = [each.strip() for each in (value or "").split(",")]
    if operation in _ORDERED and (len(values) > 1 or not values[0]):
        return f"is compared by {operation} with one value, not with {value or 'none'!r}"
    wrong = next((each for each in values if each and not _is_value(field, each)), None)
    return None if wrong is None else f"can't have the value {wrong!r}"


def _is_value(field: Field, text: str) -> bool:
    if field.type is FieldType.BOOLEAN and text in ("1", "0"):
        return True
    try:
        return parse_value(field, text) is not None
    except BadValue:
        return False
