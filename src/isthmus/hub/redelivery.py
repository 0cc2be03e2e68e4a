"""Redelivery policy: when a message that its sink has not taken is sent again, and when no more.

The defaults are those of the platform's own outbound messages: after 15 seconds, then twice as long each
time up to 60 minutes, for 24 hours; then the message goes to the dead letters.
Source: Salesforce Help, "Outbound Message Notifications"; Integration Patterns and Practices, "Remote Process
Invocation: Fire and Forget".

>>> policy = RedeliveryPolicy(jitter=0)
>>> [policy.delay("any key", failures) // SECOND for failures in (1, 2, 3, 4, 9, 10)]
[15, 30, 60, 120, 3600, 3600]
"""

from dataclasses import dataclass
from typing import Final
from zlib import crc32

from isthmus.hub.options import Options
from isthmus.kernel.clock import DAY, HOUR, MINUTE, SECOND

__all__ = ["RedeliveryPolicy", "span"]

_FAILURES_MAX: Final = 64
"""From here on the delay grows no more, so that its power stays a number."""
_UNITS: Final = (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND), ("ms", 1))


@dataclass(frozen=True, slots=True)
class RedeliveryPolicy:
    """All times in milliseconds of the hub's clock.

    The delay after the first failure is `first`, and `factor` times as long after each further one, up to
    `longest`. `jitter` is the part of it (0 to 1) by which messages that failed together are spread over
    time. `give_up` after the message was received it is sent a last time. Raises OptionWrong.
    """

    first: int = 15 * SECOND
    factor: float = 2.0
    longest: int = HOUR
    give_up: int = DAY
    jitter: float = 0.1

    def __post_init__(self) -> None:
        given = Options("redelivery")
        given.whole("longest", self.longest, 1, unit="milliseconds")
        given.whole("first", self.first, 1, self.longest, unit="milliseconds")
        given.number("factor", self.factor, 1)
        given.whole("give_up", self.give_up, 0, unit="milliseconds")
        given.number("jitter", self.jitter, 0, 1)

    def delay(self, key: str, failures: int) -> int:
        """How long to wait after so many failures, from 1; the key decides where in the spread it lies."""
        grown = self.first * self.factor ** (min(failures, _FAILURES_MAX) - 1)
        whole = min(grown, self.longest)
        spread = crc32(f"{key} {failures}".encode()) / 2**32
        return max(1, round(whole * (1 - self.jitter * spread)))

    def due(self, key: str, failures: int, now: int, since: int, asked: int | None = None) -> int | None:
        """When to send again a message that is here `since` then and has just failed; None: no more.

        `asked` are the milliseconds that the sink asked us to wait: never less than those.
        """
        end = since + self.give_up
        if now >= end:
            return None
        return min(now + max(self.delay(key, failures), asked or 0), end)

    def describe(self) -> str:
        """For people: the first delays, the longest, the end."""
        bare = RedeliveryPolicy(self.first, self.factor, self.longest, self.give_up, jitter=0)
        steps = [bare.delay("", failures) for failures in (1, 2, 3)]
        ladder = ", ".join(dict.fromkeys(span(each) for each in steps))
        more = f", … at most every {span(self.longest)}" if steps[-1] < self.longest else ", …"
        return f"again after {ladder}{more}; after {span(self.give_up)} to the dead letters"


def span(milliseconds: int) -> str:
    """A length of time in words.

    >>> [span(each) for each in (15_000, 5_400_000, 86_400_000, 250, 0)]
    ['15 s', '1 h 30 min', '24 h', '250 ms', '0 s']
    """
    if milliseconds == DAY:
        return "24 h"
    parts, rest = [], milliseconds
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"
