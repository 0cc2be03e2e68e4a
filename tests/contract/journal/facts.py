"""Shorthands for the journal's tests."""

from isthmus.kernel.database import Database
from isthmus.kernel.journal import Appended, Fact, Journal

ORDER = "/event/Order__e"
CHANGE = "/data/AccountChangeEvent"


def fact(
    name: str = "x", topic: str = ORDER, *, time: int = 0, count: int = 1, retention: str = "standard"
) -> Fact:
    return Fact(topic, "schema-1", name.encode(), time, count=count, retention=retention)


def append(database: Database, journal: Journal, *facts: Fact) -> Appended:
    """Append in a unit of its own."""
    return database.write(lambda tx: journal.append(tx, facts)).result()


def names(journal: Journal, after: int = 0, topics: list[str] | None = None, limit: int = 100) -> list[str]:
    return [entry.fact.body.decode() for entry in journal.read(after, topics, limit)]
