"""Python looks for garbage seldom in a process that serves."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from isthmus.kernel.garbage import NEW_MAX, collect_seldom


class _Ring:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_a_start_leaves_is_collected_and_what_it_made_is_not_looked_at_again() -> None:
    garbage = weakref.ref(_Ring())
    collect_seldom()
    assert garbage() is None
    assert gc.get_freeze_count() > 0


def test_what_comes_later_is_collected_when_there_is_enough_of_it() -> None:
    collect_seldom()
    garbage = weakref.ref(_Ring())
    a_few = [[] for _ in range(NEW_MAX // 2)]  # type: ignore[var-annotated]
    assert garbage() is not None
    enough = [[] for _ in range(NEW_MAX)]  # type: ignore[var-annotated]
    assert garbage() is None
    assert len(a_few) + len(enough) == NEW_MAX // 2 + NEW_MAX
