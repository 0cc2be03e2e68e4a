"""Rows that an org answers, for figures that need ids or the same rows for a peer."""

import json
import urllib.parse
import urllib.request
from typing import Any

from bench.account import API
from bench.servers import OurOrg


def query(org: OurOrg, soql: str) -> list[dict[str, Any]]:
    """The first page of a query's records."""
    url = f"http://127.0.0.1:{org.port}{query_path(soql)}"
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {org.token}"})
    with urllib.request.urlopen(asked) as answer:
        records: list[dict[str, Any]] = json.load(answer)["records"]
    return records


def query_path(soql: str) -> str:
    """The path that asks for a query."""
    return f"{API}/query?{urllib.parse.urlencode({'q': soql})}"


def ids_of_accounts(org: OurOrg, count: int) -> list[str]:
    """The ids of `count` accounts."""
    return [row["Id"] for row in query(org, f"SELECT Id FROM Account ORDER BY Id LIMIT {count}")]
