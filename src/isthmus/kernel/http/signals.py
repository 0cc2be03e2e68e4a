"""Signals: what asks the program to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """An event that SIGINT or SIGTERM sets, inside the block; a second SIGINT interrupts as usual.

    Use it in the main thread, inside the running loop.
    """
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    before: dict[signal.Signals, Any] = {}

    def tell(number: int, frame: object) -> None:
        if told.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(told.set)

    for each in (signal.SIGINT, signal.SIGTERM):
        before[each] = signal.signal(each, tell)
    try:
        yield told
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
