"""Wakes: does who waits hear of other processes' events, whatever a look comes to?"""

import asyncio
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from isthmus.kernel.clock import ManualClock
from isthmus.kernel.database import DatabaseFailed
from isthmus.org.events.wakes import LOOK_EVERY, Wakes


@pytest.mark.anyio
@pytest.mark.parametrize("trouble", [DatabaseFailed("away"), RuntimeError("a mistake")])
async def test_a_look_that_fails_is_followed_by_another(trouble: Exception) -> None:
    clock, woken, looks = ManualClock(0), asyncio.Event(), iter(_looks(trouble))

    async def look() -> bool:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    wakes = Wakes(clock, look)
    end = wakes.add(woken.set)
    with capture_logs() as logs:
        for _ in range(3):
            await asyncio.sleep(0)
            clock.advance(LOOK_EVERY)
            for _ in range(10):
                await asyncio.sleep(0)
    assert woken.is_set()
    assert len(logs) == 1
    end()
    assert not wakes.looking


def _looks(trouble: Exception) -> Iterator[bool | Exception]:
    yield False
    yield trouble
    yield True
