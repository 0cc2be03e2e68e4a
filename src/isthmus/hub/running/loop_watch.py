"""Loop watch: tells of what holds the whole hub up, and where in the hub file that is, while it does.

Steps run in the thread in which all else of the hub does. What blocks there (a request without `await`, a
sleep, a long computation) stops every route, and leases run out unnoticed; so a second thread looks on.
"""

import asyncio
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final

import structlog

__all__ = ["LoopWatch"]

TOO_LONG_SECONDS: Final = 1.0
_NOT_THE_USERS: Final = (
    str(Path(__file__).parents[2]),
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    "<frozen",
)
_log: Final = structlog.get_logger(__name__)


class LoopWatch:
    """Looks on from `start`, in the thread that it watches, to `stop`."""

    def __init__(self, too_long_seconds: float = TOO_LONG_SECONDS) -> None:
        self._too_long = too_long_seconds
        self._stopped = threading.Event()

    def start(self) -> None:
        """Look on, in a thread that ends by itself after `stop`."""
        watched = (asyncio.get_running_loop(), threading.get_ident())
        threading.Thread(target=self._look_on, args=watched, name="loop watch", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def _look_on(self, loop: asyncio.AbstractEventLoop, thread: int) -> None:
        while not self._stopped.wait(self._too_long):
            answered = threading.Event()
            try:
                loop.call_soon_threadsafe(answered.set)
            except RuntimeError:  # it is closed
                return
            if answered.wait(self._too_long) or self._stopped.is_set():
                continue
            _log.error(
                "the whole hub is held up: what waits for others has to be `async`, what only blocks has to "
                "go into `await asyncio.to_thread(…)`",
                where=_where(sys._current_frames().get(thread)),
                seconds=self._too_long,
            )
            while not answered.wait(self._too_long) and not self._stopped.is_set():
                pass


def _where(frame: FrameType | None) -> str:
    """The innermost place that is of the hub file, or of what it imports."""
    frames = list(_outwards(frame))
    own = [each for each in frames if not each.f_code.co_filename.startswith(_NOT_THE_USERS)]
    if not frames:
        return "unknown"
    found = (own or frames)[0]
    return f"{Path(found.f_code.co_filename).name}, line {found.f_lineno}, in {found.f_code.co_name}"


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
