"""Elements: which children of a metadata element are used, which are read and not used, which not known."""

import difflib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from isthmus.org.schema.sfdx.document import Node


def check_elements(node: Node, kind: str) -> None:
    """Say what of the children of `node` is not used, and what is not known. `kind`: a table's name."""
    table = _tables()[kind]
    unused: dict[str, Node] = {}
    unknown: dict[str, Node] = {}
    for child in node.children():
        if child.name in table["unused"]:
            unused.setdefault(child.name, child)
        elif child.name not in table["used"] and child.name not in table["silent"]:
            unknown.setdefault(child.name, child)
    if unused:
        first = next(iter(unused.values()))
        first.note(f"read but not used: {', '.join(sorted(unused))}")
    for name, child in unknown.items():
        known = [*table["used"], *table["silent"], *table["unused"]]
        meant = difflib.get_close_matches(name, known, 1, 0.75)
        hint = f"; is <{meant[0]}> meant?" if meant else ""
        child.warn(f"<{name}> is not known in a {kind}{hint}")


@cache
def _tables() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads(files(__package__).joinpath("elements.toml").read_text("utf-8"))
