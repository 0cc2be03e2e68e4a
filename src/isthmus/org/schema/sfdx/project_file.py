"""`sfdx-project.json`: where a project's metadata lies, and for which version of the API."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from isthmus.org.schema.sfdx.findings import Findings

NAME: Final = "sfdx-project.json"
DEFAULT_VERSION: Final = "65.0"


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """What the file says. `directories` are relative to the root, with slashes, in the file's order."""

    directories: tuple[str, ...]
    default_directory: str
    source_api_version: str = DEFAULT_VERSION
    namespace: str = ""
    name: str = ""


def read_project_file(root: Path, findings: Findings) -> ProjectFile | None:
    """The project file of the folder `root`; None, and an error, where there is none that can be used."""
    path = root / NAME
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        findings.error(NAME, 1, "project", f"there is no {NAME} in {root.name or root}: not an SFDX project")
        return None
    except (OSError, UnicodeDecodeError) as error:
        findings.error(NAME, 1, "project", f"the file can't be read: {error}")
        return None
    try:
        content = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        findings.error(NAME, _line_of_error(text, error), "project", f"not JSON: {error}")
        return None
    if not isinstance(content, Mapping):
        findings.error(NAME, 1, "project", "the file must hold a JSON object")
        return None
    return _read(root, text, content, findings)


def _read(root: Path, text: str, content: Mapping[str, object], findings: Findings) -> ProjectFile | None:
    entries = content.get("packageDirectories")
    line = _line_of(text, '"packageDirectories"')
    if not isinstance(entries, list) or not entries:
        findings.error(NAME, line, "project", '"packageDirectories" must list at least one folder')
        return None
    directories: list[str] = []
    default = ""
    for entry in entries:
        directory = _directory(root, text, entry, findings)
        if directory is None:
            continue
        if directory in directories:
            findings.error(NAME, line, "project", f"the package directory {directory} is listed twice")
            continue
        directories.append(directory)
        if entry.get("default") is True:
            default = directory
    if not directories:
        return None
    version = content.get("sourceApiVersion", DEFAULT_VERSION)
    if not (isinstance(version, str) and re.fullmatch(r"\d{2,3}\.0", version)):
        where = _line_of(text, '"sourceApiVersion"')
        findings.error(NAME, where, "project", f'"sourceApiVersion" must be like "65.0", not {version!r}')
        version = DEFAULT_VERSION
    return ProjectFile(
        tuple(directories),
        default or directories[0],
        version,
        str(content.get("namespace") or ""),
        str(content.get("name") or ""),
    )


def _directory(root: Path, text: str, entry: object, findings: Findings) -> str | None:
    """One package directory, as a relative path; None, and an error, where it can't be used."""
    path = entry.get("path") if isinstance(entry, Mapping) else None
    if not isinstance(path, str) or not path.strip():
        line = _line_of(text, '"packageDirectories"')
        findings.error(NAME, line, "project", 'a package directory needs a "path"')
        return None
    line = _line_of(text, f'"{path}"')
    parts = [part for part in PurePosixPath(path.replace("\\", "/")).parts if part != "."]
    if ".." in parts or (parts and (parts[0] == "/" or ":" in parts[0])):
        findings.error(NAME, line, "project", f"the package directory {path} lies outside the project")
        return None
    if not root.joinpath(*parts).is_dir():
        findings.error(NAME, line, "project", f"the package directory {path} does not exist")
        return None
    return "/".join(parts) or "."


def _line_of(text: str, needle: str) -> int:
    at = text.find(needle)
    return text.count("\n", 0, at) + 1 if at >= 0 else 1


def _line_of_error(text: str, error: msgspec.DecodeError) -> int:
    """The line of msgspec's byte offset, which its message ends with."""
    found = re.search(r"byte (\d+)", str(error))
    return text.encode("utf-8").count(b"\n", 0, int(found[1])) + 1 if found else text.count("\n") + 1
