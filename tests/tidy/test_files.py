"""Is the code what we say? What every source file looks like."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc", "manager", "core"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_one_idea_and_says_which(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module opens by saying what it is"
    assert text.count("\n") <= FILE_LINES_MAX
    assert path.stem not in VAGUE_NAMES
    assert "TODO" not in text
    assert "FIXME" not in text


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_fits_on_a_page(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    long = [
        f"{node.name} at line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _code_lines(node) > FUNCTION_LINES_MAX
    ]
    assert not long


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_every_folder_of_code_is_a_package() -> None:
    missing = {
        str(path.parent.relative_to(ROOT)) for path in SOURCES if not (path.parent / "__init__.py").is_file()
    }
    assert not missing


def test_nothing_names_the_place_it_was_made_in() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    if not any(tracked):
        pytest.skip("this is no git checkout")
    offenders = [
        name
        for name in tracked
        if name
        and name not in ("uv.lock", "tests/tidy/test_files.py")
        and (ROOT / name).is_file()
        and any(word in (ROOT / name).read_bytes() for word in (b"/root/", b"/work/", b"/home/"))
    ]
    assert not offenders
