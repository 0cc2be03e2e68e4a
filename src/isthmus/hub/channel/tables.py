"""The tables of the hub's channels: the messages of all routes, and where each source stands.

A row is a message from its arrival until the ledger forgets it: first it waits, with its payload; then its
state says what became of it, and only dead letters keep the payload. That the key is unique in a channel
makes the receiver idempotent for as long as the ledger remembers.

One that waits behind an earlier one of its lane says so, and is in no index that a claim reads: however many
wait there, they cost it nothing.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Final

from isthmus.kernel.database import Dialect, Migration

__all__ = ["MIGRATIONS", "State", "among"]


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


def _lanes_counts_and_pauses(d: Dialect) -> Sequence[str]:
    return (
        f'ALTER TABLE "hub_message" ADD COLUMN "behind" {d.flag} NOT NULL DEFAULT 0',
        """UPDATE "hub_message" SET "behind" = 1 WHERE "state" = 'waiting' AND "lane" IS NOT NULL
            AND EXISTS (SELECT 1 FROM "hub_message" e WHERE e."channel" = "hub_message"."channel"
                AND e."lane" = "hub_message"."lane" AND e."state" = 'waiting'
                AND e."id" < "hub_message"."id")""",
        'DROP INDEX "hub_message_due"',
        """CREATE INDEX "hub_message_due" ON "hub_message" ("channel", "due", "id")
            WHERE "state" = 'waiting' AND "behind" = 0""",
        f"""CREATE TABLE "hub_count" (
            "channel" {d.text} NOT NULL, "what" {d.text} NOT NULL, "slot" {d.integer} NOT NULL,
            "count" {d.integer} NOT NULL, PRIMARY KEY ("channel", "what", "slot"))""",
        """INSERT INTO "hub_count" SELECT "channel", "state", 0, COUNT(*)
            FROM "hub_message" GROUP BY 1, 2""",
        """INSERT INTO "hub_count" SELECT "channel", 'redelivered', 0,
            CAST(SUM(CASE WHEN "attempts" > 1 THEN "attempts" - 1 ELSE 0 END) AS BIGINT)
            FROM "hub_message" GROUP BY 1""",
        """INSERT INTO "hub_count" SELECT "channel", 'copies', 0, CAST(SUM("copies" - 1) AS BIGINT)
            FROM "hub_message" GROUP BY 1""",
        f"""CREATE TABLE "hub_paused" ("channel" {d.text} PRIMARY KEY, "since" {d.integer} NOT NULL)""",
    )


MIGRATIONS: Final = (
    Migration(1, "messages and positions", _tables),
    Migration(2, "heads of lanes, counts, pauses", _lanes_counts_and_pauses),
)


def among(ids: Collection[int]) -> tuple[str, list[int]]:
    """What follows `"id"` where it is one of `ids`, and the parameters of that. None of them is 0.

    Ids that follow each other, as those of messages that came together do, are a range: SQLite makes a table
    of a list each time. Lists are of so few lengths that statements stay prepared.
    """
    distinct = sorted(set(ids))
    first, last = distinct[0], distinct[-1]
    if last - first + 1 == len(distinct):
        return "BETWEEN ? AND ?", [first, last]
    length = 1 << (len(distinct) - 1).bit_length()
    return f"IN ({', '.join('?' * length)})", [*distinct, *[0] * (length - len(distinct))]
