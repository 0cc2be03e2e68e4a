"""Visibility: the rows of a query's tables that the caller may see, as conditions.

Their text says nothing of the caller, who is a parameter: see `isthmus.org.security.sharing.predicate`.
"""

from collections.abc import Iterator
from typing import Final

from isthmus.org.query.bind.scope import NAME_OBJECT
from isthmus.org.query.bound import All, AnyOf, BoundQuery, Operand, Table, Test, field_of
from isthmus.org.query.parser.syntax import Boolean, Literal, Null
from isthmus.org.query.parser.tokens import EMPTY_TEXT
from isthmus.org.query.plan import Parameter
from isthmus.org.schema.model import Field, Schema
from isthmus.org.security.access import Access
from isthmus.org.security.sharing.predicate import Form, RecordAccess, breadth

_CALLER: Final = Parameter(lambda run: run.principal.user_id)


class Visibility:
    """What callers with one access may see."""

    def __init__(self, schema: Schema, access: Access) -> None:
        self._records = RecordAccess(schema, access)
        self._forms = {form: RecordAccess(schema, access, form) for form in Form}

    def probe(self, table: Table) -> str | None:
        """A query that says how much a caller (first parameter) sees of a table, up to a bound (second).

        None: shares don't decide that, or not they alone.
        """
        shares = self._records.decided_by(table.sobject)
        return None if shares is None else breadth(shares)

    def of_root(self, query: BoundQuery, form: Form = Form.ASKED) -> str:
        """The condition for the query's own object, in one of its forms; the parameters are the same."""
        table = query.root
        having = {field.name for field in referring(query)}
        return self._forms[form].condition(table.sobject, table.alias, having=having) or ""

    def joined(self, table: Table) -> str:
        """The condition for a parent joined to what may be seen; '' where it may then be seen as well."""
        assert table.parent is not None
        assert table.via is not None
        implied = self._records.implies(table.parent.sobject, table.via.name)
        return "" if implied else self.condition(table)

    def of_children(self, table: Table, reference: Field) -> str:
        """The condition for children, by the lookup `reference`, of what may be seen."""
        return "" if self._records.follows(table.sobject, reference.name) else self.condition(table)

    def condition(self, table: Table) -> str:
        """That the table's record may be seen; '' where every record may."""
        if table.sobject.name == NAME_OBJECT and table.via is not None:
            return self._records.named(table.via.reference_to, table.alias) or ""
        return self._records.condition(table.sobject, table.alias) or ""


def referring(query: BoundQuery) -> Iterator[Field]:
    """The lookups of the query's object that refer to something, by its condition: it asks for a value of
    theirs, or of the parent's.
    """
    parts = query.where.conditions if isinstance(query.where, All) else (query.where,)
    for part in parts:
        if not isinstance(part, Test | AnyOf) or part.negated:
            continue
        operands = part.operands if isinstance(part, AnyOf) else (part.operand,)
        if any(map(_is_nothing, operands)):
            continue
        field = field_of(part.field)
        if field.table is query.root:
            yield field.field
        elif field.table.parent is query.root and field.table.via is not None:
            yield field.table.via


def _is_nothing(operand: Operand) -> bool:
    """Whether what is not there meets a comparison with it: a missing boolean is false."""
    if isinstance(operand, Literal):
        return operand.marker == EMPTY_TEXT
    return isinstance(operand, Null | Boolean)


def callers(sql: str) -> list[Parameter]:
    """The parameters of a text in which each `?` stands for the caller."""
    return [_CALLER] * sql.count("?")
