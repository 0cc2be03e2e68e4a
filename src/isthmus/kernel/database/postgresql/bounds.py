"""Bounds: how long a server may keep us waiting. Nothing waits for ever.

The server ends a statement that takes too long, or waits too long for a lock. A server that does not even do
that, because it stands still, is given up when it has been silent for longer; one whose machine or network is
gone, when TCP finds that out. Times are real: they guard sockets.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen

RV = TypeVar("RV")
_LOOKS_PER_SECOND: Final = 10
"""How often psycopg looks whether something has come."""
_TCP: Final = {
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Times in real seconds."""

    connect: int = 10
    lock: float = 10
    """As long as another program may keep an SQLite file from us."""
    statement: float = 120
    silence: float = 130

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        """Parameters of a connection, `given` (the storage URL's) before ours."""
        return {"connect_timeout": self.connect, "application_name": "isthmus", **_TCP, **given}


READS: Final = Bounds()
"""Source: SOQL and SOSL Reference, a query that runs for more than 120 seconds is ended."""
WRITES: Final = Bounds(statement=600, silence=610)
"""A schema change may have to write every row of a large table, or index it."""


class ServerSilent(errors.OperationalError):
    """The server has said nothing for too long. The connection is closed."""


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that gives a silent server up."""

    bounds: Bounds = READS
    is_over: Callable[[], bool] | None = None
    """Whether what the connection is doing is to end, in the server too."""

    def keep_to(self, bounds: Bounds) -> None:
        """Let `bounds` hold from here on."""
        self.bounds = bounds
        for name, seconds in (("statement_timeout", bounds.statement), ("lock_timeout", bounds.lock)):
            self.execute(f"SET {name} TO {round(seconds * 1000)}".encode())

    def wait(self, gen: PQGen[RV], *args: Any, **named: Any) -> RV:
        looks = round(self.bounds.silence * _LOOKS_PER_SECOND)
        try:
            return super().wait(self._stopped(_unless_silent(gen, looks)), *args, **named)
        except ServerSilent:
            self.close()
            raise

    def _stopped(self, gen: Generator[Any, Any, RV]) -> Generator[Any, Any, RV]:
        """`gen`; when it is to end, the server is told so, and `gen` gives the refusal that follows."""
        told = False
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not told and self.is_over is not None and self.is_over():
                    told = True
                    self.cancel_safe()
                wanted = gen.send(ready)
        except StopIteration as done:
            result: RV = done.value
            return result


def _unless_silent(gen: PQGen[RV], looks_max: int) -> Generator[Any, Any, RV]:
    """`gen`, until it was resumed so often in succession without anything having come."""
    in_vain = 0
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            in_vain = 0 if ready else in_vain + 1
            if in_vain > looks_max:
                raise ServerSilent("it has said nothing for too long")
            wanted = gen.send(ready)
    except StopIteration as done:
        result: RV = done.value
        return result
