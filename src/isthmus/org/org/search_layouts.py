"""Search layouts: the columns in which what is found of an object is shown.

Of the objects below a new org's own are documented or known; others show their name.
Source: REST API Developer Guide, "Get Search Result Layouts for Objects".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.errors import fault
from isthmus.org.schema.model import Field, FieldType, Schema, SObjectType
from isthmus.org.security.access import Access

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "Account": ("Name", "Site", "Phone", "Owner.Alias"),
    "Case": ("CaseNumber", "Subject", "Status", "CreatedDate", "Owner.Alias"),
    "Contact": ("Name", "Account.Name", "Account.Site", "Phone", "Email", "Owner.Alias"),
    "Lead": ("Name", "Title", "Phone", "Company", "Email", "Status", "Owner.Alias"),
    "Opportunity": ("Name", "Account.Name", "Account.Site", "StageName", "CloseDate", "Owner.Alias"),
    "User": ("Name", "Title", "Phone", "Email"),
}
_FORMATS: Final = {FieldType.DATE: "date", FieldType.DATETIME: "datetime"}
_OWNER: Final = "Owner"
_OWNERS: Final = "User"


@dataclass(frozen=True, slots=True)
class LayoutColumn:
    """`field` is the object's and the field's name, `name` the path from the object that was found."""

    field: str
    format: str | None
    label: str
    name: str


@dataclass(frozen=True, slots=True)
class SearchLayout:
    """The columns of one object."""

    sobject: str
    columns: tuple[LayoutColumn, ...]


def layout(schema: Schema, access: Access, name: str) -> SearchLayout:
    """An object's layout, as far as its reader may see the fields. Fault: `no_such_object`."""
    sobject = schema.find(name)
    if sobject is None or not access.may_read(sobject.name):
        raise fault("no_such_object", sobject=name)
    own = (sobject.name_field.name,) if sobject.name_field is not None else ("Id",)
    found = (_column(schema, access, sobject, each) for each in _COLUMNS.get(sobject.name, own))
    return SearchLayout(sobject.name, tuple(each for each in found if each is not None))


def _column(schema: Schema, access: Access, sobject: SObjectType, path: str) -> LayoutColumn | None:
    relationship, _, name = path.rpartition(".")
    owner = _parent(schema, access, sobject, relationship) if relationship else sobject
    field = None if owner is None else owner.field(name)
    if owner is None or field is None or not access.may_read(owner.name, field.name):
        return None
    label = f"{sobject.label} {relationship} {name}" if relationship == _OWNER else field.label
    return LayoutColumn(f"{owner.name}.{field.name}", _FORMATS.get(field.type), label, path)


def _parent(schema: Schema, access: Access, sobject: SObjectType, relationship: str) -> SObjectType | None:
    """The object behind a relationship; of an owner, who may be a queue, the user."""
    lookup: Field | None = sobject.parent_field(relationship)
    if lookup is None or not access.may_read(sobject.name, lookup.name):
        return None
    target = _OWNERS if relationship == _OWNER else lookup.reference_to[0]
    return schema.find(target) if access.may_read(target) else None
