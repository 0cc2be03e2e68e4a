"""What the spine has to show at rest: the demo's own figures, and what sellers were told."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from tests.simulation.ledger import Ledger
from tests.simulation.org_client import OrgClient
from tests.simulation.spine_example import example

FIGURES: Final = example("figures")
_CHANNEL: Final = "/event/Order_Request__e"
_WON: Final = "SELECT Id, Name FROM Opportunity WHERE StageName = 'Closed Won'"
_OF_A_DEMO: Final = frozenset({"redeliveries attempted", "hub killed"})
"""What a demo has to show, and a run need not."""
_KILLS: Final = 2


class _SimpleSalesforce:
    """As much of that client as the figures need."""

    def __init__(self, client: OrgClient) -> None:
        self._client = client

    def query_all(self, soql: str) -> dict[str, Any]:
        return {"records": self._client.query(soql)}


def differences(client: OrgClient, url: str, erp: Path, hub: Mapping[str, Any], ledger: Ledger) -> list[str]:
    """What is not equal, missing or there twice. `erp` is the ERP system's database, `hub` the hub's status.

    Raises what the org's clients raise.
    """
    published = FIGURES.count_published(url, client.token, _CHANNEL)
    counts = FIGURES.count_up(_SimpleSalesforce(client), erp, hub, published, _KILLS)
    won = {each["Id"]: each["Name"] for each in client.query(_WON)}
    problems = ledger.differences(won.values())
    problems += [
        f"{each.name.strip()} {each.figure} ({len(won)} won)"
        for each in counts
        if not each.good and each.name not in _OF_A_DEMO
    ]
    problems += [
        f"{count} waiting in {each['route']}"
        for each in hub["routes"]
        if (count := each["messages"].get("waiting", 0))
    ]
    return problems + _order_differences(erp, won)


def _order_differences(erp: Path, won: Mapping[str, str]) -> list[str]:
    with closing(sqlite3.connect(f"file:{erp}?mode=ro", uri=True)) as database:
        ordered = [str(row[0]) for row in database.execute("SELECT reference FROM orders")]
    found = [
        ("without an order", [won[each] for each in won.keys() - set(ordered)]),
        ("ordered twice", [won.get(each, each) for each in set(ordered) if ordered.count(each) > 1]),
        ("ordered, but not won", list(set(ordered) - won.keys())),
    ]
    return [f"{what}: {', '.join(sorted(names)[:5])}" for what, names in found if names]
