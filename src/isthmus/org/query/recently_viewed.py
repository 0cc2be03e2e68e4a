"""Recently viewed: the rows of RecentlyViewed, worked out from the recent items of the user who asks.

They take the place of a table, so that the rest of a query is run as any other; when the user has seen a
record is read as for the record itself (`seen`). Items that are gone, that the user may not see any more, or
whose object notes no views, are left out; so are values of fields that the user may not read.
Source: Object Reference, RecentlyViewed.
"""

import json
from collections.abc import Mapping
from typing import Final

from isthmus.kernel.database import Connection, Row
from isthmus.org.query.plan import Run
from isthmus.org.query.seen import TABLE, is_marked, is_of_user
from isthmus.org.schema.encrypted import NAME_REGISTRY, entered
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.parent_types import object_of
from isthmus.org.schema.tables import has_shadow, is_stored, layout, quoted, shadow_name
from isthmus.org.schema.values import fold
from isthmus.org.security.access import Access
from isthmus.org.security.sharing.predicate import RecordAccess, within

RECENTLY_VIEWED: Final = "RecentlyViewed"
_OWN: Final = frozenset({"Id", "Type"})


class RecentRows:
    """Makes the rows, as the layout of the object has their columns. `access` is that of who asks."""

    def __init__(self, schema: Schema, sobject: SObjectType, access: Access) -> None:
        self._schema = schema
        self._sobject = sobject
        self._access = access
        self._columns = [each.name for each in layout(sobject).columns]
        registry = schema.find(NAME_REGISTRY)
        known = () if registry is None else registry.fields
        self._registry = registry
        self._entries = [each for each in known if is_stored(each) and sobject.field(each.name) is not None]

    def __call__(self, connection: Connection, run: Run) -> str:
        """A JSON array of rows."""
        if self._registry is None:
            return "[]"
        user_id = run.principal.user_id
        selected = ", ".join(f"n.{quoted(each.name)}" for each in self._entries)
        items = connection.rows(
            f'SELECT n."Type", n."Id", {selected} FROM {quoted(TABLE)} AS r '
            f'JOIN {quoted(NAME_REGISTRY)} AS n ON n."Id" = r."id" '
            'WHERE r."user_id" = ? AND n."IsDeleted" = 0',
            (user_id,),
        )
        by_object: dict[str, dict[str, Row]] = {}
        for kind, record_id, *entry in items:
            by_object.setdefault(object_of(str(kind)), {})[str(record_id)] = tuple(entry)
        rows: list[list[object]] = []
        for name, entries in by_object.items():
            rows += self._of_object(connection, name, entries, user_id)
        return json.dumps(rows)

    def _of_object(
        self, connection: Connection, name: str, entries: Mapping[str, Row], user_id: str
    ) -> list[list[object]]:
        records = RecordAccess(self._schema, self._access)
        sobject = records.find(name)
        if sobject is None or not (is_marked(sobject) and self._access.may_read(name)):
            return []
        assert self._registry is not None
        sources = dict(entered(self._registry, sobject))
        shown = [
            each.name in _OWN or (each.name in sources and self._access.may_read(name, sources[each.name]))
            for each in self._entries
        ]
        visible = within(connection, name, records.condition(sobject, "t"), entries, user_id)
        return [self._row(entries[each], shown) for each in entries if each in visible]

    def _row(self, entry: Row, shown: list[bool]) -> list[object]:
        values: dict[str, object] = {"IsDeleted": 0, "IsActive": 0}
        for field, value, may in zip(self._entries, entry, shown, strict=True):
            if may and value is not None:
                values[field.name] = value if field.cipher is None else str(field.cipher.open(value))
        for field in self._sobject.fields:
            text = values.get(field.name)
            if has_shadow(field) and isinstance(text, str) and not is_of_user(field):
                values[shadow_name(field)] = fold(text)
        return [values.get(name) for name in self._columns]
