"""Report: the limits of an org with what is left of each, as `/limits` tells them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from isthmus.org.limits.maxima import PARTS, UNREPORTED


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit; `parts` are limits within it, by name."""

    maximum: int
    remaining: int
    parts: Mapping[str, "Limit"] = field(default_factory=dict)


def report(allowed: Mapping[str, int], used: Mapping[str, int]) -> dict[str, Limit]:
    """Every limit by name, in the wire's order. What this org does not use up is left whole."""
    return {
        name: Limit(
            maximum,
            max(0, maximum - used.get(name, 0)),
            {part: Limit(most, most) for part, most in PARTS.get(name, {}).items()},
        )
        for name, maximum in sorted(allowed.items())
        if name not in UNREPORTED
    }
