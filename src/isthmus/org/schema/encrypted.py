"""Encrypted: which fields can be encrypted, and what is encrypted with them.

A person's name and its parts are encrypted together, by the strictest scheme among them: each tells of the
others. The registry of names holds what it knows of encrypted fields encrypted too.

Source: Salesforce Help, Which Standard Fields and Data Elements Can I Encrypt?, Which Custom Fields Can I
Encrypt?, Considerations for Using Deterministic Encryption.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from isthmus.org.schema.model import Field, FieldType, SObjectType
from isthmus.org.schema.schemes import Ciphers, Encryption

NAME_REGISTRY: Final = "Name"
_NOT_ENTERED: Final = frozenset({"Id", "IsDeleted", "Type", "Name"})
_INSTANTS: Final = frozenset({FieldType.DATE, FieldType.DATETIME})
_SHORT_TEXTS: Final = frozenset(
    {FieldType.STRING, FieldType.EMAIL, FieldType.PHONE, FieldType.URL, FieldType.TEXTAREA}
)
_STRICTNESS: Final = (Encryption.PROBABILISTIC, Encryption.CASE_SENSITIVE, Encryption.CASE_INSENSITIVE)
_OPEN_OBJECTS: Final = frozenset(
    {"Group", "Organization", "PermissionSet", "Profile", "RecordType", "User", "UserRole", NAME_REGISTRY}
)
"""Those that the platform itself reads, to let users in and to say who they are."""
SHOWN: Final = {
    ("Case", "ContactEmail"): "Contact.Email",
    ("Case", "ContactFax"): "Contact.Fax",
    ("Case", "ContactMobile"): "Contact.MobilePhone",
    ("Case", "ContactPhone"): "Contact.Phone",
}
"""Fields that show another record's: see docs/decisions/0054-fields-that-follow.md."""


def reason_against(sobject: str, field: Field, scheme: Encryption) -> str | None:
    """Why a field can't be encrypted so, as the end of a sentence; None: it can."""
    if sobject in _OPEN_OBJECTS:
        return f"no field of {sobject} can be encrypted"
    if field.calculated or field.auto_number or field.type not in _SHORT_TEXTS | _INSTANTS:
        return f"a field of type {field.type.value} can't be encrypted"
    if scheme.deterministic and (field.type in _INSTANTS or field.long_text):
        kind = "long textarea" if field.long_text else field.type.value
        return f"a {kind} field can only have the scheme {Encryption.PROBABILISTIC.value}"
    if not scheme.deterministic and (field.unique or field.external_id):
        return f"a unique or external id field can't have the scheme {scheme.value}"
    return None


def with_schemes(objects: Iterable[SObjectType]) -> tuple[SObjectType, ...]:
    """The objects, with what tells of an encrypted field encrypted as that one is."""
    objects = tuple(map(_together, objects))
    schemes = {
        f"{each.name}.{field.name}": field.encryption
        for each in objects
        for field in each.fields
        if field.encryption is not None
    }
    return tuple(_showing(each, schemes) for each in objects) if schemes else objects


def _showing(sobject: SObjectType, schemes: Mapping[str, Encryption]) -> SObjectType:
    """The object, its fields that show an encrypted field of another record encrypted alike."""
    shown = {
        name: schemes[leader]
        for (owner, name), leader in SHOWN.items()
        if owner == sobject.name and leader in schemes
    }
    if not shown:
        return sobject
    return replace(
        sobject,
        fields=tuple(
            replace(each, encryption=shown[each.name], encrypted=True) if each.name in shown else each
            for each in sobject.fields
        ),
    )


def _together(sobject: SObjectType) -> SObjectType:
    """The object, with a person's name and its parts encrypted alike."""
    parts = [each for each in sobject.fields if each.extra_type_info == "personname"]
    schemes = {each.encryption for each in parts if each.encryption is not None}
    if not schemes:
        return sobject
    scheme = next(each for each in _STRICTNESS if each in schemes)
    names = {each.name for each in parts if each.type is FieldType.STRING}
    return replace(
        sobject,
        fields=tuple(
            replace(each, encryption=scheme, encrypted=True) if each.name in names else each
            for each in sobject.fields
        ),
    )


def is_encrypted(sobject: SObjectType) -> bool:
    """Whether anything of an object is kept encrypted."""
    return sobject.stored and any(each.encryption for each in sobject.fields)


def entered(registry: SObjectType, sobject: SObjectType) -> tuple[tuple[str, str], ...]:
    """What of an object's records is entered in the registry of names: (its column, the object's field)."""
    name = sobject.name_field
    fields = [(NAME_REGISTRY, name.name)] if name else []
    fields += [
        (each.name, each.name)
        for each in registry.fields
        if each.name not in _NOT_ENTERED and sobject.field(each.name)
    ]
    return tuple(fields)


def encrypted_entries(registry: SObjectType, sobject: SObjectType) -> tuple[tuple[str, str], ...]:
    """Those of `entered` that are encrypted."""
    return tuple(
        (column, name)
        for column, name in entered(registry, sobject)
        if (field := sobject.field(name)) is not None and field.encryption is not None
    )


def with_ciphers(objects: Iterable[SObjectType], ciphers: Ciphers) -> tuple[SObjectType, ...]:
    """The objects, their encrypted fields with what closes and opens them."""
    objects = tuple(objects)
    registry = next((each for each in objects if each.name == NAME_REGISTRY), None)
    columns = frozenset(
        column
        for each in objects
        if registry is not None and is_encrypted(each)
        for column, _ in encrypted_entries(registry, each)
    )
    return tuple(_with_ciphers(each, columns, ciphers) for each in objects)


def _with_ciphers(sobject: SObjectType, columns: frozenset[str], ciphers: Ciphers) -> SObjectType:
    def cipher_of(field: Field) -> Field:
        if field.encryption is not None:
            instant = field.type in _INSTANTS
            made = ciphers.cipher(sobject.name, field.name, field.encryption, instant=instant)
        elif sobject.name == NAME_REGISTRY and field.name in columns:
            made = ciphers.entry_cipher(sobject.name, field.name)
        else:
            return field
        return replace(field, cipher=made)

    if not is_encrypted(sobject) and not (sobject.name == NAME_REGISTRY and columns):
        return sobject
    return replace(sobject, fields=tuple(map(cipher_of, sobject.fields)))


def encrypted_fields(objects: Iterable[SObjectType]) -> Iterator[tuple[SObjectType, Field]]:
    """Every field whose column holds encrypted values, those of the registry among them."""
    for sobject in objects:
        if sobject.stored:
            for field in sobject.fields:
                if field.cipher is not None:
                    yield sobject, field
