"""Does docs/reference/project.md name every metadata type as the table has it?

Run as a program, this file writes the page's list anew.
"""

from pathlib import Path

from isthmus.org.schema.sfdx.field_rules import FIELD_RULES, NOT_HERE
from isthmus.org.schema.sfdx.metadata_types import Standing, metadata_types

PAGE = Path(__file__).parents[5] / "docs" / "reference" / "project.md"
BEGIN = "<!-- types: written by tests/unit/org/schema/sfdx/test_reference.py -->\n"
END = "<!-- end of types -->\n"
HEADINGS = {
    Standing.RUNS: "They run",
    Standing.LATER: "Read and checked, not run yet",
    Standing.HANDLER: "Code that a Python handler in `handlers/` stands for",
    Standing.ASIDE: "Read; no part in what crosses a wire",
}


def types() -> str:
    """The list of types, by what becomes of them."""
    paragraphs = []
    for standing, heading in HEADINGS.items():
        names = sorted(name for name, each in metadata_types().items() if each.standing is standing)
        paragraphs.append(f"**{heading}.** {', '.join(names)}\n")
    return "\n".join(paragraphs)


def written() -> str:
    head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{types()}\n{END}{tail}"


def test_the_page_keeps_up_with_the_table() -> None:
    assert PAGE.read_text("utf-8") == written(), f"run python {Path(__file__).name} to write the page anew"


def test_the_page_names_every_field_type() -> None:
    text = PAGE.read_text("utf-8")
    assert not [name for name in (*FIELD_RULES, *NOT_HERE) if name not in text]


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
