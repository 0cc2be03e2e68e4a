"""Entries: the test data of this folder's `fixtures`, one text and what is expected of it per paragraph.

A line that begins with `#` is a comment (most say where the case comes from), one that begins with `;;` is
expected; the lines before are the text.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

FIXTURES = Path(__file__).parent / "fixtures"


@dataclass(frozen=True)
class Entry:
    text: str
    expected: tuple[str, ...]


def entries(path: Path) -> list[ParameterSet]:
    """The paragraphs of a file, as pytest parameters named by their lines."""
    found = []
    number = 1
    for paragraph in path.read_text("utf-8").split("\n\n"):
        lines = [line for line in paragraph.split("\n") if line and not line.startswith("#")]
        text = "\n".join(line for line in lines if not line.startswith(";;"))
        expected = tuple(line[3:] for line in lines if line.startswith(";;"))
        if text or expected:
            found.append(pytest.param(Entry(text, expected), id=f"{path.name}:{number}"))
        number += paragraph.count("\n") + 2
    return found
