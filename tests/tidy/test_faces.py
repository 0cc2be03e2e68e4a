"""Do adapters reach the org by its public names alone?

What lies behind them (the database, the journal, the platform's own writes) asks nobody for rights.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ADAPTERS = Path(__file__).parents[2] / "src" / "isthmus" / "org" / "api"
OWN = frozenset({"self", "cls"})


def private_names(tree: ast.Module) -> Iterator[str]:
    """The private attributes that a module takes from what is not its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            own = isinstance(node.value, ast.Name) and node.value.id in OWN
            if not own:
                yield ast.unparse(node)


@pytest.mark.parametrize("path", sorted(ADAPTERS.rglob("*.py")), ids=lambda path: str(path.name))
def test_an_adapter_uses_no_private_name(path: Path) -> None:
    assert list(private_names(ast.parse(path.read_text("utf-8")))) == []


def test_a_private_name_is_found() -> None:
    code = "self._own; cls._own; call.org._database.read(x); x.__class__"
    assert list(private_names(ast.parse(code))) == ["call.org._database"]
