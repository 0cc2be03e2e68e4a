"""Definition: what an org is made of, from the standard objects, an overlay and an SFDX project.

It is read at the start, and again whenever the project's files have changed while the org runs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from isthmus.org.automation.flow.loader import LoadedFlows, load_flows
from isthmus.org.provision import Declared, DeclaredFlow
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.overlay import load_overlay
from isthmus.org.schema.sfdx.company import LoadedCompany, load_company
from isthmus.org.schema.sfdx.findings import Findings
from isthmus.org.schema.sfdx.project import Project, ProjectBroken, load_project
from isthmus.org.schema.standard import standard_objects
from isthmus.org.schema.store import MetadataRecords
from isthmus.org.security.metadata.loader import LoadedSecurity, load_security
from isthmus.org.security.sharing.model import sharing_model
from isthmus.settings import Settings


@dataclass(frozen=True, slots=True)
class Definition:
    """The objects of an org, the records that come with them, who may do what, and what runs on saves."""

    objects: tuple[SObjectType, ...]
    metadata_records: MetadataRecords = field(default_factory=dict)
    declared: Declared = field(default_factory=Declared)
    flows: LoadedFlows = field(default_factory=LoadedFlows)
    security: LoadedSecurity = field(default_factory=LoadedSecurity)


def base_objects(settings: Settings) -> tuple[SObjectType, ...]:
    """The standard objects, with the overlay that the settings name. Raises OverlayBroken."""
    standard = standard_objects()
    if settings.org.overlay is None:
        return standard
    return load_overlay(settings.root / settings.org.overlay, standard)


def read_definition(settings: Settings) -> Definition:
    """What `settings` define. Raises OverlayBroken, ProjectBroken: every error, by file and line."""
    base = base_objects(settings)
    if settings.project is None:
        return Definition(base)
    return of_project(load_project(settings.project, base))


def of_project(project: Project) -> Definition:
    """What a project defines. Raises ProjectBroken: every error that any part of it has."""
    flows, security, company = load_flows(project), _security(project), load_company(project)
    if errors := _with_parts(project, flows, security, company).errors:
        raise ProjectBroken(project.root, errors)
    return Definition(
        objects=project.objects,
        metadata_records=project.metadata_records,
        declared=Declared(
            statuses=project.status_records,
            references=project.metadata_references,
            organization=company.organization,
            security=security,
            flows=tuple(DeclaredFlow(each.name, each.label, each.checksum) for each in flows.flows),
        ),
        flows=flows,
        security=security,
    )


def load_to_check(root: Path, standard: Schema | Iterable[SObjectType]) -> Project:
    """As `load_project`, with what there is to be said of what is no part of the schema, and what runs."""
    project = load_project(root, standard)
    return _with_parts(project, load_flows(project), _security(project), load_company(project))


def _security(project: Project) -> LoadedSecurity:
    return load_security(project, sharing_model(Schema(project.objects)).default)


def _with_parts(
    project: Project, flows: LoadedFlows, security: LoadedSecurity, company: LoadedCompany
) -> Project:
    findings = Findings()
    for each in (*project.findings, *flows.findings, *security.findings, *company.findings):
        findings.add(each)
    running = flows.documents | security.documents | company.documents
    return replace(project, findings=findings.sorted(), running=running)
