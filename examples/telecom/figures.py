"""What the demo counts, each figure where it is kept: the org, its event bus, the hub, the ERP system."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

WON = "SELECT Id, Order_Number__c, Order_Status__c FROM Opportunity WHERE StageName = 'Closed Won'"
TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Count:
    """A figure, where it comes from, and whether it is as it should be."""

    name: str
    figure: int
    source: str
    good: bool


def count_published(org: str, session_id: str, channel: str) -> int:
    """The events of a channel, seen by a subscriber of our own that asks for all that are retained."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {session_id}"
        session.trust_env = False

        def ask(message: Mapping[str, Any]) -> list[dict[str, Any]]:
            answer = session.post(f"{org}/cometd/65.0", json=[message], timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            replies: list[dict[str, Any]] = answer.json()
            if failed := [each for each in replies if each.get("successful") is False]:
                raise RuntimeError(f"the org refuses: {failed}")
            return replies

        long_polling = {"version": "1.0", "supportedConnectionTypes": ["long-polling"]}
        [shaken] = ask({"channel": "/meta/handshake", **long_polling})
        client = {"clientId": shaken["clientId"]}
        from_the_beginning = {"replay": {channel: -2}}
        found = ask(
            {"channel": "/meta/subscribe", "subscription": channel, "ext": from_the_beginning, **client}
        )
        seen: set[str] = set()
        without = 0
        while without < 2:  # the first connect may be answered at once, with advice alone
            new = {each["data"]["event"]["EventUuid"] for each in found if "data" in each}
            seen |= new
            without = 0 if new else without + 1
            poll = {"connectionType": "long-polling", "advice": {"timeout": 500}}
            found = ask({"channel": "/meta/connect", **poll, **client})
        ask({"channel": "/meta/disconnect", **client})
        return len(seen)


def count_up(sf: Any, erp: Path, hub: Mapping[str, Any], published: int, kills: int) -> list[Count]:
    """Every figure. `sf` is a simple-salesforce client, `erp` the ERP system's database, `hub` the hub's
    status.
    """
    won = {each["Id"]: each for each in sf.query_all(WON)["records"]}
    routes = {each["route"]: each for each in hub["routes"]}
    received = sum(routes["orders"]["messages"].values())
    dead = sum(each["messages"].get("dead", 0) for each in routes.values())
    with sqlite3.connect(f"file:{erp}?mode=ro", uri=True) as database:
        orders = database.execute("SELECT number, reference FROM orders").fetchall()
        [(sent, absorbed, keys)] = database.execute(
            "SELECT COUNT(*), SUM(outcome = 'known'), COUNT(DISTINCT key) FROM requests"
        )
    database.close()
    called_back = sum(bool(each["Order_Number__c"] and each["Order_Status__c"]) for each in won.values())
    numbers = dict(orders)
    strangers = sum(numbers.get(each["Order_Number__c"]) != id_ for id_, each in won.items())
    again = sent - keys + routes["callbacks"]["redeliveries"]
    twice = len(orders) - len(set(numbers.values()))
    n = len(won)
    return [
        Count("won", n, "the org, by SOQL", n > 0),
        Count("published", published, "the event bus, read anew from the beginning", published == n),
        Count("received", received, "the hub's ledger", received == n),
        Count("ERP orders", len(orders), "the ERP system's own database", len(orders) == n),
        Count("callbacks", called_back, "the org, by SOQL", called_back == n),
        Count("redeliveries attempted", again, "requests beyond each order's first", again >= 1),
        Count("  absorbed", absorbed or 0, "the ERP system knew the key", True),
        Count("hub killed", kills, "SIGKILL, with orders under way", kills == 2),
        Count("duplicates", twice, "orders beyond one an opportunity", twice == 0),
        Count("wrong numbers", strangers, "opportunities with another's order number", strangers == 0),
        Count("dead letters", dead, "the hub's ledger", dead == 0),
    ]


def table(counts: list[Count]) -> str:
    width = max(len(each.name) for each in counts)
    return "\n".join(
        f"{'✓' if each.good else '✗'} {each.name:<{width}} {each.figure:>7,}   {each.source}"
        for each in counts
    )
