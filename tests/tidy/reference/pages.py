"""Every page, or part of a page, of docs/reference that is written by a program."""

from collections.abc import Callable, Mapping
from typing import Final

from tests.conformance import reference as conformance
from tests.tidy.reference.coverage import coverage_page
from tests.tidy.reference.errors import errors_page
from tests.tidy.reference.evidence import ROOT
from tests.tidy.reference.hub import hub_page
from tests.tidy.reference.save_order import save_order_page
from tests.tidy.reference.settings import settings_page
from tests.unit.org.schema.sfdx import test_reference as project

FOLDER: Final = ROOT / "docs" / "reference"

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "conformance.md": lambda: conformance.page_with_table(conformance.PAGE.read_text("utf-8")),
    "coverage.md": coverage_page,
    "errors.md": errors_page,
    "hub.md": hub_page,
    "project.md": project.written,
    "save-order.md": save_order_page,
    "settings.md": settings_page,
}


def write() -> list[str]:
    """Write every page that differs; returns their names."""
    written = []
    for name, make in PAGES.items():
        text, file = make(), FOLDER / name
        if not file.is_file() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
            written.append(name)
    return written
