"""External ids: fields by whose value a record can be named, and the records that a value names."""

from collections.abc import Iterable
from typing import Final

from isthmus.kernel.database import Connection
from isthmus.kernel.errors import RowError, row_error
from isthmus.org.save.statements import in_parts
from isthmus.org.schema.model import Field, FieldType, SObjectType
from isthmus.org.schema.schemes import Encryption, FieldCipher
from isthmus.org.schema.tables import has_shadow, search_column, table
from isthmus.org.schema.values import PARSERS, Stored, fold

LOGINS: Final = frozenset({("User", "Username")})
"""Fields whose values are unique although describes don't say so, because users log in with them."""


def is_external_id(field: Field) -> bool:
    """Whether records may be named by this field: `Id`, an external id, or a field that describes call
    idLookup.
    """
    return field.external_id or field.id_lookup or field.type is FieldType.ID


def key_value(field: Field, raw: object) -> Stored:
    """The form in which the field's values are compared. Raises BadValue."""
    return comparable(field, PARSERS[field.type](field, raw))


def comparable(field: Field, value: Stored) -> Stored:
    """The form in which a stored value of the field is compared."""
    return fold(value) if isinstance(value, str) and _folded(field) else value


def find_by_value(
    connection: Connection, sobject: SObjectType, field: Field, values: Iterable[Stored]
) -> dict[Stored, tuple[str, ...]]:
    """The ids of the records that aren't deleted, by the value (see `key_value`) of the field."""
    if field.cipher is not None:
        return _find_by_token(connection, sobject, field, field.cipher, values)
    column = search_column(field)
    sql = (
        f'SELECT {column}, "Id" FROM {table(sobject)} '
        f'WHERE {column} IN ({{}}) AND "IsDeleted" = 0 ORDER BY "Id"'
    )
    found: dict[Stored, list[str]] = {}
    for value, record_id in in_parts(connection, sql, dict.fromkeys(values)):
        assert not isinstance(value, bytes)
        found.setdefault(value, []).append(str(record_id))
    return {value: tuple(ids) for value, ids in found.items()}


def duplicate_value(sobject: SObjectType, field: Field, holder: str) -> RowError:
    """The error for a value that the record `holder` has; its id has 15 characters here, as recorded."""
    if (sobject.name, field.name) in LOGINS:
        return row_error("duplicate_username", field.name)
    return row_error("duplicate_value", field=field.name, id=holder[:15])


def _find_by_token(
    connection: Connection,
    sobject: SObjectType,
    field: Field,
    cipher: FieldCipher,
    values: Iterable[Stored],
) -> dict[Stored, tuple[str, ...]]:
    """`find_by_value` for an encrypted field: a value has a token under each key."""
    tokens = {
        each: value for value in dict.fromkeys(values) if value is not None for each in cipher.tokens(value)
    }
    column = search_column(field)
    sql = (
        f'SELECT {column}, "Id" FROM {table(sobject)} '
        f'WHERE {column} IN ({{}}) AND "IsDeleted" = 0 ORDER BY "Id"'
    )
    found: dict[Stored, set[str]] = {}
    for each, record_id in in_parts(connection, sql, tokens):
        found.setdefault(tokens[str(each)], set()).add(str(record_id))
    return {value: tuple(sorted(ids)) for value, ids in found.items()}


def _folded(field: Field) -> bool:
    """Text is compared without case, unless the field, or its encryption, says that case counts."""
    if field.encryption is not None:
        return field.encryption is Encryption.CASE_INSENSITIVE
    return has_shadow(field) and not field.case_sensitive
