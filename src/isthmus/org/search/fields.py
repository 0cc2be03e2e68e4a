"""Fields: which objects and which of their fields are searched, and in which group a search names them.

Texts, e-mail addresses, phone numbers and web addresses are; numbers, picklists, formulas are not, nor what
is encrypted, nor what shows another record's value. Source: SOQL and SOSL Reference, IN SearchGroup;
Salesforce Help, General Shield Platform Encryption Considerations (search).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

from isthmus.kernel.lru_cache import ByIdentity
from isthmus.org.schema.encrypted import SHOWN
from isthmus.org.schema.model import Field, FieldType, SObjectType
from isthmus.org.schema.tables import is_stored
from isthmus.org.search.words import Place, words_of, words_of_html, words_of_number, words_of_phone

_KEPT: Final = 2_000
_NAMES: Final = {
    "Account": ("Website", "Site", "NameLocal"),
    "Asset": ("SerialNumber",),
    "Case": ("SuppliedName", "SuppliedCompany", "Subject"),
    "Contact": ("AssistantName", "FirstNameLocal", "LastNameLocal"),
    "Event": ("Subject",),
    "Lead": ("Company", "CompanyLocal", "FirstNameLocal", "LastNameLocal"),
    "Note": ("Title",),
    "PermissionSet": ("Label",),
    "Report": ("Description",),
    "Task": ("Subject",),
    "User": ("CommunityNickname",),
}
"""What counts as a name beside the name field. Source: SOQL and SOSL Reference, IN SearchGroup."""
_NOT_BY_API: Final = frozenset({"Attachment"})
"""Source: SOAP API Developer Guide, search()."""
_WORKED_OUT: Final = frozenset({("Opportunity", "Fiscal")})
"""Texts that are worked out from other fields, as formulas are."""
_TEXTS: Final = frozenset({FieldType.STRING, FieldType.TEXTAREA, FieldType.COMBOBOX, FieldType.URL})


class Group(Enum):
    """What a field is to searches. The value stands before its words in the index."""

    NAME = "n"
    EMAIL = "e"
    PHONE = "p"
    TEXT = "t"
    LONG = "l"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class SearchedField:
    """`words` cuts a value of the field up."""

    field: Field
    group: Group
    words: Callable[[str], list[Place]]

    @property
    def name(self) -> str:
        return self.field.name


def searched_fields(sobject: SObjectType) -> tuple[SearchedField, ...]:
    """What is searched of an object, the name first; nothing, where it is not searched at all."""
    return _searched(sobject)


def is_searched(sobject: SObjectType) -> bool:
    """Whether searches find records of the object."""
    return bool(_searched(sobject))


def _find(sobject: SObjectType) -> tuple[SearchedField, ...]:
    there = sobject.searchable and sobject.stored and sobject.queryable and sobject.key_prefix is not None
    if not there or sobject.name in _NOT_BY_API:
        return ()
    group_of = partial(_group, sobject)
    found = [
        SearchedField(each, group, _cutter(each))
        for each in sobject.fields
        if is_stored(each) and (group := group_of(each)) is not None
    ]
    return tuple(sorted(found, key=lambda each: not each.field.name_field))


_searched: Final = ByIdentity(_find, _KEPT)


def _group(sobject: SObjectType, field: Field) -> Group | None:
    """The field's group; None: it is not searched."""
    derived = (sobject.name, field.name) in SHOWN.keys() | _WORKED_OUT
    if field.encryption is not None or derived or (field.calculated and not field.auto_number):
        return None
    if field.type is FieldType.EMAIL:
        return Group.EMAIL
    if field.type is FieldType.PHONE:
        return Group.PHONE
    if field.type not in _TEXTS:
        return None
    if field.name_field or field.name in _NAMES.get(sobject.name, ()):
        return Group.NAME
    return Group.LONG if field.long_text else Group.TEXT


def _cutter(field: Field) -> Callable[[str], list[Place]]:
    if field.auto_number:
        return words_of_number
    if field.type is FieldType.PHONE:
        return words_of_phone
    return words_of_html if field.html else words_of
