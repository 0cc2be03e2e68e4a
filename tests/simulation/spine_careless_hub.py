"""A hub with a planted fault: it moves its source's position on before the messages are on its disk.

Killed in between, it has lost them. Otherwise as `org_process`.
"""

from collections.abc import Sequence
from typing import Final

from tests.simulation import org_process

from isthmus.hub.channel import DurableChannel
from isthmus.hub.channel.arrival import Arrival, Inserted
from isthmus.kernel.crash import crash_point

BETWEEN: Final = "careless_hub.between_commits"
"""The crash point between position and messages."""
_receive: Final = DurableChannel.receive


async def _receive_carelessly(
    self: DurableChannel, arrivals: Sequence[Arrival], position: str | None
) -> Inserted:
    await _receive(self, (), position)
    crash_point(BETWEEN)
    return await _receive(self, arrivals, None)


def main(given: list[str]) -> None:
    DurableChannel.receive = _receive_carelessly  # type: ignore[method-assign]
    org_process.main(given)
