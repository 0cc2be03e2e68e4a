"""Point reads: one record by its id. The commonest question of all skips everything but its statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Dialect
from isthmus.kernel.errors import fault
from isthmus.kernel.lru_cache import LruCache
from isthmus.org.query.bound import BoundField, Table
from isthmus.org.query.opening import Opener, opener
from isthmus.org.query.result import Shape
from isthmus.org.query.seen import inlined
from isthmus.org.query.shape import Columns, shape_of
from isthmus.org.query.sql.forms import forms
from isthmus.org.schema.model import Field, Schema, SObjectType
from isthmus.org.schema.tables import quoted, table
from isthmus.org.security.access import Access
from isthmus.org.security.sharing.predicate import RecordAccess

_ALIAS = "t0"
_PLANS_MAX: Final = 2000


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """`sql` takes an id, `many_sql` a JSON array of them and gives its rows in no order. After that both take
    the caller's id as often as `callers` says, since they give what the caller may see; and before that as
    often as `of_user` says: so many of the fields are the caller's.

    Deleted records are read too: the row's `deleted` position tells them apart.
    """

    sobject: SObjectType
    sql: str
    many_sql: str
    shape: Shape
    deleted: int
    opener: Opener | None = None
    callers: int = 0
    of_user: int = 0


class ReadPlans:
    """Makes read plans, and keeps them."""

    def __init__(self) -> None:
        self._cache: LruCache[tuple[object, ...], ReadPlan] = LruCache(_PLANS_MAX)

    def read_plan(
        self,
        schema: Schema,
        name: str,
        fields: Sequence[str] | None,
        access: Access,
        dialect: Dialect,
    ) -> ReadPlan:
        """The plan that reads records of the object `name`: the fields named and the id, or all readable
        fields. Names may be in any case.

        Faults: `resource_not_found`; `no_such_column`, for a field that there is not or that may not be read.
        """
        wanted = None if fields is None else tuple(fields)
        key = (schema.version, name, wanted, access.shape, dialect.name)
        known = self._cache.get(key)
        if known is None:
            sobject = _readable(schema, name, access)
            seen = RecordAccess(schema, access).condition(sobject, _ALIAS)
            known = _read_plan(sobject, _selected(sobject, wanted, access), dialect, access, seen)
            self._cache.put(key, known)
        return known


def _readable(schema: Schema, name: str, access: Access) -> SObjectType:
    sobject = schema.find(name)
    if sobject is None or not (sobject.retrieveable and sobject.stored and access.may_read(sobject.name)):
        raise fault("resource_not_found")
    return sobject


def _selected(sobject: SObjectType, wanted: tuple[str, ...] | None, access: Access) -> list[Field]:
    if wanted is None:
        return [each for each in sobject.fields if access.may_read(sobject.name, each.name)]
    found: dict[str, Field] = {}
    for name in (*wanted, "Id"):
        field = sobject.field(name)
        if field is None or not access.may_read(sobject.name, field.name):
            raise fault("no_such_column", field=name, entity=sobject.name)
        found.setdefault(field.name, field)
    return list(found.values())


def _read_plan(
    sobject: SObjectType, fields: Sequence[Field], dialect: Dialect, access: Access, seen: str | None
) -> ReadPlan:
    root = Table(_ALIAS, sobject, None, None, 0)
    columns = Columns()
    shape = shape_of(root, tuple(BoundField(root, field, 0) for field in fields), columns, {})
    deleted = columns.place(_ALIAS, "IsDeleted")
    selected = ", ".join(inlined(_ALIAS, each) for each in columns.sql)
    sql = f"SELECT {selected} FROM {table(sobject)} AS {_ALIAS} WHERE {_ALIAS}.{quoted('Id')}"
    only = "" if seen is None else f" AND {seen}"
    many = f"{sql} IN {forms(dialect).texts}{only}"
    opened = opener(columns.encrypted, access)
    callers = only.count("?")
    return ReadPlan(sobject, f"{sql} = ?{only}", many, shape, deleted, opened, callers, selected.count("?"))
