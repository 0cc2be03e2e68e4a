"""Queries of accounts under private sharing to JSON bytes, against hand-written SQL with the same predicate.

Both read the same database, one query at a time. The peer keeps the quickest form of the predicate for each
query and user, and pages by the last id. What is compared is the geometric mean of the queries' times.
"""

import statistics
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
from bench.asking import Asking, mean, records
from bench.figure import Measured, Size, in_turn
from bench.peers.shared_sql import COLUMNS, PAGE, SQL, ByHand

from isthmus.kernel.database import Connection, Value
from isthmus.org.schema.instants import datetime_text

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


def _queries(accounts: SharedAccounts, owners: int) -> tuple[dict[str, str], dict[str, Value]]:
    """The queries by their names, and the values that the peer's texts name."""
    middle = accounts.count // 2
    seen = next(each for each in range(middle, accounts.count) if owner_of(each) < owners)
    first, last = created(middle), created(min(middle + PAGE, accounts.count))
    between = f"CreatedDate >= {datetime_text(first, 'Z')} AND CreatedDate < {datetime_text(last, 'Z')}"
    soql = {
        "point": f"{_FROM} WHERE Id = '{account_id(seen)}'",
        "first page": f"{_FROM} ORDER BY Name LIMIT {PAGE}",
        "range": f"{_FROM} WHERE {between} ORDER BY Id LIMIT {PAGE}",
        "count": "SELECT COUNT() FROM Account",
        "count some": "SELECT COUNT() FROM Account WHERE Industry = 'Energy'",
        "by owner": "SELECT OwnerId, COUNT(Id) n, SUM(AnnualRevenue) sum FROM Account GROUP BY OwnerId",
        "all pages": _FROM,
    }
    values: dict[str, Value] = {"user": seeing(owners).user_id, "id": account_id(seen)}
    return soql, values | {"first": first, "last": last, "industry": "energy"}


def _measured(size: Size, owners: int) -> Measured:
    count = FULL_ACCOUNTS if size.name == "full" else QUICK_ACCOUNTS
    ours: dict[str, list[float]] = {name: [] for name in SQL}
    peer: dict[str, list[float]] = {name: [] for name in SQL}
    with shared_accounts(count) as accounts:
        asking = Asking(accounts, seeing(owners))
        database = accounts.database
        soql, values = _queries(accounts, owners)
        by_hand = database.read(lambda connection: ByHand(connection, values)).result()

        def ask(name: str, times: int) -> list[bytes]:
            return asking.answer(soql[name], times)

        def again(name: str, times: int) -> list[bytes]:
            return database.read(lambda connection: _again(by_hand, connection, name, times)).result()

        for name in SQL:
            assert records(ask(name, 1)) == records(again(name, 1)), name

        def by_ours() -> float:
            return mean(ours, ask, REPEATED)

        def by_peer() -> float:
            return mean(peer, again, REPEATED)

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
