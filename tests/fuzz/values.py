"""Values: what the evaluator computes with: None, bool, int, float, str, `date` and `datetime`.

A time is an integer, milliseconds since midnight. How values compare is written here once more, without a
line of the query path's: text without its case, picklists in the order of their definition.

Source: SOQL and SOSL Reference, Comparison Operators, ORDER BY, Querying Multi-Select Picklists.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from isthmus.org.schema.model import TEXTS, Field, FieldType
from isthmus.org.schema.schemes import Encryption

Val: TypeAlias = bool | int | float | str | date | datetime | None
Key: TypeAlias = bool | int | float | str | date | datetime | tuple[int, str]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DECIMALS = frozenset({FieldType.DOUBLE, FieldType.CURRENCY, FieldType.PERCENT})
INTEGERS = frozenset({FieldType.INT, FieldType.LONG})


def composed(text: str) -> str:
    """A text in the form in which it is kept."""
    return unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """A text without its case."""
    return composed(composed(text).casefold())


def from_stored(field: Field, stored: object) -> Val:
    """A value of a table's column."""
    if field.type is FieldType.BOOLEAN:
        return stored == 1
    if stored is None or isinstance(stored, str):
        return stored
    assert isinstance(stored, int | float)
    if field.type is FieldType.DATE:
        return (_EPOCH + timedelta(milliseconds=stored)).date()
    if field.type is FieldType.DATETIME:
        return _EPOCH + timedelta(milliseconds=stored)
    return stored


def wire(field: Field, value: Val) -> object:
    """A value as REST answers it."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000+0000").rjust(28, "0")
    if isinstance(value, date):
        return value.isoformat()
    if field.type is FieldType.TIME and isinstance(value, int):
        seconds, thousandths = divmod(value, 1000)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}Z"
    if field.type in DECIMALS and value is not None:
        return float(value)
    return value


def is_exact(field: Field) -> bool:
    """Whether the case of a text counts."""
    if field.encryption is not None:
        return field.encryption is not Encryption.CASE_INSENSITIVE
    return field.case_sensitive


def compared(field: Field, value: Val) -> Key | None:
    """What a value is compared by."""
    if isinstance(value, str) and field.type in TEXTS and not is_exact(field):
        return folded(value)
    return value


def sorted_by(field: Field, value: Val) -> Key | None:
    """What a value is sorted by: a picklist's values as they are defined, and then those that are not."""
    if not isinstance(value, str) or field.type not in TEXTS:
        return value
    if field.type is FieldType.PICKLIST and field.picklist:
        places = {folded(each.value): place for place, each in reversed(list(enumerate(field.picklist)))}
        return places.get(folded(value), len(places)), folded(value)
    return folded(value)


def chosen(field: Field, text: str) -> str:
    """What is chosen in a multi-select picklist: each value once, in the order of their definition."""
    parts = dict.fromkeys(filter(None, folded(text).split(";")))
    order = [folded(each.value) for each in field.picklist]
    return ";".join(sorted(parts, key=lambda part: order.index(part) if part in order else len(order)))


def matches(value: str, pattern: str, *, exact: bool) -> bool:
    r"""Whether a text is like a pattern: `%` any text, `_` one character, `\%` and `\_` these themselves."""
    expression = ""
    form = composed if exact else folded
    characters = iter(form(pattern))
    for each in characters:
        if each == "%":
            expression += ".*"
        elif each == "_":
            expression += "."
        else:
            expression += re.escape(next(characters) if each == "\\" else each)
    return re.fullmatch(expression, form(value), re.DOTALL) is not None


def label_of(field: Field, value: Val) -> Val:
    """What a picklist's value is called; what is not defined is called as it is."""
    if not isinstance(value, str):
        return None
    labels = {each.value: each.label for each in field.picklist}
    if field.type is FieldType.MULTIPICKLIST:
        return ";".join(labels.get(each, each) for each in value.split(";"))
    return labels.get(value, value)
