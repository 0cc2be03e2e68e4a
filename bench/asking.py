"""Our side of the figures of queries: a user's queries through the engine, to JSON, page after page."""

import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bench.accounts_shared import SharedAccounts

from isthmus.kernel.clock import SystemClock
from isthmus.kernel.database import Connection
from isthmus.kernel.ids import Ids
from isthmus.org.api.rest.row_encoder import encode, records_of
from isthmus.org.query.engine import QueryEngine
from isthmus.org.query.result import QueryResult
from isthmus.org.security.principal import Principal

VERSION: Final = 65


class Asking:
    """One user's queries."""

    def __init__(self, accounts: SharedAccounts, principal: Principal) -> None:
        self._accounts = accounts
        self._principal = principal
        self._engine = QueryEngine(SystemClock(), Ids(seed=1))

    def answer(self, soql: str, times: int = 1) -> list[bytes]:
        """The pages of a query's answer, asked that often on one connection."""
        return list(self.pages(soql, times))

    def pages(self, soql: str, times: int = 1) -> Iterator[bytes]:
        """The same one by one. Its cursors are stored before the first."""
        database, schema = self._accounts.database, self._accounts.schema

        def first_page(connection: Connection) -> tuple[QueryResult, bytes]:
            for _ in range(times):
                result = self._engine.run(connection, schema, self._principal, soql)
                text = _body(result)
            return result, text

        result, text = database.read(first_page).result()
        pending = result.pending
        if pending:
            database.write(lambda tx: self._engine.store_cursors(tx, pending)).result()
        yield text
        while result.locator is not None:
            result, text = database.read(self._next_page(str(result.locator))).result()
            yield text

    def _next_page(self, locator: str) -> Callable[[Connection], tuple[QueryResult, bytes]]:
        def page(connection: Connection) -> tuple[QueryResult, bytes]:
            result = self._engine.more(connection, self._accounts.schema, self._principal, locator)
            return result, _body(result)

        return page


def mean(
    kept: dict[str, list[float]], ask: Callable[[str, int], object], repeated: Mapping[str, int]
) -> float:
    """The geometric mean of one round's times in milliseconds, each of which is kept. `repeated`: how often a
    query is asked for one time; others once.
    """
    for name, found in kept.items():
        times = repeated.get(name, 1)
        started = time.perf_counter()
        ask(name, times)
        found.append((time.perf_counter() - started) * 1_000 / times)
    return statistics.geometric_mean(found[-1] for found in kept.values())


def records(pages: list[bytes]) -> object:
    """What the pages hold, and the size of what has one page: the peer's pages tell theirs alone."""
    read = [json.loads(each) for each in pages]
    return (read[0]["totalSize"] if len(read) == 1 else 0, [row for page in read for row in page["records"]])


def _body(result: QueryResult) -> bytes:
    done = b"true" if result.locator is None else b"false"
    rows = encode(records_of(result, VERSION))
    return b'{"totalSize":%d,"done":%b,"records":%b}' % (result.total_size, done, rows)
