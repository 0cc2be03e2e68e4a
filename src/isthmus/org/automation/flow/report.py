"""Reports: what reading a flow has to say about its file, line by line, and whether the flow is run."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Final

from isthmus.org.automation.flow.problem import FlowProblem, not_run
from isthmus.org.schema.sfdx.document import Node

PLACED: Final = frozenset(
    {"name", "label", "description", "locationX", "locationY", "elementSubtype", "group"}
)
"""What says where on the canvas an element stands, and what it is called there."""


class SaidAlready(FlowProblem):
    """What is referred to can't be run, for a reason that stands at its own line."""

    def __init__(self) -> None:
        super().__init__("", gap=True)


class Report:
    """`runs` is False from the first problem on: a flow is run as it is written, or not at all."""

    def __init__(self) -> None:
        self.runs = True

    def add(self, node: Node, problem: FlowProblem, child: str | None = None) -> None:
        """A finding at the line of `child`, where it is there, else of `node`."""
        self.runs = False
        if isinstance(problem, SaidAlready):
            return
        if problem.gap:
            node.warn(f"not run: {problem.message}", child)
        else:
            node.error(problem.message, child)

    @contextmanager
    def of(self, node: Node, child: str | None = None) -> Iterator[None]:
        """A problem within the block is reported, and ends the block."""
        try:
            yield
        except FlowProblem as problem:
            self.add(node, problem, child)

    def check_children(self, node: Node, *used: str) -> None:
        """What stands in `node` beside `used` would make a difference: such a flow is not run."""
        seen = set[str]()
        for child in node.children():
            if child.name not in used and child.name not in PLACED and child.name not in seen:
                seen.add(child.name)
                self.add(child, not_run(f"<{child.name}> in <{node.name}>{_if_unknown(child.name, used)}"))


def _if_unknown(name: str, known: tuple[str, ...]) -> str:
    """What there is to be said of a name that no element of a flow has."""
    if name in _names():
        return ""
    near = get_close_matches(name, known, 1)
    return ": flows have no element of that name" + (f", perhaps <{near[0]}> is meant" if near else "")


@cache
def _names() -> frozenset[str]:
    text = files("isthmus.org.automation.flow").joinpath("names.toml").read_text("utf-8")
    return frozenset(tomllib.loads(text)["names"].split())
