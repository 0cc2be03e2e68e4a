"""Tables: how an object lies in the database: one table per object, one column per field, named as they are.

A text that can be filtered has a shadow column beside it, `"Name~"`, which holds the folded text and is the
one that is searched and indexed; where the text is encrypted, it holds a token of it. What this module says
is a value, a `TableLayout`: it is recorded when a table is made, so that a change of the schema is the
difference between two layouts.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from isthmus.kernel.database import Dialect
from isthmus.kernel.lru_cache import ByIdentity
from isthmus.org.schema.model import (
    COMPOUNDS,
    DECIMALS,
    INSTANTS,
    INTEGERS,
    TEXTS,
    Field,
    FieldType,
    SObjectType,
)
from isthmus.org.schema.schemes import Encryption
from isthmus.org.schema.share_objects import is_share

Kind: TypeAlias = Literal["text", "integer", "double", "flag"]

_NAME_BYTES_MAX: Final = 63
"""PostgreSQL cuts longer names off. Source: PostgreSQL documentation, Identifiers and Key Words."""
_LAYOUTS_KEPT: Final = 2_000
_STAMPS: Final = frozenset({"CreatedDate", "LastModifiedDate", "SystemModstamp"})
_NUMBERS_KEPT: Final = INTEGERS | INSTANTS


@dataclass(frozen=True, slots=True)
class Column:
    """A column, and what its field was when it was made: what a later change converts from.

    `shadow_of` is the field whose folded text a shadow column holds; `type` is then the field's too.
    """

    name: str
    kind: Kind
    type: FieldType
    shadow_of: str | None = None
    default: int | None = None
    """What a flag holds where nothing is said; None for other kinds."""
    encryption: Encryption | None = None
    """How its values are encrypted; a shadow column holds tokens then."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index over a column, and `more` behind it. `where` limits it: `live` records only, or `present`
    values only.
    """

    name: str
    column: str
    unique: bool = False
    where: Literal["live", "present"] | None = None
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableLayout:
    """A table as it is, or should be, in the database."""

    name: str
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...]


def quoted(name: str) -> str:
    """A table or column name, quoted for SQL. Names of the schema hold no quotes."""
    return f'"{name}"'


def table(sobject: SObjectType) -> str:
    """The object's table, quoted."""
    return quoted(sobject.name)


def column(field: Field) -> str:
    """The field's column, quoted."""
    return quoted(field.name)


def shadow(field: Field) -> str:
    """The field's shadow column, quoted; see `has_shadow`."""
    return quoted(shadow_name(field))


def shadow_name(field: Field) -> str:
    """The field's shadow column, as it is called."""
    return f"{field.name}~"


def is_stored(field: Field) -> bool:
    """Whether the field has a column: all but compound fields, which are put together from their parts."""
    return field.type not in COMPOUNDS


def has_shadow(field: Field) -> bool:
    """Whether a shadow column holds the field's folded text: where it is text, and can be filtered."""
    return field.type in TEXTS and field.filterable


def search_column(field: Field) -> str:
    """The column in which the field's values are looked for, quoted: the shadow, unless case counts.

    Of an encrypted field it holds tokens, by which its own scheme says whether case counts.
    """
    return quoted(_searched(field))


def kind_of(field_type: FieldType) -> Kind:
    """How values of the type are stored (see `isthmus.org.schema.values`)."""
    if field_type is FieldType.BOOLEAN:
        return "flag"
    if field_type in _NUMBERS_KEPT:
        return "integer"
    return "double" if field_type in DECIMALS else "text"


def column_type(kind: Kind, dialect: Dialect) -> str:
    """The kind's type in SQL."""
    return {"text": dialect.text, "integer": dialect.integer, "double": dialect.double, "flag": dialect.flag}[
        kind
    ]


def layout(sobject: SObjectType) -> TableLayout:
    """The object's table. It has "Id" and "IsDeleted" even where the object lacks them; shadows come last."""
    return _layouts(sobject)


def _layout(sobject: SObjectType) -> TableLayout:
    stored = [each for each in sobject.fields if is_stored(each)]
    columns = [_column(each) for each in stored]
    names = {each.name for each in columns}
    if "Id" not in names:
        columns.insert(0, Column("Id", "text", FieldType.ID))
    if "IsDeleted" not in names:
        columns.append(Column("IsDeleted", "flag", FieldType.BOOLEAN, default=0))
    columns += [
        Column(shadow_name(each), "text", each.type, shadow_of=each.name, encryption=each.encryption)
        for each in stored
        if has_shadow(each)
    ]
    indexes = _share_indexes(sobject, stored) if is_share(sobject) else _indexes(sobject, stored)
    return TableLayout(sobject.name, tuple(columns), tuple(indexes))


_layouts: Final = ByIdentity(_layout, _LAYOUTS_KEPT)


def _column(field: Field) -> Column:
    kind = "text" if field.encryption else kind_of(field.type)
    default = int(field.default_value == "true") if kind == "flag" else None
    return Column(field.name, kind, field.type, default=default, encryption=field.encryption)


def _indexes(sobject: SObjectType, stored: list[Field]) -> Iterator[Index]:
    for each in stored:
        if each.type is FieldType.ID:
            continue
        if each.unique:
            name = index_name(sobject.name, each.name, unique=True)
            yield Index(name, _searched(each), unique=True, where="live")
        elif each.type is FieldType.REFERENCE:
            where: Literal["present"] | None = "present" if each.nillable else None
            yield Index(index_name(sobject.name, each.name), each.name, where=where)
        elif each.name in _STAMPS or each.external_id or each.name_field or each.id_lookup:
            yield Index(index_name(sobject.name, each.name), _searched(each))


def _share_indexes(sobject: SObjectType, stored: list[Field]) -> Iterator[Index]:
    """Shares are looked for by their record, and by whom they are for: the second index answers who sees what
    by itself. Nobody looks for them otherwise.
    """
    record = next(each.name for each in stored if each.reference_to == (sobject.associate_parent,))
    names = (f"{sobject.associate_parent}AccessLevel", "AccessLevel")
    level = next(each.name for each in stored if each.name in names)
    yield Index(index_name(sobject.name, record), record, more=("UserOrGroupId", level))
    yield Index(index_name(sobject.name, "UserOrGroupId"), "UserOrGroupId", more=(record, level))


def _searched(field: Field) -> str:
    by_shadow = has_shadow(field) and not (field.case_sensitive and field.encryption is None)
    return shadow_name(field) if by_shadow else field.name


def index_name(sobject: str, field: str, *, unique: bool = False) -> str:
    """`i:Account.OwnerId`, or `u:Account.Ext__c` where it is unique; a long one ends in its checksum."""
    name = f"{'u' if unique else 'i'}:{sobject}.{field}"
    if len(name) <= _NAME_BYTES_MAX:
        return name
    return f"{name[: _NAME_BYTES_MAX - 9]}~{zlib.crc32(name.encode()):08x}"


def unique_field(sobject: SObjectType, constraint: str) -> Field | None:
    """The field whose unique index is called `constraint` (as in `UniqueViolation`)."""
    return next(
        (
            each
            for each in sobject.fields
            if each.unique and index_name(sobject.name, each.name, unique=True) == constraint
        ),
        None,
    )


def create_table(wanted: TableLayout, dialect: Dialect) -> str:
    """`CREATE TABLE` for a layout."""
    columns = ", ".join(column_definition(each, dialect) for each in wanted.columns)
    return f"CREATE TABLE {quoted(wanted.name)} ({columns})"


def column_definition(wanted: Column, dialect: Dialect) -> str:
    """A column as `CREATE TABLE` and `ADD COLUMN` want it."""
    definition = f"{quoted(wanted.name)} {column_type(wanted.kind, dialect)}"
    if wanted.name == "Id":
        return definition + " PRIMARY KEY NOT NULL"
    if wanted.kind == "flag":
        return f"{definition} NOT NULL DEFAULT {wanted.default or 0}"
    return definition


def create_index(table_name: str, wanted: Index) -> str:
    """`CREATE INDEX` for an index of the table."""
    unique = "UNIQUE " if wanted.unique else ""
    condition = {
        None: "",
        "live": ' WHERE "IsDeleted" = 0',
        "present": f" WHERE {quoted(wanted.column)} IS NOT NULL",
    }[wanted.where]
    return (
        f"CREATE {unique}INDEX {quoted(wanted.name)} "
        f"ON {quoted(table_name)} ({', '.join(map(quoted, (wanted.column, *wanted.more)))}){condition}"
    )
