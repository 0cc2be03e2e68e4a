"""Named values: what a condition says of one field, for queries that have to name what they ask about."""

from collections.abc import Iterator

from isthmus.org.query.bound import All, AnyOf, BoundCondition, BoundField, Test
from isthmus.org.query.parser.syntax import Literal


def conjuncts(condition: BoundCondition | None) -> Iterator[BoundCondition]:
    """The conditions all of which have to hold."""
    if isinstance(condition, All):
        for part in condition.conditions:
            yield from conjuncts(part)
    elif condition is not None:
        yield condition


def own_field(part: BoundCondition) -> str | None:
    """The field of the query's own object that a comparison is about."""
    if not isinstance(part, Test | AnyOf) or not isinstance(part.field, BoundField):
        return None
    return None if part.field.table.outer else part.field.field.name


def named_values(part: BoundCondition) -> tuple[Literal, ...] | None:
    """What a field has to equal one of; None where the condition says something else."""
    if not isinstance(part, Test | AnyOf) or part.negated:
        return None
    if isinstance(part, Test) and part.operator != "=":
        return None
    operands = (part.operand,) if isinstance(part, Test) else part.operands
    found = tuple(each for each in operands if isinstance(each, Literal))
    return found if found and len(found) == len(operands) else None
