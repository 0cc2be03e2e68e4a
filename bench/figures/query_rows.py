"""A query of 2,000 rows to JSON, against the same rows by hand-written SQL and msgspec, both over HTTP."""

import json
import tempfile
from pathlib import Path

from bench.account import make_accounts
from bench.driver import busiest, drive, request
from bench.figure import Measured, Size, in_turn
from bench.load import Load
from bench.peers.sql_rows import COLUMNS, LIMIT
from bench.rows import query, query_path
from bench.servers import our_org, peer

SOQL = f"SELECT {', '.join(COLUMNS)} FROM Account ORDER BY Id LIMIT {LIMIT}"


def two_thousand_rows(size: Size) -> Measured:
    """The time of one such query, in milliseconds, one after another."""
    loads: list[Load] = []

    def milliseconds(port: int, asked: bytes) -> float:
        loads.append(drive(port, [asked], size.seconds, 1))
        return loads[-1].median * 1000

    with our_org() as org, tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        make_accounts(org, LIMIT)
        rows = query(org, SOQL)
        assert len(rows) == LIMIT
        file = Path(folder) / "rows.json"
        file.write_text(json.dumps(rows))
        asked = request("GET", query_path(SOQL), org.token)
        with peer("sql_rows", str(file)) as by_hand:
            ours, theirs = in_turn(
                size, lambda: milliseconds(org.port, asked), lambda: milliseconds(by_hand, asked)
            )
    notes = (f"{LIMIT} rows of {len(COLUMNS)} fields, one query after another", busiest(loads))
    return Measured(" ms", False, ours, theirs, notes)
