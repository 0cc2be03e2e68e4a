"""Counting: what the writers of a database have done."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counts:
    """The counts of one writer thread, which alone changes them."""

    units: int = 0
    failed: int = 0
    commits: int = 0
    again: int = 0


def total(counts: Iterable[Counts], waiting: int) -> Mapping[str, int]:
    """The counts of all writers, and how many units wait for them."""
    each = [asdict(one) for one in counts]
    return {**{name: sum(one[name] for one in each) for name in asdict(Counts())}, "waiting": waiting}
