"""Is every route closed to everybody to whom it should be, and open to who may?

The table is `matrix.toml`, written by hand. Each denied cell has a twin, the same request by who may, which
must be answered as the table says; what was denied must have changed nothing.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack

import pytest
from tests.access.table import COLUMNS, Cell, Line, load
from tests.access.world import World, world
from tests.tidy.reference.evidence import ADAPTERS, form

LINES = load()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def here(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    stack = AsyncExitStack()
    yield runner.run(stack.enter_async_context(world(tmp_path_factory.mktemp("matrix"))))
    runner.run(stack.aclose())


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_a_route_answers_each_caller_as_the_table_says(
    line: Line, here: World, runner: asyncio.Runner
) -> None:
    problems = [each for cell in line.cells if (each := runner.run(_look(here, cell)))]
    assert problems == []


async def _look(here: World, cell: Cell) -> str | None:
    answer, known = await here.asked(cell)
    problem = answer.problem(cell.expected, known)
    if problem is None and cell.denied:
        problem = await here.untouched(known)
    if problem is None and cell.denied and cell.caller != "allowed":
        twin = Cell("allowed", cell.request, cell.twin, cell.twin)
        answer, known = await here.asked(twin)
        problem = answer.problem(cell.twin, known)
        problem = None if problem is None else f"its twin: {problem}"
    await here.tidy()
    if problem is None:
        return None
    return f"{cell.caller}: expected {cell.expected}, but {problem}: {answer.text[:300]}"


def test_every_route_is_in_the_table() -> None:
    routes = {form(f"{route.method} {route.path}") for adapter in ADAPTERS for route in adapter.routes}
    assert {form(line.route) for line in LINES} == routes


def test_every_column_is_asked_or_says_why_not(record_property: Callable[[str, object], None]) -> None:
    asked = sum(len(line.cells) for line in LINES)
    denied = sum(cell.denied for line in LINES for cell in line.cells)
    for line in LINES:
        assert {cell.caller for cell in line.cells} | line.unasked.keys() == set(COLUMNS)
        assert all(line.unasked.values())
    record_property(
        "says", f"access matrix: {len(LINES)} requests, {asked} cells asked, {denied} of them denied"
    )
    assert denied > asked // 3
