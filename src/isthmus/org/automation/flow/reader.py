"""Reader: one flow's XML into a `Flow`, or into findings that say, by line, why it is not run.

Source: Metadata API Developer Guide, Flow; element lists from npm @salesforce/types 1.9.0.
"""

from typing import Final

from isthmus.org.automation.flow.element_reader import ELEMENTS, ElementReader
from isthmus.org.automation.flow.elements import Flow
from isthmus.org.automation.flow.entry import Conditions, read_trigger
from isthmus.org.automation.flow.problem import FlowProblem, not_run
from isthmus.org.automation.flow.report import Report
from isthmus.org.automation.flow.resources import RESOURCES, Resources, needed_object
from isthmus.org.automation.flow.scope import Scope
from isthmus.org.schema.model import Schema
from isthmus.org.schema.sfdx.document import Node

_STATUSES: Final = frozenset({"Active", "Draft", "Obsolete", "InvalidDraft", "UnderReview"})
_RUN_MODES: Final = frozenset({"DefaultMode", "SystemModeWithoutSharing"})
_SAYING: Final = (
    *("apiVersion", "areMetricsLoggedToDataCloud", "customProperties", "environments", "fullName"),
    *("groups", "interviewLabel", "isAdditionalPermissionRequiredToRun", "isOverridable", "isTemplate"),
    *("processMetadataValues", "processType", "runInMode", "sourceTemplate", "start", "status"),
    *("timeZoneSidKey", "triggerOrder"),
)
"""What says something about a flow, and changes nothing in how one runs that a record triggers."""
_ORDER_MAX: Final = 2_000


def read_flow(node: Node, name: str, document: str, schema: Schema) -> Flow | None:
    """The flow in a document; None where it is not run, and a finding says why."""
    status = node.choice("status", _STATUSES)
    label = node.needed("label")
    if status != "Active":
        node.note(f"not active: its status is {status or 'Draft'}", "status")
        return None
    report = Report()
    if (kind := node.text("processType")) != "AutoLaunchedFlow":
        report.add(node, not_run(f"flows of the type {kind or 'Flow'}"), "processType")
        return None
    if (mode := node.text("runInMode")) is not None and mode not in _RUN_MODES:
        report.add(node, not_run(f"the mode {mode}"), "runInMode")
    start = node.node("start")
    if start is None:
        report.add(node, not_run("a flow without a <start>"))
        return None
    flow = _read_triggered(node, start, report, schema, (name, label or name, document))
    return flow if report.runs else None


def _read_triggered(
    node: Node, start: Node, report: Report, schema: Schema, known_as: tuple[str, str, str]
) -> Flow | None:
    at = "triggerType"
    try:
        trigger, operations = read_trigger(start, report)
        at = "object"
        sobject = needed_object(schema, start, at)
    except FlowProblem as problem:
        report.add(start, problem, at)
        return None
    report.check_children(node, *_SAYING, *RESOURCES, *ELEMENTS)
    scope = Scope(schema, sobject, trigger)
    resources = Resources(scope, report)
    conditions = Conditions(scope, resources, report)
    reader = ElementReader(node, scope, resources, conditions, report)
    resources.read(node)
    name, label, document = known_as
    return Flow(
        name=name,
        label=label,
        document=document,
        checksum=node.checksum,
        sobject=sobject.name,
        trigger=trigger,
        operations=operations,
        order=node.integer("triggerOrder", 1, _ORDER_MAX),
        entry=conditions.filters(start),
        changed_to_meet=start.flag("doesRequireRecordChangedToMeetCriteria"),
        start=reader.next(start),
        elements=reader.read(),
        variables=resources.initial,
    )
