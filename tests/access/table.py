"""The table of `matrix.toml`: who may ask what, as values."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
COLUMNS: Final = (
    "allowed",
    "no_token",
    "expired",
    "other_user",
    "no_api",
    "no_object",
    "no_field",
    "no_record",
)
_UNSUCCESSFUL: Final = '"successful":false'
"""What CometD says with the status 200."""
_REQUEST: Final = ("ask", "body", "form", "soap", "cometd", "token", "headers")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked; texts with `{names}` of what the world has made."""

    ask: str
    body: str | None = None
    form: str | None = None
    soap: str | None = None
    cometd: str | None = None
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """One request by one caller, and what must come back. `twin`: the same by who may."""

    caller: str
    request: Request
    expected: str
    twin: str

    @property
    def denied(self) -> bool:
        return self.expected.split()[0] >= "400" or _UNSUCCESSFUL in self.expected


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: a route, and its cells; `unasked` says of columns why they ask nothing."""

    route: str
    cells: tuple[Cell, ...]
    unasked: dict[str, str]

    @property
    def name(self) -> str:
        request = self.cells[0].request
        return f"{request.ask} {request.soap or request.cometd or ''}".strip()


def load() -> tuple[Line, ...]:
    """Every line. Raises KeyError where one lacks a column."""
    table = tomllib.loads((FOLDER / "matrix.toml").read_text("utf-8"))
    return tuple(_line(entry) for entry in table["route"])


def _line(entry: dict[str, Any]) -> Line:
    request = Request(**{name: entry[name] for name in _REQUEST if name in entry})
    of_field = Request(
        ask=entry.get("field_ask", request.ask), body=entry.get("field_body"), headers=request.headers
    )
    cells, unasked = [], {}
    for column in COLUMNS:
        expected = entry[column]
        if expected.startswith("- "):
            unasked[column] = expected[2:]
            continue
        asks_field = column == "no_field" and "field_ask" in entry
        twin = entry.get("field_allowed", entry["allowed"]) if asks_field else entry["allowed"]
        cells.append(Cell(column, of_field if asks_field else request, expected, twin))
    return Line(entry["route"], tuple(cells), unasked)
