"""The error catalogue: every error the org can answer with, one entry each in the `*.toml` files beside it.

A *row error* says what is wrong with one record and is a value; a *fault* ends the request and is an
exception. Both are made from a catalogue entry by its name, so that code, message, HTTP status and whether a
retry can help are written down once. Each wire renders them at its own edge.

    [required_field_missing]
    code = "REQUIRED_FIELD_MISSING"            # the platform's code, as on the wire
    message = "Required fields are missing: [{names}]"
    status = 400
    retryable = false
    source = "…"                                # where the platform says so

>>> row_error("required_field_missing", "LastName", names="LastName").message
'Required fields are missing: [LastName]'
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

VALUE_SHOWN_MAX: Final = 131_072
"""Characters of a value that a message repeats: what the longest text field holds. The rest is left out."""


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One line of the catalogue. `message` is a `str.format` template."""

    name: str
    code: str
    message: str
    status: int
    retryable: bool
    source: str


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one record: a value, collected per row. `fields` are API names in canonical case."""

    entry: ErrorEntry
    message: str
    fields: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return self.entry.code


class Fault(Exception):
    """What ends a request. `position` is (row, column), both from 1, where a query's text is at fault."""

    def __init__(
        self,
        entry: ErrorEntry,
        message: str,
        fields: tuple[str, ...] | None = None,
        position: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(f"{entry.code}: {message}")
        self.entry = entry
        self.message = message
        self.fields = fields
        self.position = position

    @property
    def code(self) -> str:
        return self.entry.code

    @property
    def status(self) -> int:
        return self.entry.status


def row_error(name: str, *fields: str, **values: object) -> RowError:
    """The row error `name` for `fields`, its message filled with `values`. Raises KeyError: no such name."""
    entry = catalogue()[name]
    return RowError(entry, _message(entry, values), fields)


def fault(
    name: str,
    *,
    fields: tuple[str, ...] | None = None,
    position: tuple[int, int] | None = None,
    **values: object,
) -> Fault:
    """The fault `name`, to be raised, its message filled with `values`. Raises KeyError: no such name."""
    entry = catalogue()[name]
    return Fault(entry, _message(entry, values), fields, position)


def _message(entry: ErrorEntry, values: Mapping[str, object]) -> str:
    shown = {
        name: f"{value[:VALUE_SHOWN_MAX]}…"
        if isinstance(value, str) and len(value) > VALUE_SHOWN_MAX
        else value
        for name, value in values.items()
    }
    return entry.message.format(**shown)


@cache
def catalogue() -> dict[str, ErrorEntry]:
    """Every entry by name. Raises ValueError where two files define the same name."""
    entries: dict[str, ErrorEntry] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".toml"):
            continue
        for name, entry in tomllib.loads(file.read_text("utf-8")).items():
            if name in entries:
                raise ValueError(f"{file.name}: the error {name} is in the catalogue already")
            entries[name] = ErrorEntry(name=name, **entry)
    return entries
