"""Does the demo hold what it says? Small, from a seed; and would it notice if it did not?"""

import http.client
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

ROOT: Final = Path(__file__).parents[2]
TELECOM: Final = ROOT / "examples" / "telecom"
PAGE: Final = ROOT / "docs" / "patterns" / "fire-and-forget.md"
TIMEOUT_SECONDS: Final = 180
WANTED: Final = {"reference": "006000000000001AAA", "name": "Line", "amount": 12.5}


def demo(tmp_path: Path, **given: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        [sys.executable, str(TELECOM / "demo.py")],
        env=clean | {"TMPDIR": str(tmp_path)} | given,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def test_every_won_opportunity_has_its_one_order_whatever_went_wrong(tmp_path: Path) -> None:
    done = demo(tmp_path, N="12", SEED="3")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^✓ +([\w ]+?) +([\d,]+)   ", done.stdout, re.MULTILINE)
    figures = {name: int(figure) for name, figure in rows}
    for name in ("won", "published", "received", "ERP orders", "callbacks"):
        assert figures[name] == 12, done.stdout
    assert figures["redeliveries attempted"] >= 1
    assert figures["absorbed"] >= 1
    assert figures["hub killed"] == 2
    assert figures["duplicates"] == figures["dead letters"] == 0
    assert done.stdout.count("the hub is killed") == 2
    assert "the ERP system is down" in done.stdout
    assert not list(tmp_path.iterdir()), "nothing is left behind"


def test_fewer_than_the_demo_has_room_for_are_refused(tmp_path: Path) -> None:
    done = demo(tmp_path, N="3")
    assert (done.returncode, "N is 10 or more" in done.stdout) == (2, True)


class Client:
    """Answers the demo's query as simple-salesforce does."""

    def __init__(self, numbers: dict[str, str | None]) -> None:
        self.numbers = numbers

    def query_all(self, _: str) -> dict[str, Any]:
        rows = [
            {"Id": id_, "Order_Number__c": number, "Order_Status__c": number and "Created"}
            for id_, number in self.numbers.items()
        ]
        return {"records": rows}


ORDERS: Final = (("E-1", "k1", "a"), ("E-2", "k2", "b"))


@pytest.mark.parametrize(
    ("orders", "numbers", "changes", "wrong"),
    [
        (ORDERS, {"a": "E-1", "b": "E-2"}, {}, set()),
        (ORDERS, {"a": "E-2", "b": "E-1"}, {}, {"wrong numbers"}),
        (ORDERS, {"a": "E-1", "b": None}, {}, {"callbacks", "wrong numbers"}),
        (
            (*ORDERS, ("E-3", "k3", "a")),
            {"a": "E-1", "b": "E-2"},
            {},
            {"ERP orders", "duplicates"},
        ),
        (ORDERS[:1], {"a": "E-1", "b": None}, {}, {"ERP orders", "callbacks", "wrong numbers"}),
        (ORDERS, {"a": "E-1", "b": "E-2"}, {"published": 1}, {"published"}),
        (ORDERS, {"a": "E-1", "b": "E-2"}, {"received": 3}, {"received"}),
        (ORDERS, {"a": "E-1", "b": "E-2"}, {"dead": 1}, {"received", "dead letters"}),
        (ORDERS, {"a": "E-1", "b": "E-2"}, {"again": 0}, {"redeliveries attempted"}),
        (ORDERS, {"a": "E-1", "b": "E-2"}, {"kills": 1}, {"hub killed"}),
    ],
)
def test_the_closing_table_notices(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    orders: tuple[tuple[str, str, str], ...],
    numbers: dict[str, str | None],
    changes: dict[str, int],
    wrong: set[str],
) -> None:
    monkeypatch.syspath_prepend(str(TELECOM))
    import erp  # type: ignore[import-not-found]
    import figures  # type: ignore[import-not-found]

    told = {"published": 2, "received": 2, "dead": 0, "again": 1, "kills": 2} | changes
    database = sqlite3.connect(tmp_path / "erp.db")
    database.executescript(erp.TABLES)
    database.executemany("INSERT INTO orders VALUES (?, ?, ?, NULL, NULL, 'Created')", orders)
    keys = [key for _, key, _ in orders] + ["k1"] * told["again"]
    database.executemany(
        "INSERT INTO requests (key, outcome) VALUES (?, 'created')", [(key,) for key in keys]
    )
    database.commit()
    database.close()
    delivered = {"delivered": told["received"], "dead": told["dead"]}
    hub = {
        "routes": [
            {"route": "orders", "messages": delivered, "redeliveries": 9},
            {"route": "callbacks", "messages": {"delivered": 2}, "redeliveries": 0},
        ]
    }
    counts = figures.count_up(Client(numbers), tmp_path / "erp.db", hub, told["published"], told["kills"])
    assert {each.name.strip() for each in counts if not each.good} == wrong


@contextmanager
def erp_system(tmp_path: Path, *options: str) -> Iterator[str]:
    command = [sys.executable, str(TELECOM / "erp.py"), "--port", "0", "--database", str(tmp_path / "erp.db")]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def ask(url: str, method: str, path: str, body: object = None, key: str | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, data, {"Idempotency-Key": key} if key else {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_the_erp_system_makes_one_order_for_a_key(tmp_path: Path) -> None:
    made = {"number": "ERP-000001", "status": "Created"}
    with erp_system(tmp_path) as url:
        assert ask(url, "POST", "/orders", WANTED, "k1") == (201, made)
        assert ask(url, "POST", "/orders", WANTED, "k1") == (200, made)
    with erp_system(tmp_path) as url:
        assert ask(url, "POST", "/orders", WANTED, "k1") == (200, made)
        assert ask(url, "POST", "/orders", WANTED, "k2")[0] == 201
        assert ask(url, "GET", "/status")[1]["orders"] == 2


@pytest.mark.parametrize(
    ("path", "body", "key", "status"),
    [
        ("/orders", WANTED, None, 400),
        ("/orders", {}, "k", 400),
        ("/orders", [], "k", 400),
        ("/orders", b"{", "k", 400),
        ("/nowhere", WANTED, "k", 404),
    ],
)
def test_the_erp_system_refuses_what_is_no_order(
    tmp_path: Path, path: str, body: object, key: str | None, status: int
) -> None:
    with erp_system(tmp_path) as url:
        assert ask(url, "POST", path, body, key)[0] == status
        assert ask(url, "GET", "/status")[1]["orders"] == 0


def test_a_seed_loses_answers_after_the_order_is_written(tmp_path: Path) -> None:
    with erp_system(tmp_path, "--seed", "1", "--orders", "1") as url:
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            ask(url, "POST", "/orders", WANTED, "k1")
        assert ask(url, "GET", "/status")[1] == {"orders": 1, "in_work": 0, "down": True}


def test_the_hub_file_fits_on_a_page_and_stands_in_the_docs() -> None:
    text = (TELECOM / "hub.py").read_text("utf-8")
    assert text.count("\n") <= 60
    [shown] = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert shown == text
