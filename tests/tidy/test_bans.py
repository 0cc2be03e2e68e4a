"""Does only the Clock read time and wait, does only Ids draw lots?

What ruff's banned-api (`pyproject.toml`) can't see: methods, an argument left out, SQL, and whether its
exceptions are used for more than they were made for.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[2]
CODE = ROOT / "src" / "isthmus"
TREES = {
    str(path.relative_to(CODE)): ast.parse(path.read_text("utf-8")) for path in sorted(CODE.rglob("*.py"))
}
RUFF = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
BANNED: Final = frozenset(RUFF["flake8-tidy-imports"]["banned-api"])
EXCEPTIONS: Mapping[str, set[str]] = {
    "kernel/clock.py": {"time", "asyncio.sleep"},
    "kernel/ids.py": {"random", "secrets"},
    "kernel/database/*": {"apsw", "psycopg"},
    "settings.py": {"os.environ"},
    "kernel/http/server.py": {"asyncio.timeout"},
    "kernel/host_gateway.py": {"asyncio.timeout"},
    "kernel/private_files.py": {"secrets"},
    "kernel/certificates.py": {"cryptography.x509.random_serial_number"},
    "org/security/seal.py": {"secrets"},
    "org/security/encryption/ciphers.py": {"secrets"},
}
"""What a file that ruff leaves alone uses of what is banned: just this."""
REAL_TIME: Mapping[str, set[str]] = {
    "kernel/clock.py": {"wait"},  # it is the Clock
    "kernel/http/server.py": {"call_later"},  # a tick a second finds sockets that keep us waiting
    "kernel/host_gateway.py": {"time"},  # the idle time of its sockets
    "kernel/tasks.py": {"wait"},  # the grace at the program's end
    "hub/running/loop_watch.py": {"wait"},  # what holds up the loop in which the Clock wakes
    "kernel/database/postgresql/bounds.py": {"wait"},  # a server that is silent
}
"""Who measures or waits real time by a method, and by which."""
CLOCKS_OF_SQL = re.compile(
    r"\b(now|julianday|unixepoch|timeofday|\w+_timestamp|random|randomblob|gen_random_uuid)\s*\(\s*\)"
    r"|\bcurrent_(date|time|timestamp)\b|\blocal(time|timestamp)\b|'(now|today|yesterday|tomorrow)'",
    re.IGNORECASE,
)
NO_SQL: Final = {"org/save/defaults.py": {"NOW()"}}
"""Texts that look like such SQL and are something else: names of the formula language."""


def uses(tree: ast.Module) -> Iterator[str]:
    """What of `BANNED` a module imports or names."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                known[each.asname or each.name.partition(".")[0]] = (
                    each.name if each.asname else each.name.partition(".")[0]
                )
                yield from _banned(each.name)
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                known[each.asname or each.name] = f"{node.module}.{each.name}"
                yield from _banned(f"{node.module}.{each.name}")
    for node in ast.walk(tree):
        root, _, rest = _dotted(node).partition(".")
        if rest and root in known:
            yield from _banned(f"{known[root]}.{rest}")


def _banned(name: str) -> list[str]:
    """The name itself, or the banned module in which it is."""
    parts = name.split(".")
    return [each for n in range(len(parts)) if (each := ".".join(parts[: n + 1])) in BANNED]


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def real_time(tree: ast.Module) -> Iterator[str]:
    """The methods by which a module measures or waits real time."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _takes_time(node):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else "formatdate"


def _takes_time(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else _dotted(call.func)
    given = len(call.args)
    timed = any(each.arg == "timeout" for each in call.keywords)
    match name:
        case "call_later" | "call_at":
            return True
        case "time":
            return given == 0 and "loop" in ast.unparse(call.func)
        case "formatdate":
            return given == 0 and all(each.arg != "timeval" for each in call.keywords)
        case "wait" | "result":
            return timed or (given > 0 and _dotted(call.func) != "asyncio.wait")
        case "wait_for":
            return timed or given > 1
        case "join" | "acquire":
            return timed
    return False


def texts(tree: ast.Module) -> Iterator[str]:
    """Every text of a module that does something: no docstrings."""
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


@pytest.mark.parametrize("pattern", EXCEPTIONS)
def test_an_exception_is_used_for_what_it_was_made_for(pattern: str) -> None:
    files = [name for name in TREES if name == pattern or name.startswith(pattern.removesuffix("*"))]
    assert {each for name in files for each in uses(TREES[name])} == EXCEPTIONS[pattern]


def test_every_exception_is_known() -> None:
    excepted = {
        pattern.removeprefix("src/isthmus/")
        for pattern, rules in RUFF["per-file-ignores"].items()
        if "TID251" in rules and pattern.startswith("src/")
    }
    assert excepted == set(EXCEPTIONS)


@pytest.mark.parametrize("name", TREES)
def test_only_the_clock_reads_time_and_waits(name: str) -> None:
    assert set(real_time(TREES[name])) == REAL_TIME.get(name, set())
    found = {each for each in texts(TREES[name]) if CLOCKS_OF_SQL.search(each)}
    assert found == NO_SQL.get(name, set())


def test_the_rules_find_what_they_are_for() -> None:
    code = """
from email import utils
from email.utils import formatdate
import asyncio, secrets as s
loop.call_later(1, f); loop.call_at(1, f); loop.time(); formatdate(); utils.formatdate(usegmt=True)
event.wait(3); asyncio.wait(these, timeout=1); future.result(5); thread.join(timeout=1); cond.wait_for(f, 3)
"""
    assert len(list(real_time(ast.parse(code)))) == 10
    fine = "event.wait(); asyncio.wait(these); future.result(); ', '.join(a); cond.wait_for(f); formatdate(0)"
    assert not list(real_time(ast.parse(fine)))
    assert set(uses(ast.parse(code + "s.token_hex()\nasyncio.timeout(1)"))) == {"secrets", "asyncio.timeout"}
    for sql in (
        "SELECT now()",
        "current_timestamp",
        "date('now')",
        "ORDER BY RANDOM()",
        "clock_timestamp()",
    ):
        assert CLOCKS_OF_SQL.search(sql)
