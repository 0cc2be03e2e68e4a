"""Shrink: what fails, made smaller as long as it does."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from tests.fuzz.tree import And, AnyOf, Chosen, Not, Or, Path, Query

ATTEMPTS_MAX = 400


def shrunk(query: Query, fails: Callable[[Query], bool]) -> Query:
    """The smallest query that was found to fail, after at most `ATTEMPTS_MAX` attempts."""
    attempts = 0
    smaller = True
    while smaller:
        smaller = False
        for candidate in _simpler(query):
            attempts += 1
            if attempts > ATTEMPTS_MAX:
                return query
            if fails(candidate):
                query, smaller = candidate, True
                break
    return query


def shortened(text: str, fails: Callable[[str], bool]) -> str:
    """The shortest text that was found to fail, by leaving out one part after the other."""
    length, attempts = max(len(text) // 2, 1), 0
    while length and attempts < ATTEMPTS_MAX:
        for start in range(0, len(text), length):
            attempts += 1
            candidate = text[:start] + text[start + length :]
            if fails(candidate):
                text = candidate
                break
        else:
            length //= 2
    return text


def _simpler(node: Any) -> Iterator[Any]:
    """The same tree with one thing less."""
    match node:
        case And() | Or():
            yield from node.conditions
        case Not():
            yield node.condition
        case Path():
            return
    if isinstance(node, tuple):
        for place in range(len(node)):
            if len(node) > 1:
                yield (*node[:place], *node[place + 1 :])
            for each in _simpler(node[place]):
                yield (*node[:place], each, *node[place + 1 :])
    elif is_dataclass(node) and not isinstance(node, type):
        for each in fields(node):
            value = getattr(node, each.name)
            if isinstance(node, Query) and each.name not in ("select", "source") and value not in (None, ()):
                less: Any = () if isinstance(value, tuple) else None
                yield replace(node, **{each.name: less})
            if isinstance(node, AnyOf | Chosen) and each.name == "values" and len(value) > 2:
                yield replace(node, values=value[: len(value) // 2])
                yield replace(node, values=value[len(value) // 2 :])
            for simpler in _simpler(value):
                yield replace(node, **{each.name: simpler})
