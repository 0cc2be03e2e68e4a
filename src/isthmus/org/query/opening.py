"""Opening: the encrypted values of a row put in the place of what its columns hold.

Classic encrypted text is masked for who may not view encrypted data: that is a right, and rights are part of
a plan's key. Shield's encryption hides nothing from users.
Source: Salesforce Help, Classic Encryption for Custom Fields (mask types).
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from isthmus.kernel.database import Row, Value
from isthmus.org.query.authorize import inner_queries
from isthmus.org.query.bound import BoundField, BoundQuery, Grouping
from isthmus.org.schema.model import Field, FieldType
from isthmus.org.schema.schemes import UNREADABLE_TEXT, FieldCipher, Unreadable
from isthmus.org.security.access import Access

Opener: TypeAlias = Callable[[Row], Row]

VIEW_ENCRYPTED_DATA: Final = "ViewEncryptedData"
_CHARACTERS: Final = {"asterisk": "*", "x": "X"}
_LAST: Final = 4
_SSN_HIDDEN: Final = 5


def opener(encrypted: Mapping[int, Field], access: Access) -> Opener | None:
    """What opens rows whose encrypted fields are in these places; None where there are none."""
    if not encrypted:
        return None
    clear = access.has(VIEW_ENCRYPTED_DATA)
    cells = tuple((place, _cell(field, clear)) for place, field in encrypted.items())

    def open_row(row: Row) -> Row:
        values = list(row)
        for place, open_cell in cells:
            values[place] = open_cell(values[place])
        return tuple(values)

    return open_row


def grouped(grouping: Grouping) -> dict[int, Field]:
    """The encrypted fields by which groups are made, by their places in the row."""
    return {
        place: item.value.field
        for place, item in enumerate(grouping.items)
        if isinstance(item.value, BoundField) and item.value.field.cipher is not None
    }


def keeper(query: BoundQuery) -> FieldCipher | None:
    """What closes the query's text before it is kept: the cipher of an encrypted field that it names, be it
    in a query within it.
    """
    for named in query.named:
        if named.field.encryption is not None:
            return named.field.cipher
    inner = map(keeper, inner_queries(query))
    return next((each for each in inner if each is not None), None)


def _cell(field: Field, clear: bool) -> Callable[[Value], Value]:
    cipher = field.cipher
    assert cipher is not None
    if field.type is not FieldType.ENCRYPTED or clear:

        def shown(kept: Value) -> Value:
            value = cipher.open(kept)
            return UNREADABLE_TEXT if isinstance(value, Unreadable) else value

        return shown
    character = _CHARACTERS.get(field.mask or "", "*")

    def masked(kept: Value) -> Value:
        value = cipher.open(kept)
        return None if value is None else mask(str(value), field.mask_type or "all", character)

    return masked


def mask(text: str, mask_type: str, character: str) -> str:
    """A text as it is shown to who may not see it.

    >>> mask("4111111111111111", "creditCard", "X"), mask("123456789", "ssn", "*")
    ('XXXX-XXXX-XXXX-1111', '***-**-6789')
    """
    match mask_type:
        case "lastFour" | "sin":
            return _hidden(text, len(text) - _LAST, character)
        case "creditCard":
            return _grouped(_hidden(text, len(text) - _LAST, character), (4, 4, 4), "-")
        case "ssn":
            return _grouped(_hidden(text, max(_SSN_HIDDEN, len(text) - _LAST), character), (3, 2), "-")
        case "nino":
            return _grouped(character * len(text), (2, 2, 2, 2), " ")
        case _:
            return character * len(text)


def _hidden(text: str, count: int, character: str) -> str:
    count = min(max(count, 0), len(text))
    return character * count + text[count:]


def _grouped(text: str, sizes: tuple[int, ...], separator: str) -> str:
    parts = []
    for size in sizes:
        parts.append(text[:size])
        text = text[size:]
    return separator.join(filter(None, [*parts, text]))
