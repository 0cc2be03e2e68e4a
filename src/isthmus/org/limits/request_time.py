"""Request time: a request is ended when it has run for ten minutes of org time, a query of its after two.

Source: Salesforce Developer Limits and Allocations Quick Reference, "API Timeout Limits": ten minutes for a
call, all that is in it together; SOQL and SOSL Reference, SOQL limits: a query is ended after 120 seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from isthmus.kernel.clock import MINUTE, Clock
from isthmus.kernel.database import DatabaseStopped, Transaction
from isthmus.kernel.database.stopping import Stop
from isthmus.kernel.errors import fault

LONGEST_QUERY: Final = 2 * MINUTE
LONGEST_REQUEST: Final = 10 * MINUTE
_REQUEST: Final[ContextVar[Stop | None]] = ContextVar("isthmus_request", default=None)


class RequestTime:
    """How long what is asked of an org may take. Its stops look at the clock themselves: nothing waits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @contextmanager
    def request(self) -> Iterator[None]:
        """What the block asks of the org is one request, whose time begins now."""
        before = _REQUEST.get()
        _REQUEST.set(self._stop(LONGEST_REQUEST))
        try:
            yield
        finally:
            _REQUEST.set(before)

    @contextmanager
    def limited(self) -> Iterator[Stop]:
        """What ends a transaction of the block: the time of the request it belongs to, or its own ten
        minutes. Fault: `request_timeout`.
        """
        try:
            yield _REQUEST.get() or self._stop(LONGEST_REQUEST)
        except DatabaseStopped:
            raise fault("request_timeout") from None

    @contextmanager
    def query(self) -> Iterator[Stop]:
        """What ends the block's query; whoever waits for it goes, and takes it along.

        Faults: `query_timeout`; `request_timeout`, where the request it belongs to has taken too long.
        """
        request = _REQUEST.get() or Stop()
        stop = self._stop(LONGEST_QUERY, request)
        try:
            yield stop
            if stop.wanted:  # its last row came when its time was up
                raise DatabaseStopped("the query's time is up")
        except DatabaseStopped:
            raise fault("request_timeout" if request.wanted else "query_timeout") from None
        finally:
            stop.end()

    @contextmanager
    def query_within(self, tx: Transaction) -> Iterator[None]:
        """The block is a query of a unit of work. Fault: `query_timeout`, which leaves the unit to be undone.

        Where the unit itself is to end, DatabaseStopped goes on to whoever waits for it.
        """
        stop = self._stop(LONGEST_QUERY)
        try:
            with tx.stopped_by(stop):
                yield
        except DatabaseStopped:
            if not stop.wanted:
                raise
            raise fault("query_timeout") from None

    def _stop(self, longest: int, *within: Stop) -> Stop:
        return Stop(self._clock, self._clock.now() + longest, within)
