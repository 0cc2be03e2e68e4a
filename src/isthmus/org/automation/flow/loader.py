"""Loader: the flows of a project, and what is to be said about each of them."""

from dataclasses import dataclass, field
from typing import Final

import structlog

from isthmus.org.automation.flow.elements import Flow
from isthmus.org.automation.flow.reader import read_flow
from isthmus.org.schema.model import Schema
from isthmus.org.schema.sfdx.document import read_document
from isthmus.org.schema.sfdx.findings import Finding, Findings, Severity
from isthmus.org.schema.sfdx.project import Project

_FLOW: Final = "Flow"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedFlows:
    """The flows that run, in the order in which they do, and the findings of all."""

    flows: tuple[Flow, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)

    @property
    def gaps(self) -> tuple[Finding, ...]:
        """Why flows that are active on the platform are not run."""
        return tuple(each for each in self.findings if each.severity is Severity.WARNING)

    def tell_gaps(self) -> None:
        """Log, by file and line, what keeps flows from being run here."""
        for each in self.gaps:
            _log.warning("a flow is not run", problem=str(each))

    @property
    def documents(self) -> frozenset[str]:
        """The files of the flows that run."""
        return frozenset(each.document for each in self.flows)


def load_flows(project: Project) -> LoadedFlows:
    """The flows of a project, read against its objects. What is wrong with them is among the findings."""
    schema = Schema(project.objects)
    findings = Findings()
    flows: dict[str, Flow] = {}
    names: dict[str, str] = {}
    for component in project.components:
        if component.type.name != _FLOW or component.document is None:
            continue
        node = read_document(project.root, component.document, component.what, findings)
        if node is None or node.name != _FLOW or not node.in_metadata:
            continue
        if (first := names.setdefault(component.name.lower(), component.document)) != component.document:
            node.error(f"{component.name} is declared in {first} too")
            continue
        flow = read_flow(node, component.name, component.document, schema)
        if flow is not None:
            flows[component.name] = flow
    broken = {each.file for each in findings if each.severity is Severity.ERROR}
    whole = (each for each in flows.values() if each.document not in broken)
    return LoadedFlows(tuple(sorted(whole, key=_place)), findings.sorted())


def _place(flow: Flow) -> tuple[int, int, str]:
    """Orders up to 1,000 come first, then flows without one, then the orders beyond.

    Source: Salesforce Help, Define the Run Order of Record-Triggered Flows.
    """
    if flow.order is None:
        return 1, 0, flow.name
    return (0 if flow.order <= 1_000 else 2), flow.order, flow.name
