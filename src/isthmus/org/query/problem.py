"""Problem: what is wrong with a query, and the platform's way of pointing at it.

Every stage of the query path raises `SoqlProblem` with the place in the text; the engine turns it into the
request's fault in one place. The platform shows the text around the place, a caret under it, and row and
column:

    SELECT Id,Invalid__x FROM Contact LIMIT 1
              ^
    ERROR at Row:1:Column:11
    No such column 'Invalid__x' on entity 'Contact'. …

How much of the line it shows was derived from published messages (docs/decisions/0031-query-errors.md).
"""

from typing import Any, Final

from isthmus.kernel.errors import Fault, fault

_BEFORE: Final = 30
_AFTER: Final = 31
_BREAKS: Final = frozenset(" \t\r\n\f\v,")


class SoqlProblem(Exception):
    """`name` is the catalogue's; `at` the offset of the culprit in the text, None where none is shown."""

    def __init__(self, name: str, at: int | None = None, /, **values: Any) -> None:
        super().__init__(name)
        self.name = name
        self.at = at
        self.values = values


def as_fault(soql: str, problem: SoqlProblem) -> Fault:
    """The request's fault: the message begins with the block that points at the place, where there is one."""
    if problem.at is None:
        return fault(problem.name, **problem.values)
    row, column = position(soql, problem.at)
    bare = fault(problem.name, position=(row, column), **problem.values)
    block = f"\n{excerpt(soql, problem.at)}\nERROR at Row:{row}:Column:{column}\n"
    return Fault(bare.entry, block + bare.message, position=bare.position)


def position(soql: str, at: int) -> tuple[int, int]:
    """Row and column of an offset, both from 1."""
    before = soql[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def excerpt(soql: str, at: int) -> str:
    """The words around an offset within its line, and a line with a caret under it.

    Thirty characters on each side, and the words that these cut.
    """
    line_start = soql.rfind("\n", 0, at) + 1
    line_end = soql.find("\n", at)
    line = soql[line_start : len(soql) if line_end < 0 else line_end].rstrip("\r")
    place = at - line_start
    start = max(place - _BEFORE, 0)
    while start > 0 and line[start - 1] not in _BREAKS:
        start -= 1
    end = min(place + _AFTER, len(line))
    while end < len(line) and line[end] not in _BREAKS:
        end += 1
    return f"{line[start:end]}\n{' ' * (place - start)}^"
