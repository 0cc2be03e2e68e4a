"""Scope: what the names of one query mean, and which tables they bring in."""

from typing import Final

from isthmus.org.query.bound import BoundField, Table
from isthmus.org.query.parser.syntax import Path
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import Schema, SObjectType

LEVELS_MAX: Final = 5
"""Source: SOQL and SOSL Reference, Understanding Relationship Query Limitations."""
RELATIONSHIPS_MAX: Final = 55
"""Distinct relationships of one query. Source: as above."""
NAME_OBJECT: Final = "Name"
"""What a polymorphic lookup refers to: the fields that all its targets share. Source: as above,
Understanding Polymorphic Keys and Relationships."""


class Scope:
    """The names of one query. Tables are added as paths ask for them."""

    def __init__(self, schema: Schema, sobject: SObjectType, alias: str | None, at: int, prefix: str) -> None:
        self._schema = schema
        self._prefix = prefix
        self._alias = alias.lower() if alias else None
        self.root = Table(f"{prefix}0", sobject, None, None, at)
        self.tables = [self.root]
        self.named: list[BoundField] = []
        self._parents: dict[tuple[str, str], Table] = {}

    def field(self, path: Path) -> BoundField:
        """The field at the end of a path. Raises SoqlProblem."""
        names = path.names
        if len(names) > 1 and self._is_own_name(names[0]):
            names = names[1:]
        if len(names) - 1 > LEVELS_MAX:
            raise SoqlProblem(
                "query_limit_exceeded", path.at, maximum=LEVELS_MAX, what="levels of relationships in a path"
            )
        table = self.root
        for relationship in names[:-1]:
            table = self._parent(table, relationship, path.at)
        field = table.sobject.field(names[-1])
        if field is None:
            raise SoqlProblem("no_such_column", path.at, field=names[-1], entity=table.sobject.name)
        bound = BoundField(table, field, path.at)
        self.named.append(bound)
        return bound

    def _is_own_name(self, name: str) -> bool:
        """Whether a path begins with the query's alias, or its object where no relationship is called so."""
        lowered = name.lower()
        if lowered == self._alias:
            return True
        own = self.root.sobject
        return lowered == own.name.lower() and own.parent_field(name) is None

    def _parent(self, child: Table, relationship: str, at: int) -> Table:
        key = (child.alias, relationship.lower())
        known = self._parents.get(key)
        if known is not None:
            return known
        lookup = child.sobject.parent_field(relationship)
        target = None
        if lookup is not None and lookup.reference_to:
            target = self._schema.find(NAME_OBJECT if lookup.polymorphic else lookup.reference_to[0])
        if lookup is None or target is None:
            raise SoqlProblem("no_such_relationship", at, relationship=relationship)
        if not target.stored:
            raise SoqlProblem("query_feature_unsupported", at, feature=f"A path to {target.name}")
        if len(self.tables) > RELATIONSHIPS_MAX:
            raise SoqlProblem("query_limit_exceeded", at, maximum=RELATIONSHIPS_MAX, what="relationships")
        table = Table(f"{self._prefix}{len(self.tables)}", target, child, lookup, at)
        self.tables.append(table)
        self._parents[key] = table
        return table
