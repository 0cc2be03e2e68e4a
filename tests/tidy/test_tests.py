"""Can every test fail? None may look as if it tested something while nothing of it is executed.

An empty set of parameters fails at collection (`empty_parameter_set_mark` in `pyproject.toml`).
"""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

TESTS = Path(__file__).parents[1]
FILES = sorted(TESTS.rglob("*.py"))
TREES = {str(path.relative_to(TESTS)): ast.parse(path.read_text("utf-8")) for path in FILES}
Function = ast.FunctionDef | ast.AsyncFunctionDef
FAILING: Final = frozenset({"raises", "fail", "warns", "check_call", "check_output"})
"""Calls that fail by themselves where what they are for does not happen."""

MUST_NOT_RAISE: Final = frozenset(
    {
        "test_a_point_that_is_not_armed_does_nothing",
        "test_any_bytes_are_a_document_or_malformed",
        "test_any_text_is_a_list_of_patterns",
        "test_no_bytes_break_the_parser",
        "test_no_bytes_break_the_reader",
        "test_the_name_object_is_nobodys_to_hide",
    }
)
"""What they ask is whether something can be done at all."""


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def calls(tree: ast.AST) -> set[str]:
    """The names that are called, whatever they are attributes of."""
    named = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in named}


def checks(tree: ast.AST) -> bool:
    """Whether something in it can fail for what the test asks."""
    asserts = any(isinstance(node, ast.Assert | ast.Raise) for node in ast.walk(tree))
    return asserts or bool(calls(tree) & FAILING)


def _checkers() -> frozenset[str]:
    """Functions of the tests that check, themselves or by others that do."""
    every = [each for tree in TREES.values() for each in functions(tree)]
    found = {each.name for each in every if checks(each)}
    while more := {each.name for each in every if each.name not in found and calls(each) & found}:
        found |= more
    return frozenset(found)


CHECKERS: Final = _checkers()


def problems(tree: ast.Module) -> Iterator[str]:
    """What in a module's tests is not executed, or can't fail."""
    for test in functions(tree):
        if not test.name.startswith("test"):
            continue
        if test.name.startswith("test_") and not _can_fail(test):
            yield f"{test.name} checks nothing"
        used = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
        for inner in functions(test):
            if inner is not test and not inner.decorator_list and inner.name not in used | _methods(test):
                yield f"{test.name}: {inner.name} is never called"
        for statement in _unreached(test):
            yield f"{test.name}: line {statement.lineno} is never reached"


def _can_fail(test: Function) -> bool:
    return checks(test) or bool(calls(test) & CHECKERS) or test.name in MUST_NOT_RAISE


def _methods(test: Function) -> set[str]:
    """Methods of classes within the test: somebody else calls them."""
    classes = (node for node in ast.walk(test) if isinstance(node, ast.ClassDef))
    return {each.name for made in classes for each in functions(made)}


def _unreached(tree: ast.AST) -> Iterator[ast.stmt]:
    """What stands behind the end of its block."""
    for node in ast.walk(tree):
        for block in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(block, list):
                for before, after in pairwise(block):
                    if isinstance(before, ast.Return | ast.Raise | ast.Continue | ast.Break):
                        yield after


@pytest.mark.parametrize("name", TREES)
def test_every_test_can_fail(name: str) -> None:
    assert not list(problems(TREES[name]))


@pytest.mark.parametrize(
    "code",
    [
        "def test_a():\n    pass",
        "def test_a():\n    nonesuch()",
        "def test_a():\n    async def test():\n        assert work()\n    prepare()",
        "def test_a():\n    return\n    assert work()",
        "def test_a():\n    with raises(E):\n        raise E\n        work()",
    ],
)
def test_a_test_of_which_nothing_is_executed_is_found(code: str) -> None:
    assert len(list(problems(ast.parse(code)))) == 1
