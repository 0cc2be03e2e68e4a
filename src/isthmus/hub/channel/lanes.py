"""Lanes: messages of one order go one after the other. Only the first that waits in a lane can be claimed."""

from collections.abc import Iterable
from typing import Final

from isthmus.hub.channel.tables import State
from isthmus.kernel.database import Transaction

__all__ = ["first_goes_on", "next_goes_on"]

_NEXT: Final = (
    'UPDATE "hub_message" SET "behind" = 0 WHERE "id" = (SELECT MIN("id") FROM "hub_message" '
    f'WHERE "channel" = ? AND "lane" = ? AND "state" = \'{State.WAITING}\')'
)
_UNLESS_ONE_DOES: Final = (
    ' AND NOT EXISTS (SELECT 1 FROM "hub_message" e WHERE e."channel" = ? AND e."lane" = ? '
    f'AND e."state" = \'{State.WAITING}\' AND e."behind" = 0)'
)


def next_goes_on(tx: Transaction, channel: str, lanes: Iterable[str]) -> None:
    """Whoever had been first in these lanes waits no more."""
    tx.execute_many(_NEXT, [(channel, lane) for lane in lanes])


def first_goes_on(tx: Transaction, lanes: Iterable[tuple[str, str]]) -> None:
    """These lanes, by channel, have messages again that wait, marked as behind others."""
    tx.execute_many(_NEXT + _UNLESS_ONE_DOES, [(*each, *each) for each in lanes])
