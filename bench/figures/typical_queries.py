"""Eight typical queries of accounts and contacts under private sharing, to JSON bytes, for a user who sees a
tenth, against hand-written SQL with the same predicate; and what a query of a million rows costs.

What is compared is the geometric mean of the queries' times.
"""

import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.accounts_shared import (
    OWNERS,
    SharedAccounts,
    contact_id,
    created,
    owner_of,
    seeing,
    shared_accounts,
)
from bench.asking import Asking, mean, records
from bench.figure import Measured, Size, against_limit, in_turn
from bench.peers.eight_sql import QUERIES, EightByHand
from bench.peers.shared_sql import Listing

from isthmus.kernel.database import Connection, Value
from isthmus.org.schema.instants import datetime_text

QUICK_ACCOUNTS: Final = 50_000
FULL_ACCOUNTS: Final = 1_000_000
CONTACTS: Final = 3
"""Of each account."""
OWNERS_SEEN: Final = OWNERS // 10
CHANGED: Final = 15_000
"""Contacts that have changed in the time that is asked for; a tenth of them is seen."""
MEGABYTES_MAX: Final = 16.0
GROWN_MIN: Final = 0.1
"""Megabytes: less than this is nothing."""
REPEATED: Final = {"record": 200, "list view": 10}
"""How often a query is asked for one time; others once."""
_CONTACT: Final = "Id, LastName, Email, AccountId"
_ALL: Final = "SELECT Id, Name, Industry, AnnualRevenue, OwnerId FROM Account"


def typical_queries(size: Size) -> Measured:
    """The mean of the eight queries' times, in milliseconds."""
    ours: dict[str, list[float]] = {name: [] for name in QUERIES}
    peer: dict[str, list[float]] = {name: [] for name in QUERIES}
    with shared_accounts(_accounts(size), CONTACTS) as accounts:
        database = accounts.database
        soql, values = _queries(accounts)
        asking = Asking(accounts, seeing(OWNERS_SEEN))
        by_hand = database.read(lambda connection: EightByHand(connection, values)).result()

        def ask(name: str, times: int) -> list[bytes]:
            return asking.answer(soql[name], times)

        def again(name: str, times: int) -> list[bytes]:
            def work(connection: Connection) -> bytes:
                for _ in range(times):
                    text = by_hand.answer(connection, name)
                return text

            return [database.read(work).result()]

        for name in QUERIES:
            assert records(ask(name, 1)) == records(again(name, 1)), name
        times = in_turn(size, lambda: mean(ours, ask, REPEATED), lambda: mean(peer, again, REPEATED))
    each = ", ".join(
        f"{name} {statistics.median(ours[name][1:]):.3g}/{statistics.median(peer[name][1:]):.3g}"
        for name in QUERIES
    )
    seen = f"a user who sees 1 in {OWNERS // OWNERS_SEEN} of {accounts.count:,} accounts and "
    seen += f"{accounts.count * CONTACTS:,} contacts, geometric mean of ours/peer in ms: {each}"
    return Measured(" ms", False, *times, (seen,))


def first_batch(size: Size) -> Measured:
    """The time to the first page of a query of every account, whose cursor is stored, in milliseconds."""
    with shared_accounts(_accounts(size)) as accounts:
        asking = Asking(accounts, seeing(OWNERS))
        listing = Listing(accounts.database, seeing(OWNERS).user_id)

        def ours() -> float:
            return _milliseconds(lambda: next(asking.pages(_ALL)))

        times = in_turn(size, ours, lambda: _milliseconds(listing.first_page))
    return Measured(" ms", False, *times, (f"{accounts.count:,} rows, each seen because it is shared",))


def paging_memory(size: Size) -> Measured:
    """By how much the process grows from the tenth page of a query of every account to the last."""
    with shared_accounts(_accounts(size)) as accounts:
        asking = Asking(accounts, seeing(OWNERS))

        def grown() -> float:
            for number, _ in enumerate(asking.pages(_ALL)):
                if number == 10:
                    before = _resident()
            return max(_resident() - before, GROWN_MIN)

        times = against_limit(size, MEGABYTES_MAX, grown)
    return Measured(" MB", False, *times, (f"{accounts.count:,} rows in pages of 2,000",))


def _queries(accounts: SharedAccounts) -> tuple[dict[str, str], dict[str, Value]]:
    """The queries by their names, and the values that the peer's texts name."""
    middle = accounts.count // 2
    seen = next(each for each in range(middle, accounts.count) if owner_of(each) < OWNERS_SEEN)
    contact, first = contact_id(seen * CONTACTS), created(seen * CONTACTS)
    last, begins = created(seen * CONTACTS + CHANGED), "person 000"
    between = f"SystemModstamp >= {datetime_text(first, 'Z')} AND SystemModstamp < {datetime_text(last, 'Z')}"
    soql = {
        "record": f"SELECT {_CONTACT}, Account.Name, Account.Industry FROM Contact WHERE Id = '{contact}'",
        "list view": "SELECT Id, Name, Industry, AnnualRevenue FROM Account WHERE Industry = 'Energy' "
        "ORDER BY Name LIMIT 50",
        "changed": f"SELECT {_CONTACT} FROM Contact WHERE {between}",
        "children": f"SELECT Id, Name, (SELECT {_CONTACT} FROM Contacts) FROM Account "
        "ORDER BY Name LIMIT 200",
        "parents": f"SELECT {_CONTACT}, Account.Name, Account.Industry FROM Contact "
        "WHERE Account.Industry = 'Energy' ORDER BY LastName LIMIT 200",
        "prefix": f"SELECT {_CONTACT} FROM Contact WHERE Name LIKE '{begins}%'",
        "semi-join": "SELECT Id, Name FROM Account WHERE Id IN "
        f"(SELECT AccountId FROM Contact WHERE Name LIKE '{begins}%')",
        "groups": "SELECT Account.Industry, COUNT(Id) n FROM Contact GROUP BY Account.Industry",
    }
    values: dict[str, Value] = {"user": seeing(OWNERS_SEEN).user_id, "contact": contact}
    values |= {"first": first, "last": last, "industry": "energy"}
    return soql, values | {"begins": begins, "ends": begins[:-1] + "1"}


def _accounts(size: Size) -> int:
    return FULL_ACCOUNTS if size.name == "full" else QUICK_ACCOUNTS


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1_000


def _resident() -> float:
    """The process's own memory, in megabytes: without what it has of the database's file."""
    [kilobytes] = re.findall(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(kilobytes) / 1e3
