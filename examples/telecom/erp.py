"""An ERP system: orders over HTTP, in a database of its own. Python's standard library, nothing of Isthmus.

    python erp.py --port 9000 --database erp.db [--seed 7 --orders 200]

POST /orders  {"reference", "name", "amount"} with an Idempotency-Key: 201 and the new order; 200 and the
              order that there is, where the key has come before
GET  /orders  every order
GET  /status  how many orders, and how many requests are being worked on

With a seed it fails as systems do: about half-way through `orders` it is down for some seconds (it answers
503, or closes the connection), and the answers of some orders are lost after they have been written.
"""

import argparse
import json
import random
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS orders (
    number TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, reference TEXT NOT NULL, name TEXT, amount REAL,
    status TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS requests (id INTEGER PRIMARY KEY, key TEXT NOT NULL, outcome TEXT NOT NULL);
"""
BODY_BYTES_MAX = 1 << 20


class Unanswered(Exception):
    """The caller gets no answer: the connection is closed."""


@dataclass
class Faults:
    """What goes wrong, and when: orders are counted from 1."""

    down_at: int = 0
    down_seconds: float = 0.0
    lost: frozenset[int] = frozenset()
    thinking: tuple[float, float] = (0.0, 0.0)
    chance: random.Random = field(default_factory=random.Random)

    @classmethod
    def of(cls, seed: int, orders: int) -> "Faults":
        chance = random.Random(seed)
        return cls(
            down_at=max(1, round(orders * chance.uniform(0.4, 0.6))),
            down_seconds=chance.uniform(1.5, 3.0),
            lost=frozenset(chance.sample(range(1, orders + 1), max(1, orders // 20))),
            thinking=(0.01, 0.04),
            chance=chance,
        )


class Erp:
    """The orders. One lock: an ERP system takes its time, not its threads."""

    def __init__(self, database: Path, faults: Faults) -> None:
        self.faults = faults
        self.in_work = 0
        self._lock = threading.Lock()
        self._down_until = 0.0
        self._database = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._database.executescript(TABLES)

    def order(self, key: str, wanted: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and answer. Raises Unanswered."""
        with self._lock:
            pause = self.faults.chance.uniform(*self.faults.thinking)
        time.sleep(pause)
        with self._lock:
            if self._is_down():
                self._note(key, "down")
                if self.faults.chance.random() < 0.5:
                    raise Unanswered
                return 503, {"error": "down for maintenance"}
            found = self._find(key)
            if found:
                self._note(key, "known")
                return 200, found
            count = self.count()
            made = (f"ERP-{count + 1:06}", key, wanted["reference"], wanted.get("name"), wanted.get("amount"))
            self._database.execute("BEGIN")
            self._database.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, 'Created')", made)
            self._note(key, "lost" if count + 1 in self.faults.lost else "created")
            self._database.execute("COMMIT")
            if count + 1 == self.faults.down_at:
                self._down_until = time.monotonic() + self.faults.down_seconds
            if count + 1 in self.faults.lost:
                raise Unanswered
            return 201, self._find(key) or {}

    def count(self) -> int:
        return int(self._database.execute("SELECT COUNT(*) FROM orders").fetchone()[0])

    def status(self) -> dict[str, Any]:
        with self._lock:
            return {"orders": self.count(), "in_work": self.in_work, "down": self._is_down()}

    def orders(self) -> list[dict[str, Any]]:
        with self._lock:
            rows = self._database.execute("SELECT number, status, reference FROM orders ORDER BY number")
            return [dict(zip(("number", "status", "reference"), row, strict=True)) for row in rows]

    def _find(self, key: str) -> dict[str, Any] | None:
        row = self._database.execute("SELECT number, status FROM orders WHERE key = ?", (key,)).fetchone()
        return {"number": row[0], "status": row[1]} if row else None

    def _is_down(self) -> bool:
        return time.monotonic() < self._down_until

    def _note(self, key: str, outcome: str) -> None:
        self._database.execute("INSERT INTO requests (key, outcome) VALUES (?, ?)", (key, outcome))


def handler_of(erp: Erp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answers = {"/status": erp.status, "/orders": erp.orders}
            asked = answers.get(self.path)
            self._answer(200 if asked else 404, asked() if asked else {"error": "nothing here"})

        def do_POST(self) -> None:
            erp.in_work += 1
            try:
                self._answer(*self._order())
            except Unanswered:
                self.close_connection = True
            finally:
                erp.in_work -= 1

        def _order(self) -> tuple[int, Any]:
            length = int(self.headers.get("Content-Length") or 0)
            if length > BODY_BYTES_MAX:
                self.close_connection = True
                return 413, {"error": "an order is not that long"}
            body, key = self.rfile.read(length), self.headers.get("Idempotency-Key")
            if self.path != "/orders":
                return 404, {"error": "nothing here"}
            try:
                wanted = json.loads(body)
                if not key or not isinstance(wanted["reference"], str):
                    raise ValueError
            except (ValueError, KeyError, TypeError):
                return 400, {"error": "an order has an Idempotency-Key and a reference"}
            return erp.order(key, wanted)

        def _answer(self, status: int, answer: Any) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if status == 503:
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing: what was asked stands in the database."""

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """A caller that was killed is no error of ours."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=9000, help="0: any free port, which is printed")
    parser.add_argument("--database", type=Path, default=Path("erp.db"))
    parser.add_argument("--seed", type=int, help="fail now and then, always the same way")
    parser.add_argument("--orders", type=int, default=200, help="how many to expect, for the faults")
    given = parser.parse_args()
    faults = Faults() if given.seed is None else Faults.of(given.seed, given.orders)
    server = Server(("127.0.0.1", given.port), handler_of(Erp(given.database, faults)))
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
