"""Short reads: how the event loop asks for a row or two, on either database.

A local file answers faster than another thread could be asked. A server is at the other end of a network,
which may stall: the loop must not wait for it.
"""

from collections.abc import Callable
from typing import TypeVar

from isthmus.kernel.database import Connection, Database

T = TypeVar("T")


def answers_at_once(database: Database) -> bool:
    """Whether the loop may ask for a row itself (`Database.row`)."""
    return database.dialect.name == "sqlite"


async def short_read(database: Database, work: Callable[[Connection], T]) -> T:
    """What `work` gives: in this thread where the database is a local file, else on a reader's.

    Raises DatabaseError.
    """
    if answers_at_once(database):
        return database.read_now(work)
    return await database.reading(work)
