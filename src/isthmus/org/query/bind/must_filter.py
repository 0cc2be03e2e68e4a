"""Must filter: objects whose records a query has to name, by their own ids or those of what they link.

Source: SOQL and SOSL Reference, SOQL Object Limits and Limitations; recorded: REST answers of clients' logs.
"""

from collections.abc import Mapping
from typing import Final

from isthmus.org.query.bind.named_values import conjuncts, named_values, own_field
from isthmus.org.query.bound import BoundCondition, InQuery
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import SObjectType

_LINKS: Final[Mapping[str, tuple[str, ...]]] = {
    "ContentDocumentLink": ("ContentDocumentId", "LinkedEntityId"),
}


def refuse_unfiltered(sobject: SObjectType, where: BoundCondition | None) -> None:
    """Raises SoqlProblem where the query names no records of an object of which it must."""
    fields = _LINKS.get(sobject.name)
    if fields is None:
        return
    if not any(_names(part) in ("Id", *fields) for part in conjuncts(where)):
        raise SoqlProblem("filter_required", sobject=sobject.name, named=" or ".join(fields))


def _names(part: BoundCondition) -> str | None:
    """The field whose values a condition names, one by one or by a query of them."""
    if isinstance(part, InQuery):
        return None if part.negated else part.field.field.name
    return None if named_values(part) is None else own_field(part)
