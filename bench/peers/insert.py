"""Peer: raw SQLite. One row inserted and synced at a time, as many as there is time for.

WAL and synchronous=FULL, as ours; a table of ten columns, its primary key and one index.

    python -m bench.peers.insert FILE SECONDS     # prints rows a second
"""

import sys
import time

import apsw

COLUMNS = ("Id", "Name", "Industry", "AnnualRevenue", "NumberOfEmployees", "BillingCity", "Phone", "Website")
SYSTEM = ("CreatedDate", "OwnerId")


def main() -> None:
    file, seconds = sys.argv[1], float(sys.argv[2])
    connection = apsw.Connection(file)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "FULL")
    columns = ", ".join(f'"{name}"' for name in (*COLUMNS, *SYSTEM))
    connection.execute(f'CREATE TABLE IF NOT EXISTS "Account" ({columns}, PRIMARY KEY ("Id"))')
    connection.execute('CREATE INDEX IF NOT EXISTS "name" ON "Account" ("Name")')
    places = ", ".join("?" * len((*COLUMNS, *SYSTEM)))
    insert = f'INSERT INTO "Account" VALUES ({places})'
    first = time.time_ns()
    count = 0
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        connection.execute(insert, _row(first + count))
        count += 1
    print(count / (time.perf_counter() - started))
    connection.close()


def _row(number: int) -> tuple[str | int | float, ...]:
    key = f"001{number:015d}"[-18:]
    return (
        key,
        f"Bench {number}",
        "Energy",
        1500000.0,
        42,
        "Springfield",
        "+1 415 555 0100",
        "www.acme.example",
        number,
        key,
    )


if __name__ == "__main__":
    main()
