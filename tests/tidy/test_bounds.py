"""Bounded: does everything that can grow have an end?

That each limit is kept is for the tests of its module; here, that nothing which grows by its nature, a cache
or a queue, is without one.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

CODE = Path(__file__).parents[2] / "src" / "isthmus"
SOURCES = sorted(CODE.rglob("*.py"))
BOUNDED_ELSEWHERE: Final[Mapping[str, Mapping[str, str]]] = {
    "kernel/database/work_queue.py": {"SimpleQueue": "`submit` refuses beyond waiting_max"},
    "kernel/database/loop_futures.py": {"deque": "one letter for each request that waits in a work queue"},
    "kernel/http/connection.py": {"deque": "reading pauses while two requests wait for their answers"},
    "org/schema/standard/__init__.py": {"cache": "its argument is a choice among few features"},
}
"""What grows without an argument that bounds it, and what does bound it."""
QUEUES: Final = frozenset({"Queue", "LifoQueue", "PriorityQueue"})


def growing(tree: ast.Module) -> Iterator[str]:
    """What grows in a module without a limit of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            takes = arguments.args + arguments.posonlyargs + arguments.kwonlyargs
            yield from ("cache" for each in node.decorator_list if takes and _name(each) == "cache")
            yield from ("lru_cache" for each in node.decorator_list if _name(each) == "lru_cache")
        if isinstance(node, ast.Call) and _is_boundless(node):
            yield _name(node.func)


def _is_boundless(call: ast.Call) -> bool:
    given = len(call.args) + len(call.keywords)
    values = call.args + [each.value for each in call.keywords]
    match _name(call.func):
        case "lru_cache":
            return given == 0 or any(isinstance(each, ast.Constant) and each.value is None for each in values)
        case "deque":
            return not any(each.arg == "maxlen" for each in call.keywords) and len(call.args) < 2
        case "SimpleQueue":
            return True
        case name if name in QUEUES:
            return given == 0
    return False


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(CODE)))
def test_what_grows_has_a_limit(path: Path) -> None:
    known = BOUNDED_ELSEWHERE.get(str(path.relative_to(CODE)), {})
    assert set(growing(ast.parse(path.read_text("utf-8")))) == set(known)


def test_what_grows_is_found() -> None:
    code = """
@cache
def a(x): ...
@functools.cache
def b(*, x): ...
@lru_cache
def c(x): ...
@lru_cache(None)
def d(x): ...
q = asyncio.Queue(), queue.SimpleQueue[int](), deque(), collections.deque([1])
"""
    assert sorted(growing(ast.parse(code))) == sorted(
        ["cache", "cache", "lru_cache", "lru_cache", "Queue", "SimpleQueue", "deque", "deque"]
    )
    fine = (
        "@cache\ndef a(): ...\n@lru_cache(maxsize=9)\ndef b(x): ...\nQueue(9), deque([], 9), deque(maxlen=9)"
    )
    assert not list(growing(ast.parse(fine)))
