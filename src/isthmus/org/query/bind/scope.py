"""Scope: what the names of one query mean, and which tables they bring in.

After its object, FROM may name parents with aliases of their own: `FROM Contact c, c.Account a, a.Owner o`.
Source: SOQL and SOSL Reference, Alias Notation.
"""

from collections.abc import Sequence
from typing import Final

from isthmus.org.query.bound import BoundField, Table
from isthmus.org.query.parser.syntax import Path, Source
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.seen import alias_of
from isthmus.org.schema.model import CALCULATED, Field, Schema, SObjectType

LEVELS_MAX: Final = 5
"""Source: SOQL and SOSL Reference, Understanding Relationship Query Limitations."""
RELATIONSHIPS_MAX: Final = 55
"""Distinct relationships of one query. Source: as above."""
NAME_OBJECT: Final = "Name"
"""What a polymorphic lookup refers to: the fields that all its targets share. Source: as above,
Understanding Polymorphic Keys and Relationships."""

_CALCULATED: Final = frozenset(map(str.lower, CALCULATED))


class Scope:
    """The names of one query, whose first source is `sobject`. Tables are added as paths ask for them.

    Raises SoqlProblem for sources that are wrong.
    """

    def __init__(self, schema: Schema, sobject: SObjectType, sources: Sequence[Source], prefix: str) -> None:
        self._schema = schema
        self._prefix = prefix
        self.root = Table(f"{prefix}0", sobject, None, None, sources[0].path.at)
        self.tables = [self.root]
        self.named: list[BoundField] = []
        self._parents: dict[tuple[str, str], Table] = {}
        self._aliases: dict[str, Table] = {}
        self._joined: dict[str, Table] = {}
        self._give_alias(sources[0], self.root)
        for source in sources[1:]:
            self._join(source)

    def field(self, path: Path) -> BoundField:
        """The field at the end of a path. Raises SoqlProblem."""
        table, names = self._start(path)
        return self.field_from(table, Path(names, path.at))

    def field_from(self, table: Table, path: Path) -> BoundField:
        """The field at the end of a path that begins with a table's relationships. Raises SoqlProblem."""
        names = path.names
        for relationship in names[:-1]:
            table = self._parent(table, relationship, path.at)
        field = table.sobject.field(names[-1])
        if field is None:
            raise SoqlProblem("no_such_column", path.at, field=names[-1], entity=table.sobject.name)
        bound = BoundField(table, field, path.at)
        self.named.append(bound)
        self.read(bound)
        return bound

    def parent(self, path: Path) -> Table:
        """The parent at the end of a path of relationships. Raises SoqlProblem."""
        table, names = self._start(path)
        for relationship in names:
            table = self._parent(table, relationship, path.at)
        return table

    def parent_of_type(self, shared: Table, sobject: SObjectType, at: int) -> Table:
        """The parent by the same lookup as `shared`, where it is an `sobject`. Raises SoqlProblem."""
        assert shared.parent is not None
        key = (shared.alias, f"TYPEOF {sobject.name}")
        return self._parents.get(key) or self._add(key, sobject, shared.parent, shared.via, at)

    def _start(self, path: Path) -> tuple[Table, tuple[str, ...]]:
        """The table that a path begins with, and the names that are left of it."""
        names = path.names
        table = self._beginning(names[0]) if len(names) > 1 else None
        return (self.root, names) if table is None else (table, names[1:])

    def read(self, bound: BoundField) -> None:
        """Take in what a field's values lie in, besides its object's table."""
        table = bound.table
        alias = alias_of(table.alias, bound.field)
        if alias != table.alias and all(each.alias != alias for each in self.tables):
            self.tables.append(Table(alias, table.sobject, table, None, bound.at))

    def _join(self, source: Source) -> None:
        """Take in a parent that FROM names.

        Its path begins with an alias, the query's object, or a parent that FROM has named before.
        """
        path = source.path
        first, *relationships = path.names
        table = self._beginning(first) or self._joined.get(first.lower())
        if table is None or not relationships:
            raise SoqlProblem("driving_object_set", path.at, sobject=self.root.sobject.name)
        for relationship in relationships:
            table = self._parent(table, relationship, path.at)
        self._joined.setdefault(relationships[-1].lower(), table)
        self._give_alias(source, table)

    def _give_alias(self, source: Source, table: Table) -> None:
        if source.alias is not None:
            if source.alias.lower() in self._aliases:
                raise SoqlProblem("duplicate_alias", source.path.at, alias=source.alias)
            self._aliases[source.alias.lower()] = table

    def _beginning(self, name: str) -> Table | None:
        """The table that a path's first name means: by an alias, or the query's object where no relationship
        is called so. None: the name is a relationship's.
        """
        table = self._aliases.get(name.lower())
        own = self.root.sobject
        if table is None and name.lower() == own.name.lower() and own.parent_field(name) is None:
            return self.root
        return table

    def _parent(self, child: Table, relationship: str, at: int) -> Table:
        key = (child.alias, relationship.lower())
        known = self._parents.get(key)
        if known is not None:
            return known
        if relationship.lower() in _CALCULATED:
            raise SoqlProblem("query_feature_unsupported", at, feature=f"A path to {relationship}")
        lookup = child.sobject.parent_field(relationship)
        target = None
        if lookup is not None and lookup.reference_to:
            target = self._schema.find(NAME_OBJECT if lookup.polymorphic else lookup.reference_to[0])
        if lookup is None or target is None:
            raise SoqlProblem("no_such_relationship", at, relationship=relationship)
        if not target.stored:
            raise SoqlProblem("query_feature_unsupported", at, feature=f"A path to {target.name}")
        if _levels(child) == LEVELS_MAX:
            raise SoqlProblem(
                "query_limit_exceeded", at, maximum=LEVELS_MAX, what="levels of relationships in a path"
            )
        return self._add(key, target, child, lookup, at)

    def _add(
        self, key: tuple[str, str], target: SObjectType, child: Table, lookup: Field | None, at: int
    ) -> Table:
        if len(self._parents) >= RELATIONSHIPS_MAX:
            raise SoqlProblem("query_limit_exceeded", at, maximum=RELATIONSHIPS_MAX, what="relationships")
        table = Table(f"{self._prefix}{len(self.tables)}", target, child, lookup, at)
        self.tables.append(table)
        self._parents[key] = table
        return table


def _levels(table: Table) -> int:
    """How many relationships lead from the query's object to a table."""
    levels = 0
    while table.parent is not None:
        table = table.parent
        levels += 1
    return levels
