"""Predicate: the condition that a record is one of those that a user may read, edit, hand on or delete.

Its text depends on the schema and on what the user's rights leave to sharing, never on the user: each `?` in
it stands for the user's id.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Set
from enum import Enum
from typing import Final

from isthmus.kernel.database import Connection
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.tables import quoted
from isthmus.org.security.access import Access
from isthmus.org.security.sharing.lists import values_of
from isthmus.org.security.sharing.model import (
    ChildLink,
    Level,
    ParentLink,
    RecordModel,
    ShareTable,
    SharingModel,
    sharing_model,
)

NEVER: Final = "1 = 0"
_TRANSFERS: Final = {"Lead": "TransferAnyLead", "Case": "TransferAnyCase"}
_TRANSFERS_ALL: Final = "TransferAnyEntity"
REGISTRY: Final = "Name"
"""What polymorphic lookups are joined to: records of any object."""
_GRANTEES: Final = '(SELECT "grantee_id" FROM "isthmus_grantees" WHERE "user_id" = ?)'
_ROWS: Final = {
    Level.READ: "",
    Level.EDIT: " AND s.{level} IN ('All', 'Edit')",
    Level.TRANSFER: " AND s.{level} = 'All'",
    Level.ALL: " AND s.{level} = 'All'",
}
_SEVERAL: Final = "substr({column}, 1, 3)"


class Form(Enum):
    """How a condition finds out what is shared with the user. Each `?` means the same in all of them.

    `ASKED`: of each record its shares are asked for those of the user: quickest where few records are looked
    at. `LISTED`: all that is shared with the user is listed: where all records are looked at. `SWEPT`: the
    user's grantees are listed, and of each record all shares are compared with them: where all records are
    looked at and the user sees most of them; for SQLite alone.
    """

    ASKED = "asked"
    LISTED = "listed"
    SWEPT = "swept"


class RecordAccess:
    """The conditions for users with one access, over one schema, in one form."""

    def __init__(self, schema: Schema, access: Access, form: Form = Form.ASKED) -> None:
        self._schema = schema
        self._shared = _FORMS[form]
        self._access = access
        self._model: SharingModel = sharing_model(schema)

    def find(self, name: str) -> SObjectType | None:
        """The object of that name, where its records are kept."""
        found = self._schema.find(name)
        return found if found is not None and found.stored else None

    def condition(
        self, sobject: SObjectType, alias: str, level: Level = Level.READ, *, having: Set[str] = frozenset()
    ) -> str | None:
        """That the record of the table `alias` may be read, or more; None: every record may.

        `having`: lookups that are known to refer to something.
        """
        return self._condition(sobject, alias, level, frozenset(), having)

    def transfer(self, sobject: SObjectType, alias: str) -> str | None:
        """That the record `alias`, which may be edited, may be given another owner; None: every one may."""
        hands_on = {_TRANSFERS_ALL, _TRANSFERS.get(sobject.name, _TRANSFERS_ALL)}
        if any(map(self._access.has, hands_on)):
            return None
        return self.condition(sobject, alias, Level.TRANSFER)

    def decided_by(self, sobject: SObjectType) -> ShareTable | None:
        """The shares, its own or its parent's, that decide who reads a record of the object; None: something
        else does.
        """
        model = self._model.of(sobject)
        if self._is_exempt(sobject, Level.READ) or model.open >= Level.READ:
            return None
        if _is_only_way(model) and len(model.parents[0].targets) == 1:
            parent = self.find(model.parents[0].targets[0])
            return None if parent is None else self.decided_by(parent)
        return model.shares

    def implies(self, child: SObjectType, field: str) -> bool:
        """Whether who reads a record of `child` may read the one it refers to by `field`."""
        model = self._model.of(child)
        link = _single(model, field)
        if link is None or self._is_exempt(child, Level.READ) or model.open >= Level.READ:
            return False
        target = self.find(link.targets[0])
        if target is None or self._model.of(target).private is not None:
            return False
        return link.gives.get(Level.READ) is not None and (model.every_parent or _is_only_way(model))

    def follows(self, child: SObjectType, field: str) -> bool:
        """Whether who reads a record may read those of `child` that refer to it by `field`."""
        model = self._model.of(child)
        if model.private is not None or (model.every_parent and len(model.parents) > 1):
            return False
        link = _single(model, field)
        return link is not None and link.gives.get(Level.READ) is Level.READ

    def reaching(self, target: SObjectType, alias: str, child: SObjectType, field: str) -> str | None:
        """That the record `alias` of `target` may be referred to by `field` of a new record of `child`.

        Who makes a record below another needs of that what they need to edit the record; of others, that they
        see them.
        """
        model = self._model.of(child)
        needed = next((each.gives.get(Level.EDIT) for each in model.parents if each.field == field), None)
        return self.condition(target, alias, needed or Level.READ)

    def named(self, targets: tuple[str, ...], alias: str) -> str | None:
        """That the record which the registry's row `alias` names, of one of the `targets`, may be read."""
        return self._any_of(f"{alias}.{quoted('Id')}", targets, Level.READ, frozenset())

    def _condition(
        self,
        sobject: SObjectType,
        alias: str,
        level: Level,
        above: frozenset[str],
        having: Set[str] = frozenset(),
    ) -> str | None:
        model = self._model.of(sobject)
        found: str | None = None
        if not self._is_exempt(sobject, level) and model.open < level:
            found = self._reach(model, sobject, alias, level, above, having)
        if model.private is None or self._access.may_modify_all(sobject.name):
            return found
        private = f"({alias}.{quoted(model.private)} = 0 OR {alias}.{quoted('OwnerId')} = ?)"
        return private if found is None else f"({found} AND {private})"

    def _reach(
        self,
        model: RecordModel,
        sobject: SObjectType,
        alias: str,
        level: Level,
        above: frozenset[str],
        having: Set[str],
    ) -> str | None:
        """That one of the model's ways leads to the record; None: one leads to every record."""
        ways: list[str] = []
        if model.shares is not None:
            ways.append(self._shared(model.shares, f"{alias}.{quoted('Id')}", level))
        owner = f"{alias}.{quoted('OwnerId')}"
        if model.owned:
            ways.append(f"{owner} IN {_GRANTEES}")
        parents = self._by_parents(model, alias, level, above | {sobject.name})
        if parents is None:
            return None
        ways += parents
        if model.links is not None:
            ways += self._by_links(model.links, alias, level, above | {sobject.name})
        if model.alone is not None:
            ways.append(f"{alias}.{quoted(model.alone)} = ?")
        if model.orphans_owned and having.isdisjoint(each.field for each in model.parents):
            ways.append(f"({_without_parents(model, alias)} AND {owner} = ?)")
        return _either(ways)

    def _by_links(self, link: ChildLink, alias: str, level: Level, above: frozenset[str]) -> list[str]:
        """That a link leads to the record. It says whether who sees it may edit as well (`C`), or who may
        edit what it links to (`I`, inferred).

        Source: Object Reference, ContentDocumentLink, ShareType.
        """
        child = self._schema[link.sobject]
        inner = f"r{len(above)}"
        seen = self._condition(child, inner, Level.READ, above) or "1 = 1"
        if level > Level.EDIT:
            return []
        if level > Level.READ:
            edited = self._condition(child, inner, Level.EDIT, above) or "1 = 1"
            kind = f"{inner}.{quoted('ShareType')}"
            seen = f"(({kind} = 'C' AND {seen}) OR ({kind} = 'I' AND {edited}))"
        return [
            f"EXISTS (SELECT 1 FROM {quoted(child.name)} AS {inner} WHERE "
            f"{inner}.{quoted(link.field)} = {alias}.{quoted('Id')} AND {inner}.{quoted('IsDeleted')} = 0 "
            f"AND {seen})"
        ]

    def _is_exempt(self, sobject: SObjectType, level: Level) -> bool:
        if level is Level.READ:
            return self._access.may_view_all(sobject.name)
        return self._access.may_modify_all(sobject.name)

    def _by_parents(
        self, model: RecordModel, alias: str, level: Level, above: frozenset[str]
    ) -> list[str] | None:
        """The conditions of which one has to hold; None: one always does."""
        found: list[str | None] = []
        for link in model.parents:
            wanted = link.gives.get(level)
            if wanted is not None:
                found.append(self._through(link, alias, wanted, above))
        if model.every_parent:
            every = [each for each in found if each is not None]
            return [f"({' AND '.join(every)})"] if every else None
        if any(each is None for each in found):
            return None
        return [each for each in found if each is not None]

    def _through(self, link: ParentLink, alias: str, level: Level, above: frozenset[str]) -> str | None:
        """That the parent may be reached. One that is not there can't."""
        column = f"{alias}.{quoted(link.field)}"
        condition = self._any_of(column, link.targets, level, above, link.only_themselves)
        if condition is None:
            return f"{column} IS NOT NULL" if link.nillable and not link.orphans else None
        return f"({column} IS NULL OR {condition})" if link.orphans else condition

    def _any_of(
        self,
        column: str,
        targets: tuple[str, ...],
        level: Level,
        above: frozenset[str],
        only_themselves: tuple[str, ...] = (),
    ) -> str | None:
        """That the record whose id is in `column`, of one of the targets, may be reached."""
        limited: dict[str, str] = {}
        several = len(targets) > 1
        for name in targets:
            target = self._schema.find(name)
            if target is None or not target.stored:
                continue
            if name in only_themselves:
                condition: str | None = f"{column} = ?"
            else:
                condition = NEVER if name in above else self._reached(target, column, level, above)
            if condition is not None:
                limited[target.key_prefix or ""] = condition
        if not limited:
            return None
        if not several:
            return next(iter(limited.values()))
        prefix = _SEVERAL.format(column=column)
        known = ", ".join(f"'{each}'" for each in sorted(limited))
        ways = [f"{prefix} NOT IN ({known})"]
        ways += [f"({prefix} = '{each}' AND {condition})" for each, condition in sorted(limited.items())]
        return _either(ways)

    def _reached(self, target: SObjectType, column: str, level: Level, above: frozenset[str]) -> str | None:
        """The same for a target that is known. Where its shares tell, its own table isn't asked."""
        model = self._model.of(target)
        if self._is_exempt(target, level) or model.open >= level:
            return None
        if model.shares is not None and not model.parents:
            return self._shared(model.shares, column, level)
        alias = f"r{len(above)}"
        condition = self._condition(target, alias, level, above)
        if condition is None:
            return None
        return (
            f"{column} IN (SELECT {alias}.{quoted('Id')} FROM {quoted(target.name)} AS {alias} "
            f"WHERE {condition})"
        )


def _asked(table: ShareTable, record: str, level: Level) -> str:
    """That a share gives the user the record whose id `record` is: asked of the record."""
    return f"EXISTS (SELECT 1 FROM {_joined(table, level)} AND s.{quoted(table.record)} = {record})"


def _listed(table: ShareTable, record: str, level: Level) -> str:
    """The same, as a list of all records that the user is given."""
    return f"{record} IN (SELECT s.{quoted(table.record)} FROM {_joined(table, level)})"


def _swept(table: ShareTable, record: str, level: Level) -> str:
    """The same, of all shares of the record. `+` keeps SQLite from asking for one grantee after the other."""
    rows = _ROWS[level].format(level=quoted(table.level))
    return (
        f"EXISTS (SELECT 1 FROM {quoted(table.name)} AS s WHERE s.{quoted(table.record)} = {record} "
        f'AND +s."UserOrGroupId" IN {_GRANTEES}{rows})'
    )


_FORMS: Final[Mapping[Form, Callable[[ShareTable, str, Level], str]]] = {
    Form.ASKED: _asked,
    Form.LISTED: _listed,
    Form.SWEPT: _swept,
}


def _joined(table: ShareTable, level: Level) -> str:
    rows = _ROWS[level].format(level=quoted(table.level))
    return (
        f'{quoted(table.name)} AS s JOIN "isthmus_grantees" AS g ON g."grantee_id" = s."UserOrGroupId" '
        f'WHERE g."user_id" = ?{rows}'
    )


def breadth(table: ShareTable) -> str:
    """A query that counts what a user (the first `?`) is given, up to a bound (the second)."""
    return f"SELECT COUNT(*) FROM (SELECT 1 FROM {_joined(table, Level.READ)} LIMIT ?) AS given"


def _single(model: RecordModel, field: str) -> ParentLink | None:
    """The link by a lookup to one object, whoever the user is."""
    return next(
        (
            each
            for each in model.parents
            if each.field == field and len(each.targets) == 1 and not each.only_themselves
        ),
        None,
    )


def _is_only_way(model: RecordModel) -> bool:
    """Whether a record that has its parent is reached by that alone."""
    others = (model.shares, model.links, model.alone)
    return len(model.parents) == 1 and not model.owned and others == (None, None, None)


def _without_parents(model: RecordModel, alias: str) -> str:
    return " AND ".join(f"{alias}.{quoted(each.field)} IS NULL" for each in model.parents)


def _either(ways: list[str]) -> str:
    if not ways:
        return NEVER
    return ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})"


def within(
    connection: Connection, sobject: str, condition: str | None, ids: Iterable[str], user_id: str
) -> set[str]:
    """The records of these that meet a condition on the table `t`; None: all of them do."""
    if condition is None:
        return set(ids)
    sql = (
        f'SELECT t."Id" FROM {quoted(sobject)} AS t WHERE t."Id" IN {values_of(connection.dialect)} '
        f"AND {condition}"
    )
    callers = (user_id,) * condition.count("?")
    return {str(row[0]) for row in connection.rows(sql, (json.dumps(list(ids)), *callers))}
