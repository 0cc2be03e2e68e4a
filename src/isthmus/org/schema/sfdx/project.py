"""Projects: an SFDX project, loaded: its objects, its records, its other components, and what is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from isthmus.org.schema.model import PicklistValue, Schema, SObjectType
from isthmus.org.schema.sfdx.custom_metadata import RecordReference, read_records
from isthmus.org.schema.sfdx.drafts import PARTS, gather
from isthmus.org.schema.sfdx.findings import Finding, Findings, Severity
from isthmus.org.schema.sfdx.links import Links, Summary
from isthmus.org.schema.sfdx.objects import Built, build_object
from isthmus.org.schema.sfdx.overrides import with_standard_values
from isthmus.org.schema.sfdx.picklists import read_global_values, read_standard_values
from isthmus.org.schema.sfdx.project_file import ProjectFile, read_project_file
from isthmus.org.schema.sfdx.reading import Documents, read_documents, unique
from isthmus.org.schema.sfdx.record_types import record_types
from isthmus.org.schema.sfdx.scan import Component, Scan, scan
from isthmus.org.schema.sfdx.sharing_reasons import sharing_reasons
from isthmus.org.schema.sfdx.status_tables import status_tables


class ProjectBroken(Exception):
    """A project with errors is not loaded; `findings` holds all of them."""

    def __init__(self, root: Path, findings: tuple[Finding, ...]) -> None:
        noun = "error" if len(findings) == 1 else "errors"
        lines = "\n".join(f"  {each}" for each in findings)
        super().__init__(f"{root} has {len(findings)} {noun}, and is not loaded:\n{lines}")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Project:
    """What a project says. `objects` are all of an org's: the standard ones, extended, and the project's own.

    A new object has no key prefix yet: whoever keeps the schema gives it one, for good. `components` holds
    everything that was recognised, by path: flows, workflows, permission sets, … for those who run them.
    """

    root: Path
    file: ProjectFile | None
    objects: tuple[SObjectType, ...]
    declared: tuple[str, ...] = ()
    """Names of the objects that the project adds or touches."""
    metadata_records: Mapping[str, tuple[Mapping[str, object], ...]] = field(default_factory=dict)
    """Custom metadata records, as wire values by object; told apart by DeveloperName."""
    metadata_references: tuple[RecordReference, ...] = ()
    """What those records refer to, to be filled in once all of them have ids."""
    status_records: Mapping[str, tuple[Mapping[str, object], ...]] = field(default_factory=dict)
    """The status tables (OpportunityStage, …) of the value sets it replaces, alike; told apart by ApiName."""
    summaries: tuple[Summary, ...] = ()
    components: tuple[Component, ...] = ()
    unknown_files: tuple[str, ...] = ()
    ignored: int = 0
    running: frozenset[str] = frozenset()
    """Documents that run and are no part of the schema, where the project was loaded with what reads them."""
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)


def load_project(root: Path, standard: Schema | Iterable[SObjectType]) -> Project:
    """The project in the folder `root`, over the `standard` objects.

    Never raises for what a file says: everything that is wrong is among the findings, and what could be read
    is there. For an org that runs, see `load_whole`.
    """
    findings = Findings()
    base = tuple(standard)
    file = read_project_file(root, findings)
    if file is None:
        return Project(root, None, base, findings=findings.sorted())
    found = scan(root, file, findings)
    if file.namespace:
        findings.note(
            "sfdx-project.json", 1, "project", f"the namespace {file.namespace} is not put before names here"
        )
    documents = read_documents(root, found, findings)
    return _assemble(root, file, found, documents, base, findings)


def load_whole(root: Path, standard: Schema | Iterable[SObjectType]) -> Project:
    """The project in the folder `root`, without an error in it. Raises ProjectBroken, with all of them."""
    project = load_project(root, standard)
    if project.errors:
        raise ProjectBroken(root, project.errors)
    return project


def _assemble(
    root: Path,
    file: ProjectFile,
    found: Scan,
    documents: Documents,
    base: tuple[SObjectType, ...],
    findings: Findings,
) -> Project:
    by_type: dict[str, Documents] = {}
    for component, node in documents:
        by_type.setdefault(component.type.name, []).append((component, node))
    sets = unique(by_type.get("GlobalValueSet", []))
    shared = {component.name: read_global_values(node) for component, node in sets}
    sets = unique(by_type.get("StandardValueSet", []))
    states = {component.name: read_standard_values(node, component.name) for component, node in sets}
    based = with_standard_values(base, states)
    built = _build(documents, based, shared)
    links = Links(based, built)
    objects = {each.name.lower(): each for each in links.tie()}
    for each in built:
        if types := record_types(each.draft, each.object):
            objects[each.object.name.lower()] = replace(each.object, record_types=types)
        if reasons := sharing_reasons(each.draft, each.object):
            name = each.object.name.lower()
            objects[name] = replace(objects[name], sharing_reasons=reasons)
    metadata = read_records(by_type.get("CustomMetadata", []), objects)
    return Project(
        root=root,
        file=file,
        objects=tuple(objects.values()),
        declared=tuple(each.object.name for each in built),
        metadata_records=metadata.records,
        metadata_references=tuple(metadata.references),
        status_records=status_tables(states),
        summaries=tuple(links.summaries),
        components=tuple(sorted(found.components, key=lambda each: (each.files[0], each.name))),
        unknown_files=found.unknown,
        ignored=found.ignored,
        findings=findings.sorted(),
    )


def _build(
    documents: Documents, based: Iterable[SObjectType], shared: Mapping[str, tuple[PicklistValue, ...]]
) -> list[Built]:
    standard = {each.name.lower(): each for each in based}
    parts = [each for each in documents if each[0].type.name in PARTS]
    drafts = gather(parts)
    made = (build_object(draft, standard.get(name), shared) for name, draft in drafts.items())
    return [each for each in made if each is not None]
