"""Check: what of an SFDX project runs here, by file; the answer of `isthmus check PROJECT`."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, TypeAlias

from isthmus.org.schema.model import ObjectKind, Schema, SObjectType
from isthmus.org.schema.sfdx.drafts import ACTIVITIES, ACTIVITY
from isthmus.org.schema.sfdx.field_rules import in_words
from isthmus.org.schema.sfdx.findings import Finding, Severity
from isthmus.org.schema.sfdx.metadata_types import Standing, partly
from isthmus.org.schema.sfdx.picklists import standard_value_sets
from isthmus.org.schema.sfdx.project import Project, load_project
from isthmus.org.schema.sfdx.scan import Component
from isthmus.org.schema.standard import standard_objects


class Verdict(Enum):
    """What becomes of a component; the value is the report's heading."""

    RUNS = "Runs here"
    PARTLY = "Runs in part"
    READ = "Read, not run"
    HANDLER = "Handler gaps"
    UNKNOWN = "Not known"
    BROKEN = "Broken"


Load: TypeAlias = Callable[[Path, Iterable[SObjectType]], Project]
"""What reads a project over the standard objects."""

_COUNTED: Final = {
    Verdict.RUNS: "run",
    Verdict.PARTLY: "run in part",
    Verdict.READ: "read but not run",
    Verdict.HANDLER: "handler gaps",
    Verdict.UNKNOWN: "not known",
    Verdict.BROKEN: "broken",
}
_SAID_TO_RUN: Final = frozenset(
    {
        "CustomPermission",
        "Flow",
        "Group",
        "MutingPermissionSet",
        "PermissionSet",
        "PermissionSetGroup",
        "Profile",
        "Queue",
        "Role",
        "Settings",
        "SharingRules",
    }
)
"""Types that are no part of the schema: who reads them says which of their documents run."""
_UNSAID: Final = {
    Standing.LATER: "read, not run yet",
    Standing.ASIDE: "read; has no part in what crosses a wire",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """One component, or one file that belongs to none. `path` is the file by which people know it."""

    path: str
    kind: str
    verdict: Verdict
    says: tuple[str, ...] = ()
    files: int = 1


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything that `isthmus check` says. `lines` by path."""

    project: Project
    lines: tuple[Checked, ...]

    @property
    def ok(self) -> bool:
        """Whether an org would load the project."""
        return not self.project.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        return self.project.errors

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.project.findings if each.severity is Severity.WARNING)

    @property
    def files(self) -> int:
        return sum(each.files for each in self.lines)

    def count(self, verdict: Verdict) -> int:
        return sum(each.verdict is verdict for each in self.lines)

    def of(self, verdict: Verdict) -> tuple[Checked, ...]:
        return tuple(each for each in self.lines if each.verdict is verdict)


def check_project(
    root: Path, standard: Schema | Iterable[SObjectType] | None = None, load: Load = load_project
) -> CheckReport:
    """Read the project in the folder `root` over the `standard` objects (default: a plain org's).

    `load` reads it: with what is known of its automation where that is to be checked as well.
    """
    project = load(root, standard_objects() if standard is None else standard)
    findings: dict[str, list[Finding]] = {}
    for each in project.findings:
        findings.setdefault(each.file, []).append(each)
    objects = {each.name.lower(): each for each in project.objects}
    lines = [_check(each, findings, project, objects) for each in project.components]
    lines += [Checked(file, "file", Verdict.UNKNOWN, ("of no known type",)) for file in project.unknown_files]
    return CheckReport(project, tuple(sorted(lines, key=lambda each: each.path)))


def _check(
    component: Component,
    findings: dict[str, list[Finding]],
    project: Project,
    objects: dict[str, SObjectType],
) -> Checked:
    mine = [each for file in component.files for each in findings.get(file, ())]
    errors = [each for each in mine if each.severity is Severity.ERROR]
    standing, runs = component.type.standing, component.document in project.running
    says = [component.type.says or ("" if runs else _UNSAID.get(standing, ""))]
    if errors:
        verdict = Verdict.BROKEN
        says = [f"{len(errors)} error{'s' * (len(errors) > 1)}, below"]
    elif standing is Standing.HANDLER:
        verdict = Verdict.HANDLER
    elif not runs and (standing in _UNSAID or component.type.name in _SAID_TO_RUN):
        verdict = Verdict.READ
    elif not _is_there(component, project, objects):
        verdict = Verdict.UNKNOWN
    elif any(each.severity is Severity.WARNING for each in mine):
        verdict = Verdict.PARTLY
    elif (owner := _owner(component, objects)) is not None and owner.kind is ObjectKind.EXTERNAL:
        verdict = Verdict.PARTLY
        says.append(f"described, like its {owner.kind.value}")
    else:
        verdict = Verdict.RUNS
    said = [] if errors else [each.message for each in mine]
    if verdict is Verdict.READ and component.type.name in _SAID_TO_RUN:
        said = [f"line {each.line}: {each.message}" for each in mine]
    texts = dict.fromkeys(text for text in (*says, *said) if text)
    return Checked(component.shown, _kind(component, objects), verdict, tuple(texts), len(component.files))


def _is_there(component: Component, project: Project, objects: dict[str, SObjectType]) -> bool:
    """Whether what the component declares is part of what came of the project."""
    owner, _, name = component.name.partition(".")
    kind = component.type.name
    if kind in _SAID_TO_RUN:
        return True
    if kind == "CustomMetadata":
        records = project.metadata_records.get(f"{owner}__mdt", ())
        return any(each["DeveloperName"] == name for each in records)
    if kind == "StandardValueSet":
        return any(path.partition(".")[0].lower() in objects for path in standard_value_sets().get(owner, ()))
    if kind == "GlobalValueSet":
        return True
    owners = ACTIVITIES if owner == ACTIVITY else (owner,)
    found = [objects[each.lower()] for each in owners if each.lower() in objects]
    if kind == "CustomField":
        return any(each.field(name) is not None for each in found)
    if kind == "RecordType":
        return any(name == each.developer_name for sobject in found for each in sobject.record_types)
    return bool(found)


def _owner(component: Component, objects: dict[str, SObjectType]) -> SObjectType | None:
    """The object that a field or other part belongs to."""
    return objects.get(component.name.partition(".")[0].lower()) if component.type.under else None


def _kind(component: Component, objects: dict[str, SObjectType]) -> str:
    """What the component is, in words: `custom field`, `platform event`, `static resource`."""
    found = objects.get(component.name.lower()) if component.type.name == "CustomObject" else None
    if found is not None:
        return in_words(found.kind)
    name = component.type.name.removesuffix("Bundle")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def render(report: CheckReport) -> str:
    """The report as text: a section for each verdict, the errors, the counts."""
    project = report.project
    out: list[str] = []
    if project.file is not None:
        directories = ", ".join(project.file.directories)
        out.append(f"{project.root} · API {project.file.source_api_version} · {directories}")
    for verdict in Verdict:
        if lines := report.of(verdict):
            out += ["", f"{verdict.value} ({len(lines)})"]
            out += [f"  {_line(each)}" for each in lines]
            if verdict is Verdict.HANDLER and (handlers := _handlers(project.root)):
                out.append(f"  ({handlers})")
    for heading, found in (("Warnings", report.warnings), ("Errors", report.errors)):
        if found:
            out += ["", f"{heading} ({len(found)})", *(f"  {each}" for each in found)]
    return "\n".join((*out, "", *_counts(report))).lstrip("\n") + "\n"


def _line(each: Checked) -> str:
    says = "; ".join(each.says)
    kind = "" if says.lower().startswith(each.kind) or each.kind == "file" else each.kind
    if each.verdict is Verdict.HANDLER:
        kind = ""
    return f"{each.path} — {': '.join(text for text in (kind, says) if text)}"


def _handlers(root: Path) -> str | None:
    handlers = root / "handlers"
    count = len(list(handlers.glob("*.py"))) if handlers.is_dir() else 0
    return partly("handlers", count=f"{count} file{'s' * (count != 1)}") if count else None


def _counts(report: CheckReport) -> list[str]:
    kinds = len({each.type.name for each in report.project.components})
    counted = Counter(each.verdict for each in report.lines)
    parts = [f"{counted[verdict]} {words}" for verdict, words in _COUNTED.items()]
    errors = len(report.errors)
    warnings = len(report.warnings)
    ignored = f", {report.project.ignored} left out" if report.project.ignored else ""
    return [
        f"{report.files} files, {len(report.lines)} components of {kinds} types{ignored}",
        f"{', '.join(parts)}",
        f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
        + ("" if report.ok else ": the project is not loaded"),
    ]
