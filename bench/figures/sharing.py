"""Queries of accounts under private sharing to JSON bytes, against hand-written SQL with the same predicate.

Both read the same database, one query at a time. The peer keeps the quickest form of the predicate for each
query and user, and pages by the last id. What is compared is the geometric mean of the queries' times.
"""

import json
import statistics
import time
from collections.abc import Callable
from typing import Final

from bench.accounts_shared import (
    OWNERS,
    SharedAccounts,
    account_id,
    created,
    owner_of,
    seeing,
    shared_accounts,
)
from bench.figure import Measured, Size, in_turn
from bench.peers.shared_sql import COLUMNS, PAGE, SQL, ByHand

from isthmus.kernel.clock import SystemClock
from isthmus.kernel.database import Connection, Value
from isthmus.kernel.ids import Ids
from isthmus.org.api.rest.row_encoder import encode, records_of
from isthmus.org.query.engine import QueryEngine
from isthmus.org.query.result import QueryResult
from isthmus.org.schema.instants import datetime_text

VERSION: Final = 65
QUICK_ACCOUNTS: Final = 100_000
FULL_ACCOUNTS: Final = 1_000_000
REPEATED: Final = {"point": 200}
"""How often a query is asked for one time; others once."""
_FROM: Final = f"SELECT {', '.join(COLUMNS)} FROM Account"


def one_percent(size: Size) -> Measured:
    """The mean of the queries' times for a user who sees 1 in 100 accounts, in milliseconds."""
    return _measured(size, OWNERS // 100)


def ten_percent(size: Size) -> Measured:
    """The same for a user who sees 1 in 10."""
    return _measured(size, OWNERS // 10)


def all_of_them(size: Size) -> Measured:
    """The same for a user who sees all, each because it is shared."""
    return _measured(size, OWNERS)


class _Asking:
    """Our side: one user's queries through the engine."""

    def __init__(self, accounts: SharedAccounts, owners: int) -> None:
        self._accounts = accounts
        self._principal = seeing(owners)
        self._engine = QueryEngine(SystemClock(), Ids(seed=1))
        middle = accounts.count // 2
        seen = next(each for each in range(middle, accounts.count) if owner_of(each) < owners)
        first, last = created(middle), created(min(middle + PAGE, accounts.count))
        self.values: dict[str, Value] = {"user": self._principal.user_id, "id": account_id(seen)}
        self.values |= {"first": first, "last": last, "industry": "energy"}
        between = f"CreatedDate >= {datetime_text(first, 'Z')} AND CreatedDate < {datetime_text(last, 'Z')}"
        self._soql = {
            "point": f"{_FROM} WHERE Id = '{account_id(seen)}'",
            "first page": f"{_FROM} ORDER BY Name LIMIT {PAGE}",
            "range": f"{_FROM} WHERE {between} ORDER BY Id LIMIT {PAGE}",
            "count": "SELECT COUNT() FROM Account",
            "count some": "SELECT COUNT() FROM Account WHERE Industry = 'Energy'",
            "by owner": "SELECT OwnerId, COUNT(Id) n, SUM(AnnualRevenue) sum FROM Account GROUP BY OwnerId",
            "all pages": _FROM,
        }

    def answer(self, name: str, times: int = 1) -> list[bytes]:
        """The pages of a query's answer, asked that often on one connection."""
        database, schema, soql = self._accounts.database, self._accounts.schema, self._soql[name]

        def first_page(connection: Connection) -> tuple[QueryResult, bytes]:
            for _ in range(times):
                result = self._engine.run(connection, schema, self._principal, soql)
                text = _body(result)
            return result, text

        result, text = database.read(first_page).result()
        pages, pending = [text], result.pending
        if pending:
            database.write(lambda tx: self._engine.store_cursors(tx, pending)).result()
        while result.locator is not None:
            result, text = database.read(self._next_page(str(result.locator))).result()
            pages.append(text)
        return pages

    def _next_page(self, locator: str) -> Callable[[Connection], tuple[QueryResult, bytes]]:
        def page(connection: Connection) -> tuple[QueryResult, bytes]:
            result = self._engine.more(connection, self._accounts.schema, self._principal, locator)
            return result, _body(result)

        return page


def _measured(size: Size, owners: int) -> Measured:
    count = FULL_ACCOUNTS if size.name == "full" else QUICK_ACCOUNTS
    ours: dict[str, list[float]] = {name: [] for name in SQL}
    peer: dict[str, list[float]] = {name: [] for name in SQL}
    with shared_accounts(count) as accounts:
        asking = _Asking(accounts, owners)
        database = accounts.database
        by_hand = database.read(lambda connection: ByHand(connection, asking.values)).result()

        def again(name: str, times: int) -> list[bytes]:
            return database.read(lambda connection: _again(by_hand, connection, name, times)).result()

        for name in SQL:
            assert _records(asking.answer(name)) == _records(again(name, 1)), name

        def by_ours() -> float:
            return _mean(ours, asking.answer)

        def by_peer() -> float:
            return _mean(peer, again)

        times = in_turn(size, by_ours, by_peer)
    each = (
        f"{name} {statistics.median(ours[name][1:]):.3g}/{statistics.median(peer[name][1:]):.3g}"
        for name in SQL
    )
    seen = f"a user who sees {100 * owners // OWNERS} % of {count:,} accounts"
    return Measured(" ms", False, *times, (f"{seen}, geometric mean of ours/peer in ms: {', '.join(each)}",))


def _again(by_hand: ByHand, connection: Connection, name: str, times: int) -> list[bytes]:
    for _ in range(times):
        pages = by_hand.answer(connection, name)
    return pages


def _mean(kept: dict[str, list[float]], ask: Callable[[str, int], object]) -> float:
    """The geometric mean of one round's times in milliseconds, each of which is kept."""
    for name, found in kept.items():
        times = REPEATED.get(name, 1)
        started = time.perf_counter()
        ask(name, times)
        found.append((time.perf_counter() - started) * 1_000 / times)
    return statistics.geometric_mean(found[-1] for found in kept.values())


def _body(result: QueryResult) -> bytes:
    done = b"true" if result.locator is None else b"false"
    records = encode(records_of(result, VERSION))
    return b'{"totalSize":%d,"done":%b,"records":%b}' % (result.total_size, done, records)


def _records(pages: list[bytes]) -> object:
    """What the pages hold, and the size of what has one page: the peer's pages tell theirs alone."""
    read = [json.loads(each) for each in pages]
    return (read[0]["totalSize"] if len(read) == 1 else 0, [row for page in read for row in page["records"]])
