"""Loop futures: results that a database's threads hand to an event loop.

A future of `concurrent.futures` costs a condition to make, and a wake-up of the loop to bridge; a commit may
complete fifty. These cost neither: what is done at the same time is delivered by one wake-up.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


class _Mailbox:
    """What is to be delivered to one loop. `post` may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._call: Callable[[Callable[[], None]], object] = loop.call_soon_threadsafe
        self._letters: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._called = False

    def post(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self._letters.append((future, result, error))
        held: set[_Mailbox] | None = getattr(_HELD, "boxes", None)
        if held is None:
            self.wake()
        else:
            held.add(self)

    def wake(self) -> None:
        """Let the loop take its letters, if it isn't on its way to them."""
        if not self._called:
            self._called = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._call(self._deliver)

    def _deliver(self) -> None:
        self._called = False  # before the box is emptied: what comes after that calls again
        while self._letters:
            future, result, error = self._letters.popleft()
            if future.done():
                continue  # cancelled meanwhile
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


_HELD: Final = threading.local()
"""Of a thread that answers many at once: the mailboxes it has put letters into."""


@contextlib.contextmanager
def answering_together() -> Iterator[None]:
    """Wake each loop once for all that the block answers, when it ends: a loop that is woken for the first
    takes the thread's turn from the others.
    """
    boxes: set[_Mailbox] = set()
    _HELD.boxes = boxes
    try:
        yield
    finally:
        _HELD.boxes = None
        for box in boxes:
            box.wake()


_MAILBOXES: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Mailbox]] = WeakKeyDictionary()


class LoopFuture(Generic[T]):
    """A result that will be there in the running loop; `awaited` is what a coroutine waits for.

    To the thread that does the work it is as a future of `concurrent.futures`.
    """

    __slots__ = ("_mailbox", "awaited")

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        mailbox = _MAILBOXES.get(loop)
        if mailbox is None:
            mailbox = _MAILBOXES[loop] = _Mailbox(loop)
        self._mailbox = mailbox
        self.awaited: asyncio.Future[T] = loop.create_future()

    def set_running_or_notify_cancel(self) -> bool:
        return not self.awaited.cancelled()

    def set_result(self, result: T) -> None:
        self._mailbox.post(self.awaited, result, None)

    def set_exception(self, error: BaseException) -> None:
        self._mailbox.post(self.awaited, None, error)
