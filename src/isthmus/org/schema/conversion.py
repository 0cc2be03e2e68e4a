"""Conversion: a stored value of one field type as one of another, when a field changes its type."""

from typing import Final

from isthmus.org.schema.model import DECIMALS, INTEGERS, Field, FieldType
from isthmus.org.schema.values import BadValue, Reason, Stored, parse_value, text_value

_NUMBERS: Final = DECIMALS | INTEGERS


def convert(value: Stored, old: FieldType, new: Field) -> Stored:
    """The value, stored for a field of type `old`, as `new` stores it. Raises BadValue where there is none.

    It goes by way of the text that people write: a number without a needless point, a datetime's day, 0 and 1
    for a checkbox.
    """
    if value is None:
        return parse_value(new, None)
    converted = parse_value(new, _written(value, old, new.type))
    if converted is None:
        raise BadValue(Reason.WRONG_TYPE, value)
    return converted


def _written(value: Stored, old: FieldType, new: FieldType) -> str | None:
    if old in _NUMBERS or (old is FieldType.BOOLEAN and new in _NUMBERS):
        number = float(value or 0)
        return str(int(number)) if number.is_integer() else repr(number)
    text = text_value(Field("", "", old), value)
    if text is not None and old is FieldType.DATETIME and new is FieldType.DATE:
        return text[:10]
    return text
