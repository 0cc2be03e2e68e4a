"""Entry: what starts a flow, and the tests that its start and its decisions make."""

from typing import Final

from isthmus.org.automation.flow.conditions import OPERATORS, condition
from isthmus.org.automation.flow.elements import Test, TriggerType
from isthmus.org.automation.flow.logic import BadLogic, combine
from isthmus.org.automation.flow.problem import FlowProblem, broken, not_run
from isthmus.org.automation.flow.report import Report, SaidAlready
from isthmus.org.automation.flow.resources import Resources
from isthmus.org.automation.flow.scope import Scope
from isthmus.org.save.operation import Operation
from isthmus.org.schema.sfdx.document import Node

_RUN: Final = {each.value: each for each in TriggerType}
_OPERATIONS: Final = {
    "Create": frozenset({Operation.INSERT}),
    "Update": frozenset({Operation.UPDATE}),
    "CreateAndUpdate": frozenset({Operation.INSERT, Operation.UPDATE}),
    "Delete": frozenset({Operation.DELETE}),
}
"""By RecordTriggerType. Source: npm @salesforce/types 1.9.0."""
_STARTS: Final = (
    "connector",
    "doesRequireRecordChangedToMeetCriteria",
    "filterLogic",
    "filters",
    "object",
    "recordTriggerType",
    "triggerType",
)


def read_trigger(start: Node, report: Report) -> tuple[TriggerType, frozenset[Operation]]:
    """When the flow runs. Raises FlowProblem."""
    given = start.text("triggerType")
    if given is None:
        raise not_run("a flow without a trigger: nothing here starts it")
    trigger = _RUN.get(given)
    if trigger is None:
        raise not_run(f"flows that are started by {given}")
    report.check_children(start, *_STARTS)
    operations = start.choice("recordTriggerType", _OPERATIONS) if start.needed("recordTriggerType") else None
    if operations is None:
        raise SaidAlready
    if (trigger is TriggerType.BEFORE_DELETE) != (operations == "Delete"):
        raise broken(f"{given} does not go with the record trigger type {operations}")
    return trigger, _OPERATIONS[operations]


class Conditions:
    """Reads the conditions of a start or of a decision's outcome."""

    def __init__(self, scope: Scope, resources: Resources, report: Report) -> None:
        self._scope = scope
        self._resources = resources
        self._report = report

    def filters(self, start: Node) -> Test:
        """The entry criteria: conditions on fields of $Record. Without any, every record enters."""
        tests = [
            self._one(each, "field", "value", prefix="$Record.", names=("field", "operator", "value"))
            for each in start.nodes("filters")
        ]
        return self._together(start, "filterLogic", tests)

    def outcome(self, rule: Node) -> Test:
        """The conditions of one outcome, `doesRequireRecordChangedToMeetCriteria` included."""
        names = ("leftValueReference", "operator", "rightValue")
        tests = [
            self._one(each, "leftValueReference", "rightValue", prefix="", names=names)
            for each in rule.nodes("conditions")
        ]
        if not tests:
            self._report.add(rule, broken("an outcome needs a condition"))
        test = self._together(rule, "conditionLogic", tests)
        if not rule.flag("doesRequireRecordChangedToMeetCriteria"):
            return test
        return newly(test)

    def _together(self, node: Node, child: str, tests: list[Test]) -> Test:
        try:
            return combine(node.text(child) or "and", tests)
        except BadLogic as bad:
            self._report.add(node, broken(f"<{child}> {bad}"), child)
            return never

    def _one(self, node: Node, left: str, right: str, *, prefix: str, names: tuple[str, ...]) -> Test:
        self._report.check_children(node, *names)
        reference = node.needed(left)
        name = node.choice("operator", OPERATORS) if node.needed("operator") else None
        if reference is None or name is None:
            return never
        reference = prefix + reference
        at = left
        try:
            resolved = self._scope.resolve(reference)
            prior = self._scope.prior(reference)
            at = right
            value = self._resources.value(node, right)
            at = "operator"
            return condition(resolved, name, value, prior)
        except FlowProblem as problem:
            self._report.add(node, problem, at)
            return never


def never(interview: object) -> bool:
    """What stands for a test that can't be read: its flow is not run."""
    return False


def newly(test: Test) -> Test:
    """The test, where the record did not meet it before."""
    return lambda interview: test(interview) and (interview.prior is None or not test(interview.before()))
