"""Visibility: the rows of a query's tables that the caller may see, as conditions.

Their text says nothing of the caller, who is a parameter: see `isthmus.org.security.sharing.predicate`.
"""

from typing import Final

from isthmus.org.query.bind.scope import NAME_OBJECT
from isthmus.org.query.bound import Table
from isthmus.org.query.plan import Parameter
from isthmus.org.schema.model import Schema
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

    def in_form(self, table: Table, form: Form) -> str:
        """The condition for the query's own object, in one of its forms; the parameters are the same."""
        return self._forms[form].condition(table.sobject, table.alias) or ""

    def condition(self, table: Table) -> str:
        """That the table's record may be seen; '' where every record may."""
        if table.sobject.name == NAME_OBJECT and table.via is not None:
            return self._records.named(table.via.reference_to, table.alias) or ""
        return self._records.condition(table.sobject, table.alias) or ""


def callers(sql: str) -> list[Parameter]:
    """The parameters of a text in which each `?` stands for the caller."""
    return [_CALLER] * sql.count("?")
