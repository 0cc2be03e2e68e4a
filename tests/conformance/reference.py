"""The corpus's page in the reference: `python -m tests.conformance.reference` writes its table anew."""

import re
from collections import Counter
from pathlib import Path
from typing import Final

from tests.conformance.corpus import load

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"
_BEGIN: Final = "<!-- areas: written by python -m tests.conformance.reference -->"
_END: Final = "<!-- end of areas -->"


def table() -> str:
    """Every area with its number of cases, by how sure they are."""
    lines = [
        "| area | what | cases | documented | recorded | known |",
        "|---|---|--:|--:|--:|--:|",
    ]
    total: Counter[str] = Counter()
    for area in load():
        sure = Counter(case.confidence for case in area.cases)
        total += sure
        lines.append(f"| {area.name} | {area.about} | {_counts(sure)} |")
    lines.append(f"| | **all** | {_counts(total)} |")
    return "\n".join(lines)


def _counts(sure: Counter[str]) -> str:
    numbers = (sure.total(), sure["documented"], sure["recorded"], sure["known"])
    return " | ".join(str(number) for number in numbers)


def page_with_table(text: str) -> str:
    """The page's text with the table of now."""
    return re.sub(
        f"{re.escape(_BEGIN)}.*{re.escape(_END)}",
        lambda _: f"{_BEGIN}\n{table()}\n{_END}",
        text,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    PAGE.write_text(page_with_table(PAGE.read_text("utf-8")), "utf-8")
