"""Conditions: one comparison of a decision or of a flow's entry criteria, and what an operator means.

Source: Salesforce Help, Flow Operators in Decision Elements. A comparison with nothing is only met by
`EqualTo` and `NotEqualTo`.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from isthmus.org.automation.flow.elements import Expression, Test
from isthmus.org.automation.flow.interview import Interview
from isthmus.org.automation.flow.kinds import Kind, Value, comparable
from isthmus.org.automation.flow.problem import broken, not_run
from isthmus.org.automation.flow.texts import convert

Compare: TypeAlias = Callable[[Value, Value], bool]

_ORDERED: Final[Mapping[str, Compare]] = {
    "GreaterThan": operator.gt,
    "LessThan": operator.lt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThanOrEqualTo": operator.le,
}
_TEXTUAL: Final[Mapping[str, Compare]] = {
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
    "Contains": operator.contains,
}
_UNARY: Final = frozenset({"IsNull", "IsBlank", "IsChanged"})
_OPERATORS: Final = """
    None EqualTo NotEqualTo GreaterThan LessThan GreaterThanOrEqualTo LessThanOrEqualTo StartsWith EndsWith
    Contains IsNull IsChanged WasSet WasSelected WasVisited In NotIn IsBlank IsEmpty HasError HasNoValue
    HasValue IsAnniversaryOfToday IsNotAnniversaryOfToday IsToday IsTomorrow IsYesterday IsThisMonth
    IsNextMonth IsLastMonth ThisYear NextYear LastYear IsOn IsBefore IsAfter GreaterThanLastNumberOfDays
    LastNumberOfDays NextNumberOfDays LastNumberOfMonths NextNumberOfMonths LastNumberOfYears
"""
OPERATORS: Final = frozenset(_OPERATORS.split())
"""FlowComparisonOperator. Source: npm @salesforce/types 1.9.0."""


def condition(
    left: Expression, operator_name: str, right: Expression | None, prior: Expression | None
) -> Test:
    """The test of one condition. `prior`: what `left` was before the save, for IsChanged.

    Raises FlowProblem.
    """
    if left.kind is Kind.RECORD and operator_name != "IsNull":
        raise broken(f"a record can't be compared by {operator_name}")
    if operator_name in _UNARY:
        return _unary(left, operator_name, right, prior)
    if right is None:
        raise broken("a value to compare with is missing")
    if operator_name in ("EqualTo", "NotEqualTo"):
        return _equality(left, convert(right, left.kind), wanted=operator_name == "EqualTo")
    if operator_name in _ORDERED:
        return _binary(left, convert(right, left.kind), _ORDERED[operator_name])
    if operator_name in _TEXTUAL:
        return _binary(convert(left, Kind.TEXT), convert(right, Kind.TEXT), _TEXTUAL[operator_name])
    raise not_run(f"the operator {operator_name} is not run")


def _unary(left: Expression, name: str, right: Expression | None, prior: Expression | None) -> Test:
    if right is None or right.kind is not Kind.BOOLEAN:
        raise broken(f"{name} needs true or false as its value")
    wanted = right
    if name == "IsChanged":
        if prior is None:
            raise broken("only a field of $Record can be tested by IsChanged")
        before = prior

        def test(interview: Interview) -> bool:
            changed = interview.prior is not None and left.of(interview) != before.of(interview)
            return changed == bool(wanted.of(interview))

    else:

        def test(interview: Interview) -> bool:
            return (left.of(interview) is None) == bool(wanted.of(interview))

    return test


def _equality(left: Expression, right: Expression, *, wanted: bool) -> Test:
    kind = left.kind

    def test(interview: Interview) -> bool:
        equal: bool = comparable(kind, left.of(interview)) == comparable(kind, right.of(interview))
        return equal is wanted

    return test


def _binary(left: Expression, right: Expression, compare: Compare) -> Test:
    kind = left.kind

    def test(interview: Interview) -> bool:
        one, other = left.of(interview), right.of(interview)
        return (
            one is not None and other is not None and compare(comparable(kind, one), comparable(kind, other))
        )

    return test
