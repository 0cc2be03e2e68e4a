"""Tasks: work in the background that has an owner, and an orderly end.

    async with Tasks() as tasks:
        tasks.start(read(journal), name="read the journal")
        …

No task outlives the block. When it ends, `closing` is set; whoever holds a request or waits for something
new stops waiting and answers, work that is under way is finished, and what has not ended after the grace is
cancelled. A task that fails ends the block, and its error comes out of it: nothing dies unseen.
"""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, TypeVar

T = TypeVar("T")
GRACE_SECONDS: Final = 10.0


def being_cancelled() -> bool:
    """Whether the running task is to end; else a CancelledError is that of something it has waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Closing(Exception):
    """What was waited for has not come before the end: answer with what there is."""


class Tasks:
    """Background tasks between the beginning and the end of an `async with` block."""

    def __init__(self, grace: float = GRACE_SECONDS) -> None:
        """`grace` is how many seconds (of real time) tasks have to finish what they are at."""
        self.closing = asyncio.Event()
        self._grace = grace
        self._group = asyncio.TaskGroup()
        self._running: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> "Tasks":
        await self._group.__aenter__()
        return self

    def start(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Run `work` until it ends, or the block does.

        Raises RuntimeError once the block has begun to end.
        """
        if self.closing.is_set():
            work.close()
            raise RuntimeError(f"{name}: no new work, the program is going down")
        task = self._group.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def unless_closing(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` gives; it is cancelled, and Closing raised, when the end begins first."""
        waiting = asyncio.ensure_future(work)
        ending = asyncio.ensure_future(self.closing.wait())
        try:
            await asyncio.wait((waiting, ending), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            raise Closing
        finally:
            for each in (waiting, ending):
                each.cancel()
            await asyncio.gather(waiting, ending, return_exceptions=True)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.closing.set()
        if self._running:
            await asyncio.wait(self._running, timeout=self._grace)
        for task in self._running:
            task.cancel()
        await self._group.__aexit__(kind, error, traceback)
