"""Peer: the query as one would write it by hand. SQL over the same rows, msgspec for the same JSON.

python -m bench.peers.sql_rows ROWS.json     # rows as an org answered them; prints the port
"""

import datetime
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec
from bench.peers.bare import serve
from starlette.types import Receive, Scope, Send

COLUMNS = (
    "Id",
    "Name",
    "Industry",
    "AnnualRevenue",
    "NumberOfEmployees",
    "BillingCity",
    "Phone",
    "Website",
    "IsDeleted",
    "CreatedDate",
)
LIMIT = 2000


class HandWritten:
    """One SELECT, one dictionary a row, one encoding."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self._connection = apsw.Connection("rows.db")
        self._connection.pragma("journal_mode", "wal")
        columns = ", ".join(f'"{name}"' for name in COLUMNS)
        self._connection.execute(f'CREATE TABLE "Account" ({columns}, PRIMARY KEY ("Id"))')
        places = ", ".join("?" * len(COLUMNS))
        self._connection.executemany(
            f'INSERT INTO "Account" VALUES ({places})', [_stored(row) for row in rows]
        )
        selected = columns.replace(
            '"CreatedDate"', """strftime('%Y-%m-%dT%H:%M:%S.000+0000', "CreatedDate" / 1000, 'unixepoch')"""
        )
        self._select = f'SELECT {selected} FROM "Account" WHERE "IsDeleted" = 0 ORDER BY "Id" LIMIT {LIMIT}'
        self._encode = msgspec.json.Encoder().encode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await receive()
        body = self.answer()
        headers = [
            (b"content-type", b"application/json;charset=UTF-8"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def answer(self) -> bytes:
        records = [
            {
                "attributes": {"type": "Account", "url": f"/services/data/v65.0/sobjects/Account/{row[0]}"},
                "Id": row[0],
                "Name": row[1],
                "Industry": row[2],
                "AnnualRevenue": row[3],
                "NumberOfEmployees": row[4],
                "BillingCity": row[5],
                "Phone": row[6],
                "Website": row[7],
                "IsDeleted": bool(row[8]),
                "CreatedDate": row[9],
            }
            for row in self._connection.execute(self._select)
        ]
        return self._encode({"totalSize": len(records), "done": True, "records": records})


def _stored(row: dict[str, Any]) -> list[Any]:
    created = datetime.datetime.strptime(row["CreatedDate"], "%Y-%m-%dT%H:%M:%S.%f%z")
    return [row[name] for name in COLUMNS[:8]] + [int(row["IsDeleted"]), int(created.timestamp() * 1000)]


if __name__ == "__main__":
    serve(HandWritten(json.loads(Path(sys.argv[1]).read_text())))
