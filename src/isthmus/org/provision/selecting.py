"""Selecting: the ids of records by what they refer to."""

from collections.abc import Sequence

from isthmus.org.org import Column, Running


def ids_where(running: Running, sobject: str, lookup: str, parents: Sequence[str]) -> list[str]:
    """The records of `sobject` whose `lookup` refers to one of `parents`."""
    if not parents:
        return []
    among = ", ".join(f"'{each}'" for each in parents)
    result = running.query(f"SELECT Id FROM {sobject} WHERE {lookup} IN ({among})")
    [column] = (each for each in result.shape.items if isinstance(each, Column))
    return [str(row[column.index]) for row in result.rows]
