"""Logic: one test of several numbered ones, as a flow's filter logic says."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from isthmus.org.automation.flow.elements import Test
from isthmus.org.automation.flow.interview import Interview
from isthmus.org.schema.sfdx.filter_logic import All, Any, BadLogic, Logic, Not, parse_logic

__all__ = ["BadLogic", "Combine", "combine"]

Combine: TypeAlias = Callable[[Sequence[Test]], Test]


def combine(logic: str, tests: Sequence[Test]) -> Test:
    """One test of several. Raises BadLogic."""
    return _test(parse_logic(logic, len(tests)), tests)


def _test(logic: Logic, tests: Sequence[Test]) -> Test:
    match logic:
        case All(parts):
            return _all([_test(each, tests) for each in parts])
        case Any(parts):
            return _any([_test(each, tests) for each in parts])
        case Not(part):
            return _not(_test(part, tests))
        case number:
            return tests[number - 1]


def _all(parts: Sequence[Test]) -> Test:
    return lambda interview: all(each(interview) for each in parts)


def _any(parts: Sequence[Test]) -> Test:
    return lambda interview: any(each(interview) for each in parts)


def _not(part: Test) -> Test:
    def test(interview: Interview) -> bool:
        return not part(interview)

    return test
