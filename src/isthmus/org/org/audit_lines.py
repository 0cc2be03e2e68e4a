"""Audit lines: what the setup audit trail says of a change, by the words of `setup_audit.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from isthmus.kernel.database import Transaction
from isthmus.org.schema.tables import quoted

_DISPLAY_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line, as the fields of SetupAuditTrail are called."""

    action: str
    section: str
    display: str

    @property
    def record(self) -> dict[str, object]:
        return {"Action": self.action, "Section": self.section, "Display": self.display}


def line(which: str, /, **values: object) -> Line:
    """The line of that name, with its words filled in."""
    entry = entries()[which]
    display = entry["display"].format_map(values)
    return Line(
        entry["action"].format_map(values), entry["section"].format_map(values), display[:_DISPLAY_MAX]
    )


@cache
def entries() -> Mapping[str, Mapping[str, str]]:
    """Every line: its action, section, display, and where they are known from."""
    return tomllib.loads(files(__package__).joinpath("setup_audit.toml").read_text("utf-8"))


def label(tx: Transaction, sobject: str, field: str, record_id: object) -> str:
    """What a record is called; its id where it is gone."""
    sql = f'SELECT {quoted(field)} FROM {quoted(sobject)} WHERE "Id" = ?'
    row = tx.row(sql, (str(record_id),))
    return str(row[0]) if row is not None and row[0] is not None else str(record_id)


def short(record_id: object) -> str:
    """An id as lines quote it."""
    return str(record_id)[:15]
