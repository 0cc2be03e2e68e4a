"""Asking: a prompt application is asked in one go for its answers to what came in one turn of the loop.

What is done for many requests in turn, the processor does from its caches; to read one, answer it, and read
the next costs a sixth more. And one call of the loop serves for all of them.
"""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from isthmus.kernel.http.exchange import Prompt

Asker: TypeAlias = Callable[[Prompt], None]
"""Asks for the answer to one request, if it is still wanted."""


class Asking:
    """The requests that have come since the loop's last turn."""

    def __init__(self, app: Prompt) -> None:
        self._app = app
        self._askers: list[Asker] = []

    def soon(self, ask: Asker) -> None:
        """Have `ask` called when all has been read that has come."""
        self._askers.append(ask)
        if len(self._askers) == 1:
            asyncio.get_running_loop().call_soon(self._ask)

    def _ask(self) -> None:
        askers, self._askers = self._askers, []
        for ask in askers:
            ask(self._app)
