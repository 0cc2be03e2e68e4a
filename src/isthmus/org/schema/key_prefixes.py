"""Key prefixes: with which three characters the ids of an object begin.

A standard object's is the platform's. An object of the project gets the next free one of its kind when it
first appears, and keeps it for good: ids must mean the same after objects came and went.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from isthmus.kernel.ids import DIGITS
from isthmus.org.schema.model import ObjectKind, SObjectType
from isthmus.org.schema.share_objects import is_share

_FIRST: Final[Mapping[ObjectKind, str]] = {
    ObjectKind.CUSTOM: "a00",
    ObjectKind.CUSTOM_SETTING: "a00",
    ObjectKind.BIG: "a00",
    ObjectKind.PLATFORM_EVENT: "e00",
    ObjectKind.CUSTOM_METADATA: "m00",
    ObjectKind.EXTERNAL: "x00",
}


def assign(
    objects: Iterable[SObjectType], given: Mapping[str, str]
) -> tuple[tuple[SObjectType, ...], dict[str, str]]:
    """The objects with their key prefixes, and what was newly given, by object name.

    `given` is what was given before, by object name in lower case.
    """
    taken = dict(given)
    new: dict[str, str] = {}
    numbered: list[SObjectType] = []
    for each in objects:
        first = _FIRST[ObjectKind.CUSTOM] if is_share(each) else _FIRST.get(each.kind)
        if each.key_prefix is not None or first is None:
            numbered.append(each)
            continue
        prefix = taken.get(each.name.lower())
        if prefix is None:
            prefix = _next(first, taken.values())
            taken[each.name.lower()] = new[each.name] = prefix
        numbered.append(replace(each, key_prefix=prefix))
    return tuple(numbered), new


def _next(first: str, taken: Iterable[str]) -> str:
    """The prefix after the last one that begins as `first` does.

    >>> _next("a00", []), _next("a00", ["a00", "a0z"]), _next("a00", ["azz"])
    ('a00', 'a10', 'b00')
    """
    last = max((prefix for prefix in taken if first <= prefix < _limit(first)), default=None)
    return first if last is None else _after(last)


def _limit(first: str) -> str:
    """Custom objects may go on to d; each other kind has one letter."""
    return "e" if first[0] == "a" else chr(ord(first[0]) + 1)


def _after(prefix: str) -> str:
    head, middle, end = prefix[0], prefix[1], prefix[2]
    if end != DIGITS[-1]:
        return head + middle + DIGITS[DIGITS.index(end) + 1]
    if middle != DIGITS[-1]:
        return head + DIGITS[DIGITS.index(middle) + 1] + DIGITS[0]
    return chr(ord(head) + 1) + DIGITS[0] * 2
