"""Binding a query: its object, its select list, its order, its child subqueries and semi-joins."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from isthmus.org.query.bind.clauses import clauses_of
from isthmus.org.query.bind.conditions import ConditionBinder, filtered
from isthmus.org.query.bind.field_groups import ids_named, spread, wants_few
from isthmus.org.query.bind.functions import computed, sorted_by
from isthmus.org.query.bind.grouping import GroupingBinder, is_grouped
from isthmus.org.query.bind.must_filter import refuse_unfiltered
from isthmus.org.query.bind.objects import find_object
from isthmus.org.query.bind.record_access import RECORD_ACCESS, access_asked
from isthmus.org.query.bind.scope import Scope
from isthmus.org.query.bind.semi_joins import SemiJoinBinder
from isthmus.org.query.bind.typeof import malformed, typeof
from isthmus.org.query.bind.unsupported import unsupported
from isthmus.org.query.bound import (
    BoundChildren,
    BoundComputed,
    BoundField,
    BoundItem,
    BoundOrder,
    BoundQuery,
    BoundTypeof,
    BoundValue,
    FewOnly,
    Table,
)
from isthmus.org.query.parser.syntax import (
    Call,
    CountAll,
    Expression,
    FieldItem,
    FieldsItem,
    Literal,
    OrderItem,
    Query,
    SelectItem,
    SubqueryItem,
    TypeofItem,
)
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import COMPOUNDS, Field, FieldType, Schema, SObjectType

SUBQUERIES_MAX: Final = 20
"""Source: SOQL and SOSL Reference, Understanding Relationship Query Limitations."""
ORDER_MAX: Final = 32
"""Source: SOQL and SOSL Reference, ORDER BY."""


def bind(query: Query, schema: Schema, levels: int, *, modes: bool = False) -> BoundQuery:
    """The query with its names resolved. There may be `levels` of queries: it, its children, theirs, ….

    `modes`: it may say whose rights it is asked with. Raises SoqlProblem.
    """
    sobject = find_object(schema, query.sources[0].path, calculated=True)
    bound = _Binder(schema, query, sobject, levels).bound(modes=modes)
    return access_asked(bound) if sobject.name == RECORD_ACCESS else bound


class _Binder:
    """Binds one query; `parent` that of the query around it."""

    def __init__(
        self,
        schema: Schema,
        query: Query,
        sobject: SObjectType,
        levels: int,
        parent: "_Binder | None" = None,
    ) -> None:
        self._schema = schema
        self._query = query
        self._levels = levels
        self._parent = parent
        self._root: _Binder = self if parent is None else parent._root
        self._depth: int = 1 if parent is None else parent._depth + 1
        self._subqueries = 0
        self._unnamed = 0
        self._spread: set[str] = set()
        self.sobject = sobject
        self.alias = query.sources[0].alias
        self.scope = Scope(schema, sobject, query.sources, "t" if parent is None else "c")
        self._conditions = ConditionBinder(
            partial(filtered, self.scope), SemiJoinBinder(schema, self.scope).bind
        )

    def bound(self, *, modes: bool = False) -> BoundQuery:
        query = self._query
        clauses = clauses_of(query, self._schema, self.sobject, whole=self._parent is None, within=modes)
        counts, groups = isinstance(query.select[0], CountAll), is_grouped(query)
        if (counts or groups) and self._parent is not None:
            raise SoqlProblem("only_root_aggregates", query.select[0].at)
        if counts and groups:
            raise unsupported("COUNT() with GROUP BY", query.select[0].at)
        binder = GroupingBinder(self.scope, query) if groups else None
        grouping = None if binder is None else binder.bound()
        items = () if counts or groups else self._items()
        where = None if query.where is None else self._conditions.bind(query.where)
        if self._parent is None:
            refuse_unfiltered(self.sobject, where)
        few = FewOnly(ids_named(where)) if wants_few(query) else None
        ordered = self._sorted if binder is None else binder.ordered
        if counts and query.order_by:
            expression = query.order_by[0].expression
            raise SoqlProblem("ordered_field_not_grouped", expression.at, field=str(expression))
        order_by = tuple(_order(ordered(item.expression), item) for item in query.order_by)
        if len(order_by) > ORDER_MAX:
            raise SoqlProblem("query_limit_exceeded", maximum=ORDER_MAX, what="fields in ORDER BY")
        scope = self.scope
        return BoundQuery(
            root=scope.root,
            tables=tuple(scope.tables),
            items=items,
            counts=counts,
            where=where,
            order_by=order_by,
            limit=query.limit,
            offset=query.offset,
            named=tuple(scope.named),
            grouping=grouping,
            clauses=clauses,
            spread=frozenset(self._spread),
            few=few,
        )

    def _items(self) -> tuple[BoundItem, ...]:
        items: list[BoundItem] = []
        seen = set()
        for item in self._query.select:
            for bound in self._bound_items(item):
                name = _full_name(bound)
                if name.lower() in seen:
                    raise SoqlProblem("duplicate_field_selected", item.at, field=name)
                seen.add(name.lower())
                items.append(bound)
        if not items:
            raise SoqlProblem("fields_select_nothing", self._query.select[0].at)
        _refuse_aliases_of_parents(items)
        for bound in items:
            if isinstance(bound, BoundTypeof):
                _refuse_beside(bound, items)
        return tuple(items)

    def _bound_items(self, item: SelectItem) -> tuple[BoundItem, ...]:
        if not isinstance(item, FieldsItem):
            return (self._item(item),)
        fields = spread(item, self.scope.root)
        self._spread |= {each.field.name for each in fields}
        for each in fields:
            self.scope.read(each)
        return fields

    def _item(self, item: SelectItem) -> BoundItem:
        if isinstance(item, SubqueryItem):
            return self._children(item)
        if isinstance(item, FieldItem):
            if isinstance(item.expression, Call):
                spare = f"expr{self._unnamed}"
                made = computed(self.scope, item, item.expression, spare)
                self._unnamed += made.key == spare
                return made
            field = self.scope.field(item.expression)
            if item.alias is not None:
                raise SoqlProblem("only_aggregates_are_aliased", item.at)
            return field
        assert isinstance(item, TypeofItem)
        return typeof(self._schema, self.scope, item)

    def _children(self, item: SubqueryItem) -> BoundChildren:
        query = item.query
        path = query.sources[0].path
        if self._depth == self._levels:
            away = "1 level" if self._depth == 2 else f"{self._depth - 1} levels"
            raise SoqlProblem("children_too_deep", path.at, away=away)
        self._root._subqueries += 1
        if self._root._subqueries > SUBQUERIES_MAX:
            raise SoqlProblem("query_limit_exceeded", maximum=SUBQUERIES_MAX, what="child subqueries")
        names = path.names
        if len(names) > 1 and names[0].lower() in (self.sobject.name.lower(), (self.alias or "").lower()):
            names = names[1:]
        found = self._child(".".join(names))
        if found is None:
            raise SoqlProblem("no_such_child_relationship", path.at, relationship=".".join(names))
        child, reference = found
        if query.offset is not None and self._query.limit is None:
            raise SoqlProblem("subquery_offset_not_allowed", query.offset.at)
        binder = _Binder(self._schema, query, child, self._levels, parent=self)
        return BoundChildren(reference.child_relationship_name or "", reference, binder.bound())

    def _child(self, name: str) -> tuple[SObjectType, Field] | None:
        for relationship in self._schema.children(self.sobject.name):
            if relationship.name is not None and relationship.name.lower() == name.lower():
                child = self._schema[relationship.child]
                field = child.field(relationship.field)
                if field is not None and child.queryable and child.stored:
                    return child, field
        return None

    def _sorted(self, expression: Expression) -> BoundValue:
        if isinstance(expression, Call):
            return sorted_by(self.scope, expression)
        if isinstance(expression, Literal):
            raise unsupported("ORDER BY of anything but a field", expression.at)
        field = self.scope.field(expression)
        if field.field.type in COMPOUNDS or not field.field.sortable:
            raise SoqlProblem("field_not_sortable", expression.at, field=field.field.name)
        return field


def _order(value: BoundValue, item: OrderItem) -> BoundOrder:
    """Nulls of a lookup are first, whatever is said. Source: SOQL and SOSL Reference, ORDER BY."""
    of_lookup = isinstance(value, BoundField) and value.field.type is FieldType.REFERENCE
    return BoundOrder(value, item.descending, of_lookup or item.nulls_first is not False)


def _full_name(item: BoundItem) -> str:
    if isinstance(item, BoundChildren):
        return item.key
    if isinstance(item, BoundTypeof):
        return ".".join(relationships(item.table))
    name = item.key if isinstance(item, BoundComputed) else item.field.name
    return ".".join((*relationships(item.table), name))


def _refuse_aliases_of_parents(items: Sequence[BoundItem]) -> None:
    """Raises SoqlProblem where an alias is how the answer calls a parent."""
    tables = [each.table for each in items if not isinstance(each, BoundChildren)]
    parents = {names[0].lower() for each in tables if (names := relationships(each))}
    for item in items:
        if isinstance(item, BoundComputed) and not item.table.outer and item.key.lower() in parents:
            raise SoqlProblem("duplicate_alias", item.value.at, alias=item.key)


def _refuse_beside(typeof: BoundTypeof, items: Sequence[BoundItem]) -> None:
    """Raises SoqlProblem where something is selected beside TYPEOF that may not be."""
    for item in items:
        if isinstance(item, BoundComputed):
            raise malformed(typeof.at, "there are functions in the select list")
        table = item.table if isinstance(item, BoundField) else None
        while table is not None:
            if table is typeof.table:
                raise SoqlProblem("duplicate_field_selected", typeof.at, field=_full_name(typeof))
            table = table.parent


def relationships(table: Table) -> tuple[str, ...]:
    """The canonical names of the relationships on the way from the query's object to a table."""
    names: list[str] = []
    while table.parent is not None and table.via is not None:
        names.append(table.via.relationship_name or "")
        table = table.parent
    return tuple(reversed(names))
