"""Findings: what reading a project has to say, each with file and line; all of them, never just the first."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How much a finding matters, most first."""

    ERROR = "error"
    """The file is broken: a project with one is not loaded."""
    WARNING = "warning"
    """Something the file asks for does not happen here."""
    NOTE = "note"
    """Something was read and is not used."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `file` is relative to the project, with slashes; `line` counts from 1.

    `what` names the component (`CustomField Account.Region__c`), `message` says what is the matter with it.
    """

    file: str
    line: int
    severity: Severity
    what: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity.value}: {self.what}: {self.message}"


class Findings:
    """Findings as they are made; the same one twice is one."""

    def __init__(self) -> None:
        self._made: dict[Finding, None] = {}

    def add(self, finding: Finding) -> None:
        self._made[finding] = None

    def error(self, file: str, line: int, what: str, message: str) -> None:
        self.add(Finding(file, line, Severity.ERROR, what, message))

    def warning(self, file: str, line: int, what: str, message: str) -> None:
        self.add(Finding(file, line, Severity.WARNING, what, message))

    def note(self, file: str, line: int, what: str, message: str) -> None:
        self.add(Finding(file, line, Severity.NOTE, what, message))

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._made)

    def sorted(self) -> tuple[Finding, ...]:
        """By file and line."""
        return tuple(sorted(self._made, key=lambda each: (each.file, each.line, each.what, each.message)))
