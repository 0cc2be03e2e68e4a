"""Provoked: which entries of the error catalogue the product itself makes errors of while tests run."""

import functools
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import isthmus
from isthmus.kernel import errors

_PRODUCT: Final = f"{Path(isthmus.__file__).parent}/"
_CATALOGUE: Final = errors.__file__


def record(into: set[str]) -> None:
    """From now on, the name of each entry that the product makes a row error or a fault of goes into `into`.

    What a test makes itself, to see how a wire renders it, does not count.
    """
    for each in (errors.RowError, errors.Fault):
        setattr(each, "__init__", _recording(each.__init__, into))  # noqa: B010 - mypy has it read-only


def _recording(make: Callable[..., None], into: set[str]) -> Callable[..., None]:
    @functools.wraps(make)
    def recording(self: object, entry: errors.ErrorEntry, *values: Any, **named: Any) -> None:
        if entry.name not in into and _maker().startswith(_PRODUCT):
            into.add(entry.name)
        make(self, entry, *values, **named)

    return recording


def _maker() -> str:
    """The file of the code that makes the error."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename == _CATALOGUE and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename


def unprovoked(names: Iterable[str]) -> list[str]:
    """The entries that are not among `names`."""
    return sorted(errors.catalogue().keys() - set(names))
