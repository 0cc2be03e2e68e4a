"""Company: what `Company.settings` of a project says of the org: in which month its fiscal years begin.

Source: Metadata API Developer Guide, CompanySettings; Object Reference, Organization.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from isthmus.org.schema.sfdx.document import Node, read_document
from isthmus.org.schema.sfdx.elements import check_elements
from isthmus.org.schema.sfdx.findings import Finding, Findings
from isthmus.org.schema.sfdx.project import Project
from isthmus.org.schema.sfdx.reading import Documents, unique

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NAMED_BY_START: Final = {"startingMonth": True, "endingMonth": False}


@dataclass(frozen=True, slots=True)
class LoadedCompany:
    """`organization` are the fields of the org's own record that are said, as wire values."""

    organization: Mapping[str, object] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    documents: frozenset[str] = frozenset()
    """The files that this was read from."""


def load_company(project: Project) -> LoadedCompany:
    """The company settings of a project. What is wrong with them is among the findings."""
    findings = Findings()
    found: Documents = []
    for component in project.components:
        if component.type.name != "Settings" or component.document is None:
            continue
        node = read_document(project.root, component.document, component.what, findings)
        if node is not None and node.name == "CompanySettings" and node.in_metadata:
            found.append((component, node))
    organization: dict[str, object] = {}
    for _, node in unique(found):
        organization |= _read(node)
    return LoadedCompany(organization, findings.sorted(), frozenset(node.source.file for _, node in found))


def _read(node: Node) -> Mapping[str, object]:
    check_elements(node, "CompanySettings")
    if node.flag("enableCustomFiscalYear"):
        node.error("custom fiscal years are not supported here", "enableCustomFiscalYear")
    year = node.node("fiscalYear")
    if year is None:
        return {}
    check_elements(year, "FiscalYearSettings")
    said: dict[str, object] = {}
    month = year.choice("startMonth", _MONTHS)
    if month is not None:
        said["FiscalYearStartMonth"] = _MONTHS.index(month) + 1
    named = year.choice("fiscalYearNameBasedOn", _NAMED_BY_START)
    if named is not None:
        said["UsesStartDateAsFiscalYearName"] = _NAMED_BY_START[named]
    return said
