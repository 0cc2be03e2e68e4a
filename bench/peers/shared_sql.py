"""Peer: queries of shared accounts as one would write them by hand. SQL with the sharing predicate, msgspec.

The predicate is written in each of the forms that one would try; `quickest` keeps for each query and user
the one that takes the least time.
"""

import math
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from isthmus.kernel.database import Connection, Database, Row, Value

COLUMNS: Final = ("Id", "Name", "Industry", "AnnualRevenue", "OwnerId")
PAGE: Final = 2_000
_SHARED = (
    '"AccountShare" AS s JOIN "isthmus_grantees" AS g ON g."grantee_id" = s."UserOrGroupId" '
    'WHERE g."user_id" = :user'
)
_GRANTEES = '(SELECT "grantee_id" FROM "isthmus_grantees" WHERE "user_id" = :user)'
FORMS: Final = (
    f'EXISTS (SELECT 1 FROM {_SHARED} AND s."AccountId" = t."Id")',
    f't."Id" IN (SELECT s."AccountId" FROM {_SHARED})',
    'EXISTS (SELECT 1 FROM "AccountShare" AS s '
    f'WHERE s."AccountId" = t."Id" AND +s."UserOrGroupId" IN {_GRANTEES})',
)
"""Asked of each row, listed, asked of each row with the grantees listed."""
_TABLE = '"Account" AS t WHERE t."IsDeleted" = 0 AND {seen}'
_SELECTED: Final = ", ".join(f't."{each}"' for each in COLUMNS)
_ROWS = f"SELECT {_SELECTED} FROM {_TABLE}"
_BETWEEN = 't."CreatedDate" >= :first AND t."CreatedDate" < :last'
SQL: Final[Mapping[str, str]] = {
    "point": f'{_ROWS} AND t."Id" = :id',
    "first page": f'{_ROWS} ORDER BY t."Name~", t."Id" LIMIT {PAGE}',
    "range": f'{_ROWS} AND {_BETWEEN} ORDER BY t."Id" LIMIT {PAGE}',
    "count": f"SELECT COUNT(*) FROM {_TABLE}",
    "count some": f'SELECT COUNT(*) FROM {_TABLE} AND t."Industry~" = :industry',
    "by owner": (
        f'SELECT t."OwnerId", COUNT(*), SUM(t."AnnualRevenue") FROM {_TABLE} '
        'GROUP BY t."OwnerId" ORDER BY t."OwnerId"'
    ),
    "all pages": f'{_ROWS} AND t."Id" > :after ORDER BY t."Id" LIMIT {PAGE}',
}
_PATIENCE: Final = 2
"""How many times as long as the quickest form another may take the first time, when nothing is cached."""
_encode = msgspec.json.Encoder().encode


class ByHand:
    """One user's queries. `values` are what the texts' names stand for."""

    def __init__(self, connection: Connection, values: Mapping[str, Value]) -> None:
        self._values = dict(values)
        self._texts = {name: self._quickest(connection, name) for name in SQL}

    def answer(self, connection: Connection, name: str) -> list[bytes]:
        """The pages of a query's answer."""
        return self._answer(connection, name, self._texts[name])

    def _quickest(self, connection: Connection, name: str) -> str:
        """The text of the form that takes the least time. One that is slower than another before it is given
        up: some would take an hour.
        """
        quickest, least = "", math.inf
        for form in FORMS:
            text = SQL[name].format(seen=form)
            seconds = self._seconds(connection, name, text, least)
            if seconds < least:
                quickest, least = text, seconds
        return quickest

    def _seconds(self, connection: Connection, name: str, sql: str, most: float) -> float:
        """How long the second time takes, or the first if that is far more than `most`."""
        for _ in range(2):
            started = time.perf_counter()
            self._answer(connection, name, sql, started + _PATIENCE * most)
            taken = time.perf_counter() - started
            if taken > _PATIENCE * most:
                break
        return taken

    def _answer(self, connection: Connection, name: str, sql: str, until: float = math.inf) -> list[bytes]:
        if name == "all pages":
            return self._pages(connection, sql, until)
        rows = self._rows(connection, sql, "")
        if name.startswith("count"):
            return [_body(0, [], total=rows[0][0])]
        if name == "by owner":
            groups = [{"attributes": _AGGREGATE, "OwnerId": r[0], "n": r[1], "sum": r[2]} for r in rows]
            return [_body(len(groups), groups)]
        return [_body(len(rows), list(map(_record, rows)))]

    def _pages(self, connection: Connection, sql: str, until: float) -> list[bytes]:
        pages: list[bytes] = []
        after = ""
        while time.perf_counter() <= until and (rows := self._rows(connection, sql, after)):
            pages.append(_body(len(rows), list(map(_record, rows))))
            if len(rows) < PAGE:
                break
            after = str(rows[-1][0])
        return pages

    def _rows(self, connection: Connection, sql: str, after: str) -> list[Row]:
        values = self._values | {"after": after}
        found: list[Row] = connection.rows(sql, values)  # type: ignore[arg-type] # named, as SQLite has
        return found


class Listing:
    """Every row in order for who asks page by page: the first of them, and all ids kept in a table."""

    def __init__(self, database: Database, user: str) -> None:
        self._database = database
        self._values: dict[str, Value] = {"user": user}
        database.write(lambda tx: tx.execute("CREATE TABLE by_hand (ids TEXT)")).result()

    def first_page(self) -> bytes:
        """The first page's body, once the ids are kept."""
        body, chunks = self._database.read(self._listed).result()
        self._database.write(
            lambda tx: tx.execute_many("INSERT INTO by_hand VALUES (?)", ((each,) for each in chunks))
        ).result()
        return body

    def _listed(self, connection: Connection) -> tuple[bytes, list[str]]:
        named: Any = self._values
        ordered = f'{_TABLE.format(seen=FORMS[2])} ORDER BY t."Id"'
        ids = [str(row[0]) for row in connection.rows(f'SELECT t."Id" FROM {ordered}', named)]
        rows = connection.rows(f"SELECT {_SELECTED} FROM {ordered} LIMIT {PAGE}", named)
        chunks = ["".join(ids[start : start + PAGE]) for start in range(0, len(ids), PAGE)]
        return _body(0, list(map(_record, rows)), total=len(ids)), chunks


_AGGREGATE: Final = {"type": "AggregateResult"}


def _record(row: Row) -> dict[str, Any]:
    return {
        "attributes": {"type": "Account", "url": "/services/data/v65.0/sobjects/Account/" + str(row[0])},
        "Id": row[0],
        "Name": row[1],
        "Industry": row[2],
        "AnnualRevenue": row[3],
        "OwnerId": row[4],
    }


def _body(count: int, records: list[dict[str, Any]], *, total: Value = None) -> bytes:
    return _encode({"totalSize": count if total is None else total, "done": True, "records": records})
