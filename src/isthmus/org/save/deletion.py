"""Deletion: what goes with a record, what it must let go of, and what holds it back.

Details of a master go with it, and so do children whose lookup cascades; a lookup that restricts holds the
record back, whether it is required or not; every other lookup is cleared, or, where it can't be empty, its
record goes as well. How much may go at once is bounded.

Source: the `cascadeDelete` and `restrictedDelete` of real describes; Metadata API
Developer Guide, CustomField, deleteConstraint.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from isthmus.kernel.database import Row, Transaction
from isthmus.kernel.errors import RowError, row_error
from isthmus.org.save.names import display_names
from isthmus.org.save.recycle_bin import ClearedLookup, Entry
from isthmus.org.save.statements import IN_LIST_MAX, in_parts
from isthmus.org.schema.model import ChildRelationship, Schema, SObjectType
from isthmus.org.schema.share_objects import is_share
from isthmus.org.schema.tables import quoted

CASCADE_MAX: Final = 100_000
"""Records that may go, or let go, with those of one delete. Source: Salesforce Help, article 000386152."""

_NAMED_MAX: Final = 25
"""Of the records that hold another back, so many are named in the error."""

_WON: Final[Mapping[tuple[str, str], str]] = {("Account", "Opportunity"): "IsWon"}
"""Children that cascade, unless this flag is set: then they hold the parent back."""

_STATUS: Final = "StatusCode"
"""Contracts and orders are active where this says `Activated`; drafts go with their account."""

_HOLDING: Final = (1, "Activated")


@dataclass(slots=True)
class Deletion:
    """`going` is what is deleted, the roots too, by id; `held` are the roots that can't be deleted, with
    the error.
    """

    going: dict[str, Entry] = field(default_factory=dict)
    cleared: list[ClearedLookup] = field(default_factory=list)
    held: dict[str, RowError] = field(default_factory=dict)


@dataclass(slots=True)
class _Blockers:
    """Records of one object that hold a root back; `won`: because they are won opportunities."""

    child: SObjectType
    won: bool
    ids: list[str] = field(default_factory=list)


Seen: TypeAlias = Callable[[SObjectType, Collection[str]], Collection[str]]
"""Which of these records of an object the principal sees."""


def plan_deletion(
    tx: Transaction, schema: Schema, sobject: SObjectType, ids: Iterable[str], seen: Seen
) -> Deletion:
    """What deleting the records `ids` of `sobject` means. Held roots take nothing with them, and their errors
    name what the principal sees; where together they would take too much, all are held.
    """
    wanted = list(ids)
    search = _Search(tx, schema)
    try:
        deletion = search.run(sobject, wanted)
    except _TooLarge:
        error = row_error("delete_too_large", maximum=f"{CASCADE_MAX:,}")
        return Deletion(held=dict.fromkeys(wanted, error))
    errors = search.errors(seen)
    if errors:
        deletion = plan_deletion(tx, schema, sobject, [each for each in wanted if each not in errors], seen)
        deletion.held.update(errors)
    return deletion


class _TooLarge(Exception):
    """More than `CASCADE_MAX` records are concerned."""


class _Search:
    """A walk from the roots down, one query for each relationship and level."""

    def __init__(self, tx: Transaction, schema: Schema) -> None:
        self.tx = tx
        self.schema = schema
        self.deletion = Deletion()
        self.blockers: dict[tuple[str, str], _Blockers] = {}
        self.concerned = 0
        """Records that would go, or let go, beside the roots."""

    def run(self, sobject: SObjectType, roots: list[str]) -> Deletion:
        going = self.deletion.going
        level = [Entry(each, sobject.name, each) for each in roots]
        while level:
            going.update((each.id, each) for each in level)
            below: dict[str, Entry] = {}
            by_object: dict[str, dict[str, Entry]] = {}
            for each in level:
                by_object.setdefault(each.sobject, {})[each.id] = each
            for name, parents in by_object.items():
                for relationship in self.schema.children(name):
                    self._descend(name, relationship, parents, below)
            level = [each for each in below.values() if each.id not in going]
        self.deletion.cleared = [each for each in self.deletion.cleared if each.id not in going]
        return self.deletion

    def _descend(
        self, parent: str, relationship: ChildRelationship, parents: dict[str, Entry], below: dict[str, Entry]
    ) -> None:
        child = self.schema.find(relationship.child)
        lookup = child.field(relationship.field) if child is not None else None
        if child is None or lookup is None or not child.stored or is_share(child):
            return  # shares stay as long as their record can come back
        flag = _holding_flag(parent, child, relationship)
        restricts = relationship.restricted_delete and not relationship.cascade_delete
        goes = not restricts and (relationship.cascade_delete or not lookup.nillable)
        for child_id, parent_id, state in self._children(child, lookup.name, parents, flag):
            root = parents[parent_id].root
            if child_id in self.deletion.going:
                continue
            if (state in _HOLDING) if flag else restricts:
                self._block(root, child, child_id, won=state == 1)
                continue
            self.concerned += 1
            if self.concerned > CASCADE_MAX:
                raise _TooLarge
            if goes:
                below.setdefault(child_id, Entry(child_id, child.name, root))
            else:
                self.deletion.cleared.append(
                    ClearedLookup(root, child.name, lookup.name, child_id, parent_id)
                )

    def _children(
        self, child: SObjectType, lookup: str, parents: Iterable[str], flag: str | None
    ) -> Iterator[tuple[str, str, object]]:
        """Id, parent and state of the children, never more of them at a time than may be concerned: where
        that cuts off some that only hold their parents back, others have done so already.
        """
        state = quoted(flag) if flag else "NULL"
        column = quoted(lookup)
        sql = (
            f'SELECT "Id", {column}, {state} FROM {quoted(child.name)} '
            f'WHERE {column} IN ({{}}) AND "IsDeleted" = 0 ORDER BY "Id" '
            f"LIMIT {CASCADE_MAX + 1}"
        )
        pending = list(parents)
        for start in range(0, len(pending), IN_LIST_MAX):
            found: list[Row] = in_parts(self.tx, sql, pending[start : start + IN_LIST_MAX])
            yield from ((str(row[0]), str(row[1]), row[2]) for row in found)

    def _block(self, root: str, child: SObjectType, child_id: str, won: bool) -> None:
        blockers = self.blockers.setdefault((root, child.name), _Blockers(child, won))
        if len(blockers.ids) < _NAMED_MAX and child_id not in blockers.ids:
            blockers.ids.append(child_id)

    def errors(self, seen: Seen) -> dict[str, RowError]:
        """The error of each root that something holds back: what was met first, so far as it is `seen`."""
        for each in self.blockers.values():
            visible = seen(each.child, each.ids)
            each.ids = [child for child in each.ids if child in visible]
        named = [
            *{root for root, _ in self.blockers},
            *(each for some in self.blockers.values() for each in some.ids),
        ]
        names = display_names(self.tx, self.schema, named)
        errors: dict[str, RowError] = {}
        for (root, _), blockers in self.blockers.items():
            entry = "delete_restricted_by_won_opportunities" if blockers.won else "delete_restricted"
            error = row_error(
                entry,
                record=names.get(root, root),
                children=blockers.child.label_plural.lower(),
                names=", ".join(names.get(each, each) for each in blockers.ids),
            )
            errors.setdefault(root, error)
        return errors


def _holding_flag(parent: str, child: SObjectType, relationship: ChildRelationship) -> str | None:
    """The field of the child that says whether a record that would go with its parent holds it back
    instead.
    """
    if not relationship.cascade_delete:
        return None
    if relationship.restricted_delete:
        return _STATUS if child.field(_STATUS) else None
    return _WON.get((parent, child.name))
