"""Markdown: tables and cells, written so that a page differs only where what it says differs."""

from collections.abc import Iterable, Sequence
from typing import Final

NOTICE: Final = "<!-- Written by `make docs`; a change made here is lost. -->"


def page(title: str, *parts: str) -> str:
    """A page: its title, the notice that it is generated, and its parts with an empty line between them."""
    return "\n\n".join((f"# {title}", NOTICE, *(part.strip("\n") for part in parts))) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table. A column whose heading begins with `#` holds numbers, and is set to the right."""
    heads = [each.removeprefix("#") for each in columns]
    rules = ["--:" if each.startswith("#") else "---" for each in columns]
    lines = [_line(heads), "|" + "|".join(rules) + "|"]
    lines += [_line([cell(each) for each in row]) for row in rows]
    return "\n".join(lines)


def cell(text: str) -> str:
    """Text that can stand in a cell: on one line, its bars escaped."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Text as code; nothing for no text."""
    if not text:
        return ""
    marks = "``" if "`" in text else "`"
    return f"{marks}{text}{marks}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
