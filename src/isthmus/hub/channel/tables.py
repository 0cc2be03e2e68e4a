"""The tables of the hub's channels: the messages of all routes, and where each source stands.

A row is a message from its arrival until the ledger forgets it: first it waits, with its payload; then its
state says what became of it, and only dead letters keep the payload. That the key is unique in a channel
makes the receiver idempotent for as long as the ledger remembers.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from isthmus.kernel.database import Dialect, Migration

__all__ = ["MIGRATIONS", "State"]


class State(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FILTERED = "filtered"
    DEAD = "dead"
    DISCARDED = "discarded"


def _tables(d: Dialect) -> Sequence[str]:
    return (
        f"""CREATE TABLE "hub_message" (
            "id" {d.integer} PRIMARY KEY,
            "channel" {d.text} NOT NULL,
            "key" {d.text} NOT NULL,
            "state" {d.text} NOT NULL,
            "lane" {d.text},
            "payload" {d.blob},
            "received" {d.integer} NOT NULL,
            "copies" {d.integer} NOT NULL,
            "since" {d.integer} NOT NULL,
            "due" {d.integer} NOT NULL,
            "leased_until" {d.integer} NOT NULL,
            "owner" {d.text},
            "attempts" {d.integer} NOT NULL,
            "failures" {d.integer} NOT NULL,
            "finished" {d.integer},
            "cause" {d.text})""",
        'CREATE UNIQUE INDEX "hub_message_key" ON "hub_message" ("channel", "key")',
        """CREATE INDEX "hub_message_due" ON "hub_message" ("channel", "due", "id")
            WHERE "state" = 'waiting'""",
        """CREATE INDEX "hub_message_lane" ON "hub_message" ("channel", "lane", "id")
            WHERE "state" = 'waiting' AND "lane" IS NOT NULL""",
        """CREATE INDEX "hub_message_dead" ON "hub_message" ("channel", "id") WHERE "state" = 'dead'""",
        f"""CREATE TABLE "hub_position" (
            "channel" {d.text} PRIMARY KEY, "position" {d.text} NOT NULL, "stored" {d.integer} NOT NULL)""",
    )


MIGRATIONS: Final = (Migration(1, "messages and positions", _tables),)
