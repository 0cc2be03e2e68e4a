"""Scanning: every file of a project's package directories, grouped into the components it belongs to."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from isthmus.org.schema.sfdx.findings import Findings
from isthmus.org.schema.sfdx.ignore import IgnoreRules
from isthmus.org.schema.sfdx.metadata_types import (
    MetadataType,
    Shape,
    metadata_types,
    type_of,
    type_of_folder,
)
from isthmus.org.schema.sfdx.project_file import ProjectFile

META: Final = "-meta.xml"
FILES_MAX: Final = 100_000
"""Files a project may have."""


@dataclass(frozen=True, slots=True)
class Component:
    """One component. `name` is its full name (`Account.Region__c` for a field); paths begin at the project.

    `document` is the XML file that describes it, where there is one.
    """

    type: MetadataType
    name: str
    document: str | None
    files: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The path by which people know the component: its content, its folder, or its one file."""
        bundle = self.type.shape is Shape.BUNDLE
        content = [file for file in self.files if bundle or file != self.document] or list(self.files)
        return os.path.commonpath(content) + "/" if len(content) > 1 else content[0]

    @property
    def what(self) -> str:
        return f"{self.type.name} {self.name}"


@dataclass(frozen=True, slots=True)
class Scan:
    """What lies in the package directories: components, and the files that belong to no known type."""

    components: tuple[Component, ...]
    unknown: tuple[str, ...]
    ignored: int
    """How many files and folders are left out."""


@dataclass(slots=True)
class _Group:
    type: MetadataType
    name: str
    document: str | None = None
    files: list[str] = field(default_factory=list)


def scan(root: Path, project: ProjectFile, findings: Findings) -> Scan:
    """Walk the package directories of the project in `root`. What can't be walked is an error."""
    rules = _ignore_rules(root, findings)
    groups: dict[tuple[str, ...], _Group] = {}
    unknown: list[str] = []
    counts = {"ignored": 0, "files": 0}
    for directory in _outermost(project.directories):
        for file, inner in _files(root, directory, rules, counts, findings):
            found = _identify(inner)
            if found is None:
                unknown.append(file)
                continue
            kind, name, is_document = found
            gathered = kind.shape in (Shape.BUNDLE, Shape.RESOURCE)
            key = (kind.name, name, directory if gathered else file.rpartition("/")[0])
            group = groups.setdefault(key, _Group(kind, name))
            group.files.append(file)
            if is_document:
                group.document = file
    components = [
        Component(each.type, each.name, each.document, tuple(each.files)) for each in groups.values()
    ]
    return Scan(tuple(components), tuple(unknown), counts["ignored"])


def _ignore_rules(root: Path, findings: Findings) -> IgnoreRules:
    try:
        text = (root / ".forceignore").read_text("utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        findings.error(".forceignore", 1, "project", f"the file can't be read: {error}")
        text = ""
    return IgnoreRules.parse(text)


def _outermost(directories: tuple[str, ...]) -> list[str]:
    """The directories without those that lie in another one."""
    return [
        each
        for each in directories
        if not any(each != other and (other == "." or each.startswith(other + "/")) for other in directories)
    ]


def _files(
    root: Path, directory: str, rules: IgnoreRules, counts: dict[str, int], findings: Findings
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each file of a package directory: its path from the root, and its path's parts below the directory."""

    def refused(error: OSError) -> None:
        findings.error(directory, 1, "project", f"the folder can't be read: {error}")

    start = root if directory == "." else root / directory
    for folder, folders, names in os.walk(start, onerror=refused):
        below = Path(folder).relative_to(root).as_posix()
        prefix = "" if below == "." else below + "/"
        kept = [each for each in sorted(folders) if not rules.matches(prefix + each, folder=True)]
        counts["ignored"] += len(folders) - len(kept)
        folders[:] = kept
        inner = Path(folder).relative_to(start).parts
        for name in sorted(names):
            if rules.matches(prefix + name, folder=False):
                counts["ignored"] += 1
                continue
            counts["files"] += 1
            if counts["files"] > FILES_MAX:
                findings.error(directory, 1, "project", f"the project has more than {FILES_MAX:,} files")
                return
            yield prefix + name, (*inner, name)


def _identify(parts: tuple[str, ...]) -> tuple[MetadataType, str, bool] | None:
    """The type and full name a file belongs to, and whether it is the XML that describes the component."""
    for at, folder in enumerate(parts[:-1]):
        kind = type_of_folder(folder)
        if kind is not None and kind.shape is Shape.BUNDLE:
            return _bundle(kind, parts[at + 1 :])
        if kind is not None and (found := _resource(kind, parts[at + 1 :])):
            return found
    *folders, leaf = parts
    stem, is_meta = leaf.removesuffix(META), leaf.endswith(META)
    kind = type_of(_suffix(stem), tuple(folders))
    if kind is None or not (is_meta or kind.folder in folders):
        return None
    name = _full_name(kind, stem[: -len(kind.suffix) - 1], folders)
    return kind, name, is_meta or kind.shape is Shape.FILE


def _bundle(kind: MetadataType, inside: tuple[str, ...]) -> tuple[MetadataType, str, bool] | None:
    """A bundle's files lie in a folder of its name; the one `-meta.xml` of that name describes it."""
    name = inside[0].split(".")[0]
    stem, is_meta = inside[-1].removesuffix(META), inside[-1].endswith(META)
    if len(inside) == 1 and not is_meta:
        return None
    described = is_meta and stem.split(".")[0] == name and (not kind.suffix or _suffix(stem) == kind.suffix)
    return kind, name, described


def _resource(kind: MetadataType, inside: tuple[str, ...]) -> tuple[MetadataType, str, bool] | None:
    """A resource is any file, or a folder of files; a `-meta.xml` beside it describes it.

    None where the file describes something else: the folder that resources lie in.
    """
    stem, is_meta = inside[-1].removesuffix(META), inside[-1].endswith(META)
    if is_meta and type_of(_suffix(stem), (kind.folder,)) not in (None, kind):
        return None
    if kind.in_folders:
        return kind, "/".join((*inside[:-1], stem.split(".")[0])), is_meta
    return kind, inside[0].split(".")[0], is_meta and len(inside) == 1


def _full_name(kind: MetadataType, stem: str, folders: list[str]) -> str:
    """`Parent.child` for a part of a decomposed type, `Folder/name` where folders count, else the file's."""
    if kind.under is not None:
        owner = _below(folders, metadata_types()[kind.under].folder)
        return f"{owner[0] if owner else folders[-1] if folders else ''}.{stem}"
    return "/".join((*_below(folders, kind.folder), stem)) if kind.in_folders else stem


def _below(folders: list[str], folder: str) -> list[str]:
    """What lies below the innermost folder of that name."""
    if folder not in folders:
        return []
    return folders[len(folders) - folders[::-1].index(folder) :]


def _suffix(stem: str) -> str:
    return stem.rpartition(".")[2] if "." in stem else ""
